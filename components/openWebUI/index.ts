import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { type Bucket, bucketSecrets, bucketVariables } from '../../core/bucket.ts';
import { completed, STOP_GRACE, webuiDefaults } from '../../core/defaults.ts';
import type { Gpus } from '../../core/limits.ts';
import { MIGRATION, type Pools } from '../../core/postgres.ts';
import { COMPONENTS } from '../../core/resourceTypes.ts';
import { RESTORE_AREA } from '../../core/restore.ts';
import { shellAssignments } from '../../core/shell.ts';
import type { Duration } from '../../core/units.ts';
import { FAILOVER_SECONDS, pooled } from '../../core/valkey.ts';
import { HOST_ALIAS, HOST_GATEWAY, WEBUI_DATA, WEBUI_PORT, WEBUI_SECRETS, WEBUI_USER } from '../../core/webui.ts';
import type { HttpGet } from '../../platform/healthcheck.ts';
import type { Instances } from '../../platform/platform.ts';
import type { Attachment } from '../../platform/workload.ts';
import { attachmentOf, type ServerArgs, serve } from '../server.ts';

/**
 * Arguments of {@link OpenWebUI}. A change replaces the server and keeps its data, unless its description says otherwise. The page is
 * published at 127.0.0.1:3000 by default, or not at all with `publish: 'none'`.
 */
export interface OpenWebUIArgs extends ServerArgs {
  /**
   * Networks that the server joins: first one on which it can be published, then Valkey's if it is a different one, then any others. A name,
   * or an object with additional host names and fixed addresses there.
   *
   * @example ['chat', { name: 'proxy', aliases: ['chat.internal'] }]
   */
  networkNames: readonly (pulumi.Input<string> | Attachment)[];
  /** Address of Valkey for shared state, as seen from the network. */
  redisUrl: pulumi.Input<string>;
  /** Address of Valkey for websocket sessions, as seen from the network. */
  websocketRedisUrl: pulumi.Input<string>;
  /**
   * Whether another server takes over when Valkey stops answering: requests wait for that.
   *
   * @default false
   */
  failover?: boolean | undefined;
  /**
   * The first administrator; used only while the volume holds no user.
   *
   * @example { email: 'you@example.com', password: secrets.adminPassword }
   */
  admin: { email: string; name?: string; password: pulumi.Output<string> };
  /**
   * Address at which people open the page, if it is not the published one: for links and external sign-in. With https://, browsers send
   * cookies only encrypted. `env` may override both.
   *
   * @default none: Open WebUI takes its address from each request
   * @example 'https://chat.example.com'
   */
  url?: string | undefined;
  /**
   * The proxy that all requests pass through, if any: the origins of its pages, and the addresses and subnets from which it connects. The web UI
   * trusts only its forwarded headers, accepts websockets only from those pages, and leaves compression to it.
   *
   * @default none: a client's address is that of its connection, or what any proxy says
   */
  proxy?: { origins: readonly string[]; addresses: pulumi.Input<readonly string[]> } | undefined;
  /** Signs sessions and encrypts stored credentials. A change signs everyone out. */
  sessionKey: pulumi.Output<string>;
  /**
   * The Postgres for its database and vectors, and the number of connections that each of its pools may hold. Its migrations then run once,
   * before any server process starts, and wait for the server.
   *
   * @default none: SQLite in the volume
   */
  database?: { url: pulumi.Output<string>; pools: Pools } | undefined;
  /**
   * The bucket with uploaded files; its keys are secret. The server downloads files into the volume as a cache.
   *
   * @default none: the volume
   * @example { bucket: 'example-chat', prefix: 'chat', accessKey: 'AKIA…', secretKey: config.requireSecret('secretKey') }
   */
  bucket?: Bucket<pulumi.Input<string>> | undefined;
  /**
   * What controls the settings of the admin panel: `page`, the panel itself after the first start; or `file`, `env` at every start.
   *
   * @default 'page'
   */
  configuration?: 'page' | 'file' | undefined;
  /**
   * Whether strangers may sign up. Has an effect after the first start only with `configuration: 'file'`.
   *
   * @default 'closed'
   */
  signup?: 'closed' | 'open' | undefined;
  /**
   * More environment variables, which `docker inspect` shows. They never override the wiring.
   *
   * @example { OLLAMA_BASE_URL: 'http://host.docker.internal:11434' }
   */
  env?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  /**
   * Time that a deployment allows before the server can answer, on top of the health check's own: a new release migrates the database first.
   * A change alone replaces nothing.
   *
   * @default none
   */
  extraStartTime?: Duration | undefined;
  /**
   * Number of instances. More than one require a platform that supports several, and a `database`. A change starts or stops the difference.
   *
   * @default 1
   */
  replicas?: number | undefined;
  /**
   * Host names that the server resolves without DNS, each with an address, or with `host-gateway` for the Docker host.
   *
   * @default host.docker.internal alone, which is always there
   * @example { 'db.internal': '10.0.0.5' }
   */
  extraHosts?: Readonly<Record<string, string>> | undefined;
  /**
   * Command, for an image with another start script; the component's own start script runs it.
   *
   * @default ['bash', 'start.sh']
   */
  command?: readonly string[] | undefined;
  /**
   * NVIDIA GPUs, for an image for CUDA on an engine with the NVIDIA Container Toolkit.
   *
   * @default none
   * @example 'all'
   * @example ['0', '2']
   */
  gpus?: Gpus | undefined;
  /** Variables that stay out of `docker inspect` and previews, and encrypted in the state. They never override the wiring. */
  secretEnv?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
}

