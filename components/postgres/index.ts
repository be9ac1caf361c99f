import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { completed, postgresDefaults, STOP_GRACE } from '../../core/defaults.ts';
import {
  POSTGRES_DATA,
  POSTGRES_DUMP,
  POSTGRES_PORT,
  POSTGRES_RUN,
  POSTGRES_SECRETS,
  POSTGRES_USER,
  postgresUrl,
  type Sizing,
  sizingOf,
  WEBUI_DATABASE,
} from '../../core/postgres.ts';
import { COMPONENTS } from '../../core/resourceTypes.ts';
import { RESTORE_AREA } from '../../core/restore.ts';
import type { Exec } from '../../platform/healthcheck.ts';
import type { Instances } from '../../platform/platform.ts';
import { type ServerArgs, serve } from '../server.ts';
import { scramVerifier } from './scram.ts';

/**
 * Arguments of {@link Postgres}. A change replaces the server and keeps its data, unless its description says otherwise. The image must
 * be Debian-based with Postgres and pgvector, and its user `postgres` must be 999, as in the official images. It is never published.
 */
export interface PostgresArgs extends Omit<ServerArgs, 'folder' | 'hardening' | 'mounts' | 'networks' | 'publish'> {
  /** Network that the server shares with its clients, and with nothing else. */
  networkName: pulumi.Input<string>;
  /** Passwords of the web UI and of operations: letters and digits only, as from {@link Secrets}, because they become part of an address. */
  passwords: { application: pulumi.Output<string>; operations: pulumi.Output<string> };
  /**
   * Server processes of the web UI. Each has connections of its own.
   *
   * @default 1
   */
  processes?: number | undefined;
  /**
   * Maximum number of connections.
   *
   * @default as many as the processes need, as far as `memory` and `pidsLimit` allow
   */
  maxConnections?: number | undefined;
}

const START = readFileSync(new URL('./start.sh', import.meta.url), 'utf8');
const STATEMENTS = readFileSync(new URL('./statements.sql', import.meta.url), 'utf8');

/**
 * Queries the database itself. A server that is starting, recovering or out of connections says so, which is no reason to kill it; only
 * silence is. The check uses only what the container itself can see, so it needs no password.
 */
const ANSWER: Exec = {
  kind: 'exec',
  command: [
    ...['/bin/sh', '-c'],
    `[ -e ${POSTGRES_RUN}/prepared ] || { echo the database is being prepared; exit; }
exec psql --no-psqlrc --quiet --tuples-only --no-align --host ${POSTGRES_RUN} --username postgres --dbname ${WEBUI_DATABASE} --command "select 'well'"`,
  ],
  well: 'well',
  // No response of Postgres begins like this.
  hung: 'hung',
};

/** Writable folders outside its volume: for the socket and for sorting. */
const TMPFS = 'rw,nosuid,nodev,noexec,size=16m,mode=1777';

/** Options of the server. */
const optionsOf = ({ maxConnections, sharedBuffers, effectiveCacheSize, maintenanceWorkMem }: Sizing): string[] =>
  Object.entries({
    listen_addresses: '*',
    port: POSTGRES_PORT,
    max_connections: maxConnections,
    shared_buffers: `${sharedBuffers}MB`,
    effective_cache_size: `${effectiveCacheSize}MB`,
    maintenance_work_mem: `${maintenanceWorkMem}MB`,
    autovacuum_work_mem: '32MB',
    password_encryption: 'scram-sha-256',
    // A container's /dev/shm has 64 MB, which a parallel index build exceeds.
    dynamic_shared_memory_type: 'sysv',
    // Bounds how long a lock outlives its client.
    tcp_keepalives_idle: '60s',
    idle_in_transaction_session_timeout: '10min',
    // The log is the container's.
    logging_collector: 'off',
    log_destination: 'stderr',
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

/**
 * A Postgres server with pgvector, for the web UI's database and its vectors. A deployment succeeds when the database answers. It starts
 * with an empty database, in UTF-8 with data checksums, or adopts the data in its volume; a major version other than the data's does
 * not start.
 *
 * @example
 * const postgres = new Postgres('postgres', { platform: dockerPlatform(), name: 'postgres', volume: 'postgres', networkName, passwords });
 */
export class Postgres extends pulumi.ComponentResource {
  /** The server's container or service; known once it is healthy. */
  readonly instances: pulumi.Output<Instances>;
  /** Name of the volume with the data. */
  readonly volumeName: pulumi.Output<string> | undefined;
  /** Address of the web UI's database in the network. Secret. */
  readonly url: pulumi.Output<string>;
  /** Maximum number of connections. */
  readonly maxConnections: number;

  /** @throws RangeError for a quantity without its unit, such as a `memory` of `"512"`. */
  constructor(name: string, given: PostgresArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = completed(given, postgresDefaults);
    super(COMPONENTS.postgres, name, {}, opts);
    const { passwords, pidsLimit } = args;
    const sizing = sizingOf(args);
    const secrets = pulumi.all([passwords.application, passwords.operations]).apply(([application, operations]) =>
      Object.entries({ application, operations })
        .map(([role, password]) => `\\set ${role} '${scramVerifier(password)}'\n`)
        .join(''),
    );
    const server = serve(
      this,
      name,
      { ...args, hardening: 'strict' },
      {
        // As an ordinary user from its first process on, without any capability, on a read-only root, whatever `hardening` says: nothing here needs more.
        data: { path: POSTGRES_DATA, ownedFolder: '' },
        networks: [{ name: args.networkName }],
        port: POSTGRES_PORT,
        user: POSTGRES_USER,
        readOnlyRoot: { tmpfs: { [POSTGRES_RUN]: TMPFS, '/tmp': TMPFS } },
        entrypoint: ['/bin/sh', '-c', START, 'postgres'],
        command: [
          ...[POSTGRES_DATA, `${POSTGRES_DATA}/${RESTORE_AREA}`, `${POSTGRES_DATA}/${POSTGRES_DUMP}`],
          ...[POSTGRES_RUN, POSTGRES_SECRETS, STATEMENTS],
          ...optionsOf(sizing),
        ],
        secretFiles: [{ path: POSTGRES_SECRETS, content: pulumi.secret(secrets) }],
        check: ANSWER,
        // It may have to recover from a crash first.
        extraStartTime: '1m',
        // The image's stop signal requests a fast shutdown: it closes connections and flushes memory to disk.
        stopGrace: STOP_GRACE,
      },
    );
    this.instances = server.instances;
    this.volumeName = server.volume;
    this.maxConnections = sizing.maxConnections;
    this.url = pulumi.secret(passwords.application.apply((password) => postgresUrl(server.host, password)));
    this.registerOutputs({ instances: this.instances, pidsLimit, volumeName: this.volumeName });
  }
}
