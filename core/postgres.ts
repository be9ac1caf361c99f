/** Postgres as its image has it, and as its clients find it. */

import { type Memory, toMebibytes } from './units.ts';

/** Port of the server inside its container. */
export const POSTGRES_PORT = 5432;

/** Folder of its volume. */
export const POSTGRES_DATA = '/var/lib/postgresql/data';

/** The user and group `postgres` of the image, as numbers. */
export const POSTGRES_USER = { user: '999', group: '999' };

/** Folder with its socket, and with what the start script writes for it. */
export const POSTGRES_RUN = '/run/postgresql';

/** File with what Postgres needs to recognize passwords, for psql. */
export const POSTGRES_SECRETS = '/run/secrets/postgres.psql';

/** Role and database of the web UI. The role owns the database, and nothing else. */
export const WEBUI_ROLE = 'open_webui';
export const WEBUI_DATABASE = 'open_webui';

/** Role of operations: reads everything, dumps and statistics included, and writes nothing. */
export const OPERATIONS_ROLE = 'operations';

/** A dump at the top of an empty volume: the start script makes the database from it. */
export const POSTGRES_DUMP = 'database.dump';

/** A word in the command of a web UI whose database is in Postgres: its migrations are a step of their own. */
export const MIGRATION = 'migrate';

/** Address of the web UI's database at `host`. */
export const postgresUrl = (host: string, password: string): string =>
  `postgresql://${WEBUI_ROLE}:${password}@${host}:${POSTGRES_PORT}/${WEBUI_DATABASE}`;

/** Connections that no server process takes: superuser's, migrations, backups, statistics. */
const RESERVED = 10;

/** Below this many connections for each of its processes, the web UI waits for itself. */
export const LEAST_CONNECTIONS = 15;

/** As many as a process has use for. */
const MOST_CONNECTIONS = 90;

/** Memory of a connection that has seen the web UI's queries, in MiB. */
const CONNECTION_MIB = 6;

/** Memory of everything but connections and shared buffers, in MiB. */
const BASE_MIB = 128;

/**
 * Memory for the web UI's index of vectors, in MiB. From 5,000 passages on it makes one at its start, and does not start where that takes more: for
 * vectors of 1536 numbers 65 MB.
 */
export const INDEX_MIB = 128;

/** Whether the web UI makes such an index: another store has its own, and HNSW is built with less memory as well, though slower. */
export function makesIndex(env: Readonly<Record<string, string>>): boolean {
  const { VECTOR_DB = 'pgvector', PGVECTOR_INDEX_METHOD = '', PGVECTOR_USE_HALFVEC = '' } = env;
  const method = PGVECTOR_INDEX_METHOD || (PGVECTOR_USE_HALFVEC.toLowerCase() === 'true' ? 'hnsw' : 'ivfflat');
  return VECTOR_DB === 'pgvector' && method.trim().toLowerCase() !== 'hnsw';
}

/** Numbers in a vector that the web UI keeps in pgvector, unless PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH says otherwise. */
export const USUAL_WIDTH = 1536;

/** The most for which pgvector has an index, which the web UI makes when it starts: of whole numbers, and of halves (PGVECTOR_USE_HALFVEC). */
export const WIDEST_VECTOR = 2000;
export const WIDEST_HALF = 4000;

/** Processes besides those of connections: Postgres' own, and health checks. */
const OTHER_PROCESSES = 64;

/** What decides on the size of a server. */
export interface Demand {
  memory: Memory;
  pidsLimit: number;
  /** Server processes of the web UI. */
  processes: number;
  /** Default: as many as the processes have use for, as far as memory and processes allow. */
  maxConnections?: number | undefined;
}

const sharedBuffers = (memory: Memory): number => Math.floor(toMebibytes(memory) / 4);

/** Connections for which there are memory and processes. */
export const possibleConnections = ({ memory, pidsLimit }: Pick<Demand, 'memory' | 'pidsLimit'>): number =>
  Math.min(
    Math.floor((toMebibytes(memory) - sharedBuffers(memory) - BASE_MIB) / CONNECTION_MIB),
    pidsLimit - OTHER_PROCESSES,
  );

/** Connections without which so many processes cannot work. */
export const neededConnections = (processes: number): number => RESERVED + processes * LEAST_CONNECTIONS;

/** The least memory for so many connections, in MiB. */
export const leastMemory = (connections: number): number =>
  Math.ceil(((connections * CONNECTION_MIB + BASE_MIB) * 4) / 3);

/** The least limit of processes for so many connections. */
export const leastProcesses = (connections: number): number => connections + OTHER_PROCESSES;

/** Size of a server. Sizes of memory are in MiB. */
export interface Sizing {
  maxConnections: number;
  sharedBuffers: number;
  effectiveCacheSize: number;
  maintenanceWorkMem: number;
}

/** Size of a server for what it has and what asks it. */
export function sizingOf({ memory, pidsLimit, processes, maxConnections }: Demand): Sizing {
  const total = toMebibytes(memory);
  const useful = RESERVED + processes * MOST_CONNECTIONS;
  return {
    maxConnections: maxConnections ?? Math.min(useful, possibleConnections({ memory, pidsLimit })),
    sharedBuffers: sharedBuffers(memory),
    effectiveCacheSize: Math.floor(total / 2),
    maintenanceWorkMem: Math.max(INDEX_MIB, Math.floor(total / 16)),
  };
}

/** Connections of a Postgres that is not this stack's, unless a setting says how many there are. */
export const USUAL_CONNECTIONS = 100;

/** The most connections that one pool of a server process holds. */
export interface Pools {
  /** Of each of the web UI's two pools for its database: one for the work, one for start and checks. */
  database: number;
  /** Of its pool for vectors. */
  vectors: number;
}

/** Pools of each of the web UI's processes: all of them, filled at once, leave the server what it reserves. */
export function poolsOf(maxConnections: number, processes: number): Pools {
  return poolsWith(Math.floor((maxConnections - RESERVED) / processes));
}

/** Instances for which there is room at least, where more come and go: their number must not change how each of them is configured. */
const PLANNED = 8;

/** Pools of each process of several instances, whatever their number is now. */
export const poolsOfSeveral = (maxConnections: number, processes: number): Pools =>
  poolsWith(Math.max(LEAST_CONNECTIONS, Math.floor((maxConnections - RESERVED) / (processes * PLANNED))));

function poolsWith(share: number): Pools {
  const each = Math.min(MOST_CONNECTIONS, share);
  const database = Math.floor(each * 0.4);
  return { database, vectors: each - 2 * database };
}

/** Whether a stack with such a database has a Postgres of its own. */
export const deploysPostgres = ({ kind, url }: { kind?: string | undefined; url?: unknown }): boolean =>
  kind === 'postgres' && url === undefined;
