import { z } from 'zod';
import { postgresDefaults } from '../core/defaults.js';
import { choice, described, group, memory } from './leaves.js';
import { serverSettings } from './server.js';
export const databaseSettings = (stack, names) => {
    const { networks: _, folder: __, mounts: ___, ...server } = serverSettings(stack, postgresDefaults, {
        name: names.database,
        volume: names.database,
        imageText: "Image of Postgres with pgvector, based on Debian. A change replaces the container; another major version than the data's is refused",
        networksText: '',
    });
    return group({
        kind: choice('Where the web UI keeps its database. sqlite: files in its volume, for one server process; postgres: a Postgres server with pgvector, which also stores the vectors. A change does not move data by itself; a stack of this project has a command that does (docs/database.md)', 'sqlite', 'postgres'),
        url: described(z
            .string()
            .refine((text) => {
            if (!URL.canParse(text))
                return false;
            const { protocol, hostname, pathname } = new URL(text);
            return /^postgres(ql)?:$/.test(protocol) && hostname !== '' && pathname.length > 1;
        })
            .optional(), 'Address of your own Postgres with pgvector; then none is deployed, and backups do not include its data. Always encrypted. A change replaces the web UI container', 'postgresql://USER:PASSWORD@HOST:PORT/DATABASE', undefined, { secret: true }),
        ...server,
        memory: memory('Memory limit of the container, from which its buffers and its connections follow. A change replaces the container', postgresDefaults.memory),
        maxConnections: described(z.int().min(1).max(10_000).optional(), 'Maximum number of connections to Postgres. Default: 90 per server process of the web UI, as far as memory allows. A change replaces both containers', 'a whole number from 1 to 10000', 'leave it out'),
    }, 'The database of the web UI');
};
