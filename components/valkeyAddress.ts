/** Where clients find a Valkey server. Needs no Pulumi, so that settings are read without its half second. */

import { APPLICATION } from './valkeyAcl.ts';

/** Port of the server inside its container. */
export const PORT = 6379;

/** Address of a database of the server that is known as `host`. Open WebUI accepts the scheme `redis` alone. */
export const valkeyUrl = (host: string, database: number, password?: string): string =>
  `redis://${password === undefined ? '' : `${APPLICATION}:${password}@`}${host}:${PORT}/${database}`;
