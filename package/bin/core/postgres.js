import { toMebibytes } from './units.js';
export const POSTGRES_PORT = 5432;
export const POSTGRES_DATA = '/var/lib/postgresql/data';
export const POSTGRES_USER = { user: '999', group: '999' };
export const POSTGRES_RUN = '/run/postgresql';
export const POSTGRES_SECRETS = '/run/secrets/postgres.psql';
export const WEBUI_ROLE = 'open_webui';
export const WEBUI_DATABASE = 'open_webui';
export const OPERATIONS_ROLE = 'operations';
export const POSTGRES_DUMP = 'database.dump';
export const MIGRATION = 'migrate';
export const postgresUrl = (host, password) => `postgresql://${WEBUI_ROLE}:${password}@${host}:${POSTGRES_PORT}/${WEBUI_DATABASE}`;
const RESERVED = 10;
export const LEAST_CONNECTIONS = 15;
const MOST_CONNECTIONS = 90;
const CONNECTION_MIB = 6;
const BASE_MIB = 128;
export const INDEX_MIB = 128;
export function makesIndex(env) {
    const { VECTOR_DB = 'pgvector', PGVECTOR_INDEX_METHOD = '', PGVECTOR_USE_HALFVEC = '' } = env;
    const method = PGVECTOR_INDEX_METHOD || (PGVECTOR_USE_HALFVEC.toLowerCase() === 'true' ? 'hnsw' : 'ivfflat');
    return VECTOR_DB === 'pgvector' && method.trim().toLowerCase() !== 'hnsw';
}
export const USUAL_WIDTH = 1536;
export const WIDEST_VECTOR = 2000;
export const WIDEST_HALF = 4000;
const OTHER_PROCESSES = 64;
const sharedBuffers = (memory) => Math.floor(toMebibytes(memory) / 4);
export const possibleConnections = ({ memory, pidsLimit }) => Math.min(Math.floor((toMebibytes(memory) - sharedBuffers(memory) - BASE_MIB) / CONNECTION_MIB), pidsLimit - OTHER_PROCESSES);
export const neededConnections = (processes) => RESERVED + processes * LEAST_CONNECTIONS;
export const leastMemory = (connections) => Math.ceil(((connections * CONNECTION_MIB + BASE_MIB) * 4) / 3);
export const leastProcesses = (connections) => connections + OTHER_PROCESSES;
export function sizingOf({ memory, pidsLimit, processes, maxConnections }) {
    const total = toMebibytes(memory);
    const useful = RESERVED + processes * MOST_CONNECTIONS;
    return {
        maxConnections: maxConnections ?? Math.min(useful, possibleConnections({ memory, pidsLimit })),
        sharedBuffers: sharedBuffers(memory),
        effectiveCacheSize: Math.floor(total / 2),
        maintenanceWorkMem: Math.max(INDEX_MIB, Math.floor(total / 16)),
    };
}
export const USUAL_CONNECTIONS = 100;
export function poolsOf(maxConnections, processes) {
    return poolsWith(Math.floor((maxConnections - RESERVED) / processes));
}
const PLANNED = 8;
export const poolsOfSeveral = (maxConnections, processes) => poolsWith(Math.max(LEAST_CONNECTIONS, Math.floor((maxConnections - RESERVED) / (processes * PLANNED))));
function poolsWith(share) {
    const each = Math.min(MOST_CONNECTIONS, share);
    const database = Math.floor(each * 0.4);
    return { database, vectors: each - 2 * database };
}
export const deploysPostgres = ({ kind, url }) => kind === 'postgres' && url === undefined;
