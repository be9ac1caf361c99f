/** Valkey as its image has it, and as its clients find it. */

/** Port of the server inside its container. */
export const VALKEY_PORT = 6379;

/** Folder with all of its data. */
export const VALKEY_DATA = '/data';

/** The user and group `valkey` of the image, as numbers. */
export const VALKEY_USER = { user: '999', group: '1000' };

/** Users that sign in with a password. */
export const APPLICATION = 'openwebui';
export const OPERATOR = 'operator';

/** Those of a Valkey of several servers: replicas, Sentinels with what starts them, and the balancer. */
export const REPLICATION = 'replication';
export const FAILOVER = 'failover';
export const BALANCER = 'balancer';

/** Port of the Sentinel beside each server, and the name by which it knows the primary. */
export const SENTINEL_PORT = 26379;
export const PRIMARY = 'valkey';

/** Servers of a Valkey that survives the loss of one: the smallest number of which two are a majority. */
export const SERVERS = 3;

/** Seconds that clients wait for another primary, which is more than an election takes. */
export const FAILOVER_SECONDS = 15;

/** File with the passwords of these users inside of each server. */
export const VALKEY_SECRETS = '/run/valkey-secrets/passwords';

/** Folder in memory, or of the container, for what lives as long as the server's container. */
export const VALKEY_RUN = '/tmp';

/** The names of the servers of a Valkey by the name of the first, which it has alone where there is one. */
export const serverNames = (first: string): string[] =>
  Array.from({ length: SERVERS }, (_, index) => (index === 0 ? first : `${first}-${index + 1}`));

/** Prefix of Open WebUI's keys, and of all of its channels but Socket.IO's. */
export const KEY_PREFIX = 'open-webui';

/** Address of a database of the server at `host`. Open WebUI accepts only the scheme `redis`. */
export const valkeyUrl = (host: string, database: number, password?: string): string =>
  `redis://${password === undefined ? '' : `${APPLICATION}:${password}@`}${host}:${VALKEY_PORT}/${database}`;

/**
 * Connections that a server process may have open to Valkey at once, for each of its clients. The client library stops at 100 and fails what goes
 * beyond; requests that a gateway has held all arrive at once, and each needs one.
 */
const POOL = 2000;

/** An address of Valkey with room for that many connections, unless it says something of its own. */
export const pooled = (url: string): string => (url.includes('?') ? url : `${url}?max_connections=${POOL}`);