/**
 * What the server writes outside its data folder: parts of uploads, files of libraries, and the page's icons, which it copies at each
 * start.
 */
const WRITABLE = {
  // Large enough for uploads, which pass through it; it counts as memory of the server.
  tmpfs: { '/tmp': 'rw,nosuid,nodev,noexec,size=1g,mode=1777' },
  env: { HOME: '/tmp/home', STATIC_DIR: '/tmp/static' },
};

/** What Open WebUI derives from its own address, which it cannot detect behind a proxy. */
const addressed = (url: string | undefined): Record<string, string> => ({
  ...(url !== undefined && { WEBUI_URL: url }),
  ...(url?.startsWith('https://') && { WEBUI_SESSION_COOKIE_SECURE: 'true', WEBUI_AUTH_COOKIE_SECURE: 'true' }),
});

/** Names of the host, such as the first, which people use to reach Ollama there, and of others. */
function hostsOf(extraHosts: Readonly<Record<string, string>> = {}) {
  const isHost = ([, address]: [string, string]) => address === HOST_GATEWAY;
  const entries = Object.entries(extraHosts);
  const names = entries.filter(isHost).map(([name]) => name);
  return {
    hostAliases: [...new Set([HOST_ALIAS, ...names])],
    extraHosts: Object.fromEntries(entries.filter((entry) => !isHost(entry))),
  };
}
/** Half of a pool stays connected, the other half is opened on demand. */
const poolOf = (prefix: string, connections: number): Record<string, string> => ({
  [`${prefix}_POOL_SIZE`]: String(Math.ceil(connections / 2)),
  [`${prefix}_POOL_MAX_OVERFLOW`]: String(Math.floor(connections / 2)),
});

/** Variables for the proxy before Open WebUI. */
const proxied = (proxy: OpenWebUIArgs['proxy']): Record<string, pulumi.Input<string>> =>
  proxy === undefined
    ? {}
    : {
        CORS_ALLOW_ORIGIN: proxy.origins.join(';'),
        FORWARDED_ALLOW_IPS: pulumi.output(proxy.addresses).apply((all) => all.join(',')),
        ENABLE_COMPRESSION_MIDDLEWARE: 'false',
      };

const START = readFileSync(new URL('./start.sh', import.meta.url), 'utf8');
const MIGRATE = readFileSync(new URL('./migrate.py', import.meta.url), 'utf8');

/** For the migrations of an empty database, which are a separate step. */
const MIGRATION_TIME: Duration = '3m';

/** The image's own command. */
const COMMAND = ['bash', 'start.sh'];

/** Migrates the database, then starts the server, whose processes do not migrate. */
const MIGRATED = [
  '/bin/sh',
  '-c',
  'python3 -c "$1" && shift && ENABLE_DB_MIGRATIONS=false exec "$@"',
  MIGRATION,
  MIGRATE,
];

/**
 * /ready checks the database and Valkey. /health is a constant: a failure of those two is no reason to kill a server that still answers
 * it.
 */
export const READY: HttpGet = { kind: 'httpGet', port: WEBUI_PORT, ready: '/ready', live: '/health' };

/**
 * Open WebUI (or a variant), wired to Valkey for websockets and shared state, with a first administrator. It starts beside Valkey rather than
 * after it, because it needs Valkey seconds later. A deployment succeeds when the server, its database and Valkey answer.
 */
export class OpenWebUI extends pulumi.ComponentResource {
  /** The server's container or service; known once it is healthy. */
  readonly instances: pulumi.Output<Instances>;
  /** Name of the volume with the data; undefined where that is in a folder. */
  readonly volumeName: pulumi.Output<string> | undefined;

