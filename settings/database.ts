/** The settings of the web UI's database. */

import { z } from 'zod';
import { postgresDefaults } from '../core/defaults.ts';
import { choice, described, group, memory } from './leaves.ts';
import { serverSettings } from './server.ts';

/** Settings of the database of a stack. */
export const databaseSettings = (stack: string) => {
  // On one network alone, which is its own, with its data in a volume.
  const {
    networks: _,
    folder: __,
    mounts: ___,
    ...server
  } = serverSettings(stack, postgresDefaults, {
    name: `open-webui-postgres-${stack}`,
    volume: `open-webui-postgres-${stack}`,
    imageText:
      "Image of Postgres with pgvector, made from Debian. A change replaces the container; another major version than the data's is refused",
    networksText: '',
  });
  return group(
    {
      kind: choice(
        'Where the web UI keeps its database. sqlite: files in its volume, for one server process; postgres: a Postgres server with pgvector, which has vectors as well. A change moves no data',
        'sqlite',
        'postgres',
      ),
      url: described(
        z
          .string()
          .refine((text) => {
            if (!URL.canParse(text)) return false;
            const { protocol, hostname, pathname } = new URL(text);
            return /^postgres(ql)?:$/.test(protocol) && hostname !== '' && pathname.length > 1;
          })
          .optional(),
        'Address of a Postgres of your own, with pgvector; then none is deployed, and backups leave its data to you. Always encrypted. A change replaces the web UI container',
        'postgresql://USER:PASSWORD@HOST:PORT/DATABASE',
        'set it with pulumi config set --secret --path database.url',
      ),
      ...server,
      memory: memory(
        'Memory limit of the container, from which its buffers and its connections follow. A change replaces the container',
        postgresDefaults.memory,
      ),
      maxConnections: described(
        z.int().min(1).max(10_000).optional(),
        'Most connections to Postgres at a time. Default: 90 for each server process of the web UI, as far as memory allows. A change replaces both containers',
        'a whole number from 1 to 10000',
        'leave it out',
      ),
    },
    'The database of the web UI',
  );
};
