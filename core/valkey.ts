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

/** Prefix of Open WebUI's keys, and of all of its channels but Socket.IO's. */
export const KEY_PREFIX = 'open-webui';

/** Address of a database of the server at `host`. Open WebUI accepts only the scheme `redis`. */
export const valkeyUrl = (host: string, database: number, password?: string): string =>
  `redis://${password === undefined ? '' : `${APPLICATION}:${password}@`}${host}:${VALKEY_PORT}/${database}`;
