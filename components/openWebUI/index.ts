import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { completed, STOP_GRACE, webuiDefaults } from '../../core/defaults.ts';
import type { Gpus } from '../../core/limits.ts';
import { MIGRATION, type Pools } from '../../core/postgres.ts';
import { COMPONENTS } from '../../core/resourceTypes.ts';
import { RESTORE_AREA } from '../../core/restore.ts';
import { shellAssignments } from '../../core/shell.ts';
import type { Duration } from '../../core/units.ts';
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
   * Networks that the server joins: first one on which it can be published, then Valkey's if that is another, then any others. A name, or an
   * object with more host names and fixed addresses there.
   *
   * @example ['chat', { name: 'proxy', aliases: ['chat.internal'] }]
   */
  networkNames: readonly (pulumi.Input<string> | Attachment)[];
  /** Address of Valkey for shared state, as seen from the network. */
  redisUrl: pulumi.Input<string>;
  /** Address of Valkey for websocket sessions, as seen from the network. */
  websocketRedisUrl: pulumi.Input<string>;
  /**
   * The first administrator; used only while the volume holds no user.
   *
   * @example { email: 'you@example.com', password: secrets.adminPassword }
   */
  admin: { email: string; name?: string; password: pulumi.Output<string> };
  /**
   * Address at which people open the page, where it is not the published one: for links and sign-in elsewhere. With https:// no cookie leaves
   * a browser in clear. `env` may override both.
   *
   * @default none: Open WebUI takes its address from each request
   * @example 'https://chat.example.com'
   */
  url?: string | undefined;
  /**
   * The proxy through which everything comes, if there is one: the origins of its pages, and the addresses and subnets from which it speaks. The web UI
   * trusts its forwarded headers alone, accepts websockets of those pages alone, and leaves compression to it.
   *
   * @default none: a client's address is that of its connection, or what any proxy says
   */
  proxy?: { origins: readonly string[]; addresses: pulumi.Input<readonly string[]> } | undefined;
  /** Signs sessions and encrypts stored credentials. A change signs everybody out. */
  sessionKey: pulumi.Output<string>;
  /**
   * The Postgres that has its database and its vectors, and the connections that each of its pools may hold. Its migrations then run once,
   * before any server process starts, and wait for the server.
   *
   * @default none: SQLite in the volume
   */
  database?: { url: pulumi.Output<string>; pools: Pools } | undefined;
  /**
   * What decides on the settings of the admin panel: `page`, that is the panel, after the first start; or `file`, that is `env`, at every start.
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
   * Time that a deployment grants before the server can answer, on top of the health check's own: a new release migrates the database first.
   * A change alone replaces nothing.
   *
   * @default none
   */
  extraStartTime?: Duration | undefined;
  /**
   * Host names that the server resolves without DNS, each with an address, or with `host-gateway` for the Docker host.
   *
   * @default host.docker.internal alone, which is always there
   * @example { 'db.internal': '10.0.0.5' }
   */
  extraHosts?: Readonly<Record<string, string>> | undefined;
  /**
   * Command of an image that starts elsewhere; the component's own start script runs it.
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
  /** Variables that stay out of `docker inspect`, previews and the state in clear. They never override the wiring. */
  secretEnv?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
}

/**
 * What the server writes outside of its data folder: parts of uploads, files of libraries, and the page's icons, which it copies at each
 * start.
 */
const WRITABLE = {
  // Large enough for uploads, which pass through it; it counts as memory of the server.
  tmpfs: { '/tmp': 'rw,nosuid,nodev,noexec,size=1g,mode=1777' },
  env: { HOME: '/tmp/home', STATIC_DIR: '/tmp/static' },
};

/** What Open WebUI derives from its own address, which it does not find out behind a proxy. */
const addressed = (url: string | undefined): Record<string, string> => ({
  ...(url !== undefined && { WEBUI_URL: url }),
  ...(url?.startsWith('https://') && { WEBUI_SESSION_COOKIE_SECURE: 'true', WEBUI_AUTH_COOKIE_SECURE: 'true' }),
});

