/** Proves that the database of the web UI works, where that is Postgres: by a write and a search in vectors, through the web UI's own container. */

import { readFileSync } from 'node:fs';
import { RemoteError } from '../../core/errors.mjs';
import { WEBUI_SECRETS } from '../../core/webui.ts';
import type { Check } from './check.ts';

const PROGRAM = readFileSync(new URL('./database.py', import.meta.url), 'utf8');

/** Runs the program with the web UI's variables. */
const RUN = 'set -a; . "$1"; exec python3 -c "$2"';

interface Seen {
  error?: string;
  nearest?: number;
  connections?: number;
  limit?: number;
  version?: string;
  vector?: string;
}

/** Share of the connections from which on more cannot be far. */
const FULL = 0.9;

export const database: Check = {
  name: 'database',
  server: 'database',
  applies: ({ servers }) => servers.webui.database === 'postgres',
  seconds: 45,
  async run({ docker, servers }) {
    const { container } = servers.webui;
    const text = await docker.run(['exec', container, 'sh', '-c', RUN, 'sh', WEBUI_SECRETS, PROGRAM]);
    const { error, nearest, connections = 0, limit = 0, version, vector } = JSON.parse(text) as Seen;
    if (error !== undefined) throw new RemoteError(`Postgres refuses a write of the web UI: ${error}`);
    if (nearest !== 2) throw new RemoteError(`a search in vectors finds ${nearest} instead of 2`);
    if (connections >= limit * FULL) {
      throw new RemoteError(`Postgres has ${connections} of ${limit} connections`, {
        next: 'raise database.memory, or database.maxConnections',
      });
    }
    return `Postgres ${version?.split(' ')[0]} accepts a write, and pgvector ${vector} finds the nearest vector; ${connections} of ${limit} connections are open`;
  },
};
