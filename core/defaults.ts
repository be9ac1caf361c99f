/** Defaults of the components' arguments, and of the settings of a stack file that mean the same. */

import type { Duration } from './units.ts';

/**
 * Isolation on top of the baseline of every container. `strict`: no capability at all, an ordinary user from the first process on, a
 * read-only root file system.
 */
export type Hardening = 'standard' | 'strict';

/** `aof`: every change is on disk within a second, besides the snapshots. `snapshots`: what came after the last one can be lost. */
export type Persistence = 'aof' | 'snapshots';

/** Published ports are for the Docker host alone. */
export const ADDRESS = '127.0.0.1';

/** The engine keeps and rotates the log itself. */
export const LOG_DRIVER = 'json-file';

/** Log drivers that take a largest size and a number of files. */
export const ROTATING_DRIVERS: readonly string[] = [LOG_DRIVER, 'local'];

/** Time that a server has to stop: each of them writes what it holds. */
export const STOP_GRACE: Duration = '30s';

/** Optional arguments of the balancer before several servers of `Valkey`. */
export const balancerDefaults = {
  image: 'docker.io/library/haproxy:3.0.11-alpine',
  memory: '128 MiB',
  pidsLimit: 64,
  healthcheck: { startPeriod: '5s', interval: '5s', timeout: '3s', retries: 5 },
  log: { driver: LOG_DRIVER, maxSize: '1 MB', maxFiles: 1 },
} as const;

/** Optional arguments of `Valkey`. */
export const valkeyDefaults = {
  image: 'docker.io/valkey/valkey:8.0.10-alpine',
  protectData: false,
  hardening: 'standard',
  persistence: 'aof',
  snapshot: { after: '30s', changes: 1 },
  highAvailability: false,
  maxMemory: '256 MiB',
  memory: '512 MiB',
  pidsLimit: 256,
  healthcheck: { startPeriod: '5s', interval: '5s', timeout: '3s', retries: 5 },
  log: { driver: LOG_DRIVER, maxSize: '1 MB', maxFiles: 1 },
} as const;

/** Optional arguments of `Postgres`. */
export const postgresDefaults = {
  image: 'docker.io/pgvector/pgvector:0.8.6-pg17-trixie',
  protectData: false,
  processes: 1,
  memory: '1 GiB',
  pidsLimit: 1024,
  healthcheck: { startPeriod: '1m', interval: '5s', timeout: '5s', retries: 5 },
  log: { driver: LOG_DRIVER, maxSize: '10 MB', maxFiles: 3 },
} as const;

/** Optional arguments of `OpenWebUI`. */
export const webuiDefaults = {
  image: 'ghcr.io/open-webui/open-webui:v0.12.4',
  protectData: false,
  hardening: 'standard',
  replicas: 1,
  publish: { port: 3000, address: ADDRESS },
  admin: { email: 'admin@example.com', name: 'Admin' },
  configuration: 'page',
  signup: 'closed',
  env: {},
  secretEnv: {},
  memory: '4 GiB',
  pidsLimit: 2048,
  healthcheck: { startPeriod: '2m', interval: '10s', timeout: '5s', retries: 3 },
  log: { driver: LOG_DRIVER, maxSize: '10 MB', maxFiles: 3 },
} as const;

/** Optional arguments of `Gateway`. */
export const gatewayDefaults = {
  image: 'docker.io/library/caddy:2.11.9-alpine',
  protectData: false,
  hardening: 'standard',
  tls: 'acme',
  // Unlike the other servers: to be reached is what it is for.
  publish: { http: 80, https: 443, address: '0.0.0.0' },
  headers: {},
  maxRequestSize: '1 GB',
  waitTimeout: '60s',
  memory: '512 MiB',
  pidsLimit: 256,
  healthcheck: { startPeriod: '10s', interval: '10s', timeout: '3s', retries: 3 },
  log: { maxSize: '10 MB', maxFiles: 5 },
} as const;

/** Arguments in which nothing is missing that has a default. */
type Completed<Args, Defaults> = Omit<Args, keyof Defaults> & {
  [Key in keyof Args & keyof Defaults]: Required<Exclude<Args[Key], undefined>>;
};

/** Fills in what is missing or undefined, inside of objects as well. */
export function completed<Args extends object, Defaults extends object>(
  args: Args,
  defaults: Defaults,
): Completed<Args, Defaults> {
  const given = args as Record<string, unknown>;
  const filled = Object.entries(defaults).map(([key, value]) => {
    const one = given[key] ?? value;
    return [key, typeof value === 'object' && typeof one === 'object' ? completed(one, value) : one];
  });
  return { ...args, ...Object.fromEntries(filled) };
}