/** Names of the host, of which people use the first for an Ollama there, and of others. */
function hostsOf(extraHosts: Readonly<Record<string, string>> = {}) {
  const isHost = ([, address]: [string, string]) => address === HOST_GATEWAY;
  const entries = Object.entries(extraHosts);
  const names = entries.filter(isHost).map(([name]) => name);
  return {
    hostAliases: [...new Set([HOST_ALIAS, ...names])],
    extraHosts: Object.fromEntries(entries.filter((entry) => !isHost(entry))),
  };
}
/** Half of a pool stays connected, the other half comes with the work. */
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

/** For the migrations of an empty database, which are a step of their own. */
const MIGRATION_TIME: Duration = '3m';

/** The image's own command. */
const COMMAND = ['bash', 'start.sh'];

/** Brings the database up to date, and then starts the server, whose processes leave it as it is. */
const MIGRATED = [
  '/bin/sh',
  '-c',
  'python3 -c "$1" && shift && ENABLE_DB_MIGRATIONS=false exec "$@"',
  MIGRATION,
  MIGRATE,
];

/**
 * /ready looks at the database and at Valkey. /health is a constant: whatever is wrong with those two is no reason to end a server that still
 * answers it.
 */
export const READY: HttpGet = { kind: 'httpGet', port: WEBUI_PORT, ready: '/ready', live: '/health' };

/**
 * Open WebUI (or a variant), wired to Valkey for websockets and shared state, with a first administrator. It starts beside Valkey rather than
 * after it, because it needs Valkey seconds later. A deployment succeeds when the server, its database and Valkey answer.
 */
export class OpenWebUI extends pulumi.ComponentResource {
  /** How the server is found on the engine; known once it is healthy. */
  readonly instances: pulumi.Output<Instances>;
  /** Name of the volume with the data; undefined where that is in a folder. */
  readonly volumeName: pulumi.Output<string> | undefined;

  /** @throws RangeError for a quantity without its unit, such as a `memory` of `"4"`. */
  constructor(name: string, given: OpenWebUIArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = completed(given, webuiDefaults);
    super(COMPONENTS.openWebUI, name, {}, opts);
    const { admin, database, env, secretEnv, pidsLimit } = args;
    const strict = args.hardening === 'strict';
    const extraStartTime = args.extraStartTime ?? (database && MIGRATION_TIME);
    const wired = {
      ENABLE_WEBSOCKET_SUPPORT: 'true',
      WEBSOCKET_MANAGER: 'redis',
      ENABLE_PERSISTENT_CONFIG: String(args.configuration === 'page'),
      // Until the database decides on it, Open WebUI's own default is open.
      ENABLE_SIGNUP: String(args.signup === 'open'),
      WEBUI_ADMIN_EMAIL: admin.email,
      WEBUI_ADMIN_NAME: admin.name,
    };
    const secrets = {
      // The file is read after the environment: without these lines it would win over the wiring.
      ...Object.fromEntries(Object.entries(secretEnv).filter(([key]) => !Object.hasOwn(wired, key))),
      WEBUI_SECRET_KEY: args.sessionKey,
      WEBUI_ADMIN_PASSWORD: admin.password,
      WEBSOCKET_REDIS_URL: args.websocketRedisUrl,
      // Without it sign-out revokes nothing, no task can be stopped from another process, and /ready does not look at Valkey.
      REDIS_URL: args.redisUrl,
      ...(database && { DATABASE_URL: database.url, PGVECTOR_DB_URL: database.url }),
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
        ...(strict && WRITABLE.env),
        ...addressed(args.url),
        ...(database && {
          VECTOR_DB: 'pgvector',
          ...poolOf('DATABASE', database.pools.database),
          ...poolOf('PGVECTOR', database.pools.vectors),
          // Several processes watch over each other. One that loads the program on a busy machine is silent for longer than uvicorn's 5 s, and
          // would be ended for it.
          UVICORN_TIMEOUT_WORKER_HEALTHCHECK: '60',
        }),
        ...proxied(args.proxy),
        ...env,
        ...wired,
      },
      secretFiles: [{ path: WEBUI_SECRETS, content: pulumi.secret(pulumi.all(secrets).apply(shellAssignments)) }],
      ...hostsOf(args.extraHosts),
      gpus: args.gpus,
      check: READY,
      ...(extraStartTime && { extraStartTime }),
      stopGrace: STOP_GRACE,
    });
    this.instances = server.instances;
    this.volumeName = server.volume;
    this.registerOutputs({ instances: this.instances, pidsLimit, volumeName: this.volumeName });
  }
}