  /** @throws RangeError for a quantity without its unit, such as a `memory` of `"4"`. */
  constructor(name: string, given: OpenWebUIArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = completed(given, webuiDefaults);
    super(COMPONENTS.openWebUI, name, {}, opts);
    const { admin, bucket, database, env, secretEnv, pidsLimit } = args;
    const strict = args.hardening === 'strict';
    const extraStartTime = args.extraStartTime ?? (database && MIGRATION_TIME);
    const wired = {
      ENABLE_WEBSOCKET_SUPPORT: 'true',
      WEBSOCKET_MANAGER: 'redis',
      ENABLE_PERSISTENT_CONFIG: String(args.configuration === 'page'),
      // Until the database has a value, Open WebUI's own default is open.
      ENABLE_SIGNUP: String(args.signup === 'open'),
      WEBUI_ADMIN_EMAIL: admin.email,
      WEBUI_ADMIN_NAME: admin.name,
      ...(bucket && bucketVariables(bucket)),
    };
    const secrets = {
      // The file is read after the environment: without these lines it would win over the wiring.
      ...Object.fromEntries(Object.entries(secretEnv).filter(([key]) => !Object.hasOwn(wired, key))),
      WEBUI_SECRET_KEY: args.sessionKey,
      WEBUI_ADMIN_PASSWORD: admin.password,
      WEBSOCKET_REDIS_URL: pulumi.output(args.websocketRedisUrl).apply(pooled),
      // Without it sign-out revokes nothing, no task can be stopped from another process, and /ready does not check Valkey.
      REDIS_URL: pulumi.output(args.redisUrl).apply(pooled),
      ...(database && { DATABASE_URL: database.url, PGVECTOR_DB_URL: database.url }),
      // All of them: programs that run next to the server read this file, and not always its environment.
      ...(bucket && { ...bucketVariables(bucket), ...bucketSecrets(bucket) }),
    };
    const server = serve(this, name, args, {
      data: { path: WEBUI_DATA, ...(strict && { ownedFolder: 'uploads' }) },
      networks: args.networkNames.map(attachmentOf),
      port: WEBUI_PORT,
      ...(strict
        ? { user: WEBUI_USER, readOnlyRoot: { tmpfs: WRITABLE.tmpfs } }
        : // Files of a volume that an ordinary user has filled.
          { capabilities: ['DAC_OVERRIDE'] as const }),
      entrypoint: ['/bin/sh', '-c', START, 'open-webui', WEBUI_SECRETS, `${WEBUI_DATA}/${RESTORE_AREA}`],
      command: [...(database ? MIGRATED : []), ...(args.command ?? COMMAND)],
      env: {
        // Below the server's time-out for idle connections: a connection that the server has closed would fail a request.
        REDIS_HEALTH_CHECK_INTERVAL: '60',
        REDIS_SOCKET_KEEPALIVE: 'true',
        // The client library waits 5 s, and what it gives up on fails a request.
        ...(args.failover && { REDIS_SOCKET_TIMEOUT: String(FAILOVER_SECONDS) }),
        ...(strict && WRITABLE.env),
        ...addressed(args.url),
        ...(database && {
          VECTOR_DB: 'pgvector',
          ...poolOf('DATABASE', database.pools.database),
          ...poolOf('PGVECTOR', database.pools.vectors),
          // A supervisor watches the processes. One that loads the program on a busy machine is silent for longer than uvicorn's 5 s, and
          // would be killed for it.
          UVICORN_TIMEOUT_WORKER_HEALTHCHECK: '60',
        }),
        // Writes that a gateway held arrive all at once, and SQLite takes one at a time: a write waits instead of failing after 5 seconds.
        ...(!database && { DATABASE_SQLITE_PRAGMA_BUSY_TIMEOUT: '60000' }),
        // A copy left in the volume is never read: each use downloads the file again.
        ...(bucket && { STORAGE_LOCAL_CACHE: 'false' }),
        ...proxied(args.proxy),
        ...env,
        ...wired,
      },
      secretFiles: [{ path: WEBUI_SECRETS, content: pulumi.secret(pulumi.all(secrets).apply(shellAssignments)) }],
      ...hostsOf(args.extraHosts),
      gpus: args.gpus,
      replicas: args.replicas,
      // With SQLite a second one would write to the same file.
      overlaps: database !== undefined,
      check: READY,
      ...(extraStartTime && { extraStartTime }),
      stopGrace: STOP_GRACE,
    });
    this.instances = server.instances;
    this.volumeName = server.volume;
    this.registerOutputs({ instances: this.instances, pidsLimit, volumeName: this.volumeName });
  }
}
