import * as pulumi from '@pulumi/pulumi';
import { completed, webuiDefaults } from '../../core/defaults.ts';
import type { Hardening } from '../../core/hardening.ts';
import { pullImage, runContainer, runTask } from '../../platform/docker/containers.ts';
import { createScratchVolume, createVolume } from '../../platform/docker/resources.ts';
import { type Attempt, NO_ANSWER, type Timing } from '../../platform/healthcheck.ts';
import { limitProcesses } from '../../platform/docker/processes.ts';
import type { Publication, SecretFile, VolumeMount, Workload } from '../../platform/workload.ts';
import { type Memory, toSeconds } from '../../core/units.ts';

/** Port of the server inside its container. */
const PORT = 8080;

const DATA = '/app/backend/data';

/** Where the container finds what `docker inspect` must not show. */
const SECRETS = '/run/secrets';
const SECRET_ENV = `${SECRETS}/open-webui.env`;

/** The ordinary user of a strict deployment; needs no name in the image. */
const USER = { user: '1000', group: '1000' };

/** Gives a folder to a user. To an empty volume the engine would give the owner that the image's folder has, once more. */
const HAND_OVER = 'mkdir -p "$1/uploads" && chown -R "$2" "$1"';

/**
 * What the server writes outside of its data folder: parts of uploads and files of libraries, and the page's icons, which it copies
 * anew at each start.
 */
const WRITABLE = {
  // Large enough for uploads, which pass through it; it counts as memory of the container.
  tmpfs: { '/tmp': 'rw,nosuid,nodev,noexec,size=1g,mode=1777' },
  env: { HOME: '/tmp/home', STATIC_DIR: '/tmp/static' },
};

/**
 * Reads the secret variables and becomes the image's own command. Open WebUI knows no `_FILE` form for most of its variables, and
 * what stands in a container's environment or arguments is there for everybody to inspect.
 */
const START = `set -a && . ${SECRET_ENV} && set +a && exec "$@"`;

/**
 * Arguments of {@link OpenWebUI}. A change replaces the container and keeps its data, unless something else is said. What is optional
 * has the default of that name in {@link webuiDefaults}.
 */
export interface OpenWebUIArgs {
  /** Name of the container, one of its kind on the Docker host. */
  name: string;
  /** Networks that the container joins: one on which it can be published, and that of Valkey, if it is another. */
  networkNames: readonly pulumi.Input<string>[];
  /**
   * `"strict"` runs the server as user 1000, without any capability, on a read-only root file system. A task of root's own gives it the
   * volume before each start of a new container, and puts the secrets into a volume of their own, where only that user can read them.
   */
  hardening?: Hardening | undefined;
  /** Address of Valkey for shared state, seen from inside the network. */
  redisUrl: pulumi.Input<string>;
  /** Address of Valkey for websocket sessions, seen from inside the network. */
  websocketRedisUrl: pulumi.Input<string>;
  /** Image reference of Open WebUI or a variant of it. */
  image?: string | undefined;
  /** Volume with the data: made, or taken over with what it holds. A change starts with an empty one; the old one is kept. */
  volume: string;
  /** Whether Pulumi refuses to replace or delete the volume. A change replaces nothing. */
  protectData?: boolean | undefined;
  /** Where the page is published: a port of the Docker host, at one of its addresses. */
  publish?: Partial<Omit<Publication, 'containerPort'>> | undefined;
  /** The first administrator; has an effect only while the volume holds no user. */
  admin: { email: string; name?: string; password: pulumi.Output<string> };
  /** Signs sessions and encrypts stored credentials. A change signs everybody out. */
  sessionKey: pulumi.Output<string>;
  /** Who decides on what the admin panel shows: the page, after the first start; or the file, that is `env`, at every start. */
  configuration?: 'page' | 'file' | undefined;
  /** Whether strangers may sign up. Has an effect after the first start only with `configuration: "file"`. */
  signup?: 'closed' | 'open' | undefined;
  /** More environment variables, which `docker inspect` shows. What the wiring sets stays as it is. */
  env?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  /** Variables that are kept from `docker inspect`, from previews and from the state in clear. What the wiring sets stays as it is. */
  secretEnv?: Readonly<Record<string, pulumi.Input<string>>> | undefined;
  /** Memory of the container. Changed in place. */
  memory?: Memory | undefined;
  /** Processors of the container, from 0.1 to 9.9 in steps of 0.1. Default: all. */
  cpus?: number | undefined;
  /** Processes and threads of the container. Changed in place; takes the docker command. */
  pidsLimit?: number | undefined;
  /**
   * Timing of the check that the server, its database and Valkey answer. A server that itself answers nothing for `startPeriod`, or for
   * 30 seconds if that is longer, is ended and starts again.
   */
  healthcheck?: Partial<Timing> | undefined;
  /** Rotation of the container's log. */
  log?: Partial<Workload['log']> | undefined;
}

/**
 * Asks /ready, which looks at the database and at Valkey; and only whether the server itself still answers when that says nothing, or no.
 * /health is a constant: whatever is wrong with the two is no reason to end the server.
 */
export function ready(seconds: number): Attempt {
  const get = (path: string) =>
    `curl --fail --silent --output /dev/null --max-time ${seconds} http://127.0.0.1:${PORT}${path}`;
  return {
    body: [
      `${get('/ready')} && return 0`,
      get('/health'),
      // What curl says when the time is over. A server that does not listen yet is refused at once.
      `[ $? = 28 ] && return ${NO_ANSWER}`,
      'return 1',
    ],
    seconds: 2 * seconds,
  };
}

/** Lines that a POSIX shell reads as assignments, whatever the values hold. */
export const shellAssignments = (env: Readonly<Record<string, string>>): string =>
  Object.entries(env)
    .map(([key, value]) => `${key}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('');

/**
 * Open WebUI (or a variant), wired to Valkey for websockets and shared state, with an administrator of its own. It starts beside Valkey
 * rather than after it, as it needs Valkey seconds later. A deployment ends well when the server, its database and Valkey answer.
 */
export class OpenWebUI extends pulumi.ComponentResource {
  /** Name of the container. */
  readonly containerName: pulumi.Output<string>;
  /** Name of the volume with the data. */
  readonly volumeName: pulumi.Output<string>;

  /** @throws RangeError for a quantity without its unit, such as a `memory` of `"4"`. */
  constructor(name: string, given: OpenWebUIArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = completed(given, webuiDefaults);
    super('openwebui:index:OpenWebUI', name, {}, opts);
    const volume = createVolume(`${name}-data`, { name: args.volume, protect: args.protectData }, { parent: this });
    const image = pullImage(name, args.image, { parent: this });
    const data = { name: volume.name, path: DATA };
    const secrets: SecretFile = {
      path: SECRET_ENV,
      content: pulumi.secret(
        pulumi
          .all({
            ...args.secretEnv,
            WEBUI_SECRET_KEY: args.sessionKey,
            WEBUI_ADMIN_PASSWORD: args.admin.password,
            WEBSOCKET_REDIS_URL: args.websocketRedisUrl,
            // Without it sign-out revokes nothing, no task can be stopped from another process, and /ready does not look at Valkey.
            REDIS_URL: args.redisUrl,
          })
          .apply(shellAssignments),
      ),
    };
    const strict = args.hardening === 'strict' ? this.#prepare(name, args, { image, data, secrets }) : undefined;
    const container = runContainer(
      name,
      {
        containerName: args.name,
        image,
        entrypoint: ['/bin/sh', '-c', START, 'open-webui'],
        command: ['bash', 'start.sh'],
        env: {
          // Below the server's time-out for idle connections: one that it has closed would be found out by a failing request.
          REDIS_HEALTH_CHECK_INTERVAL: '60',
          REDIS_SOCKET_KEEPALIVE: 'true',
          ...(strict && WRITABLE.env),
          ...args.env,
          ENABLE_WEBSOCKET_SUPPORT: 'true',
          WEBSOCKET_MANAGER: 'redis',
          ENABLE_PERSISTENT_CONFIG: String(args.configuration === 'page'),
          // Without the database's word on it, Open WebUI's own default is open.
          ENABLE_SIGNUP: String(args.signup === 'open'),
          WEBUI_ADMIN_EMAIL: args.admin.email,
          WEBUI_ADMIN_NAME: args.admin.name,
        },
        ...(strict
          ? {
              user: `${USER.user}:${USER.group}`,
              readOnlyRoot: { tmpfs: WRITABLE.tmpfs },
              volumes: [data, { ...strict.secrets, readOnly: true }],
            }
          : {
              // Files of a volume that an ordinary user has filled.
              capabilities: ['DAC_OVERRIDE'],
              secretFiles: [secrets],
              volumes: [data],
            }),
        networks: args.networkNames.map((networkName) => ({ name: networkName })),
        publish: [{ ...args.publish, containerPort: PORT }],
        memory: args.memory,
        cpus: args.cpus,
        // People run Ollama on the Docker host itself.
        hostAliases: ['host.docker.internal'],
        healthcheck: { ...args.healthcheck, attempt: ready(toSeconds(args.healthcheck.timeout)) },
        log: args.log,
        stopGrace: '30s',
      },
      { parent: this, prepared: strict?.task },
    );
    this.containerName = limitProcesses(container, args.pidsLimit);
    this.volumeName = volume.name;
    this.registerOutputs({
      containerName: this.containerName,
      pidsLimit: args.pidsLimit,
      volumeName: this.volumeName,
    });
  }

  /**
   * Hands the volumes to the ordinary user: a new volume belongs to root, a used one to whoever has filled it. The secrets take this
   * way because the engine writes no files into a container with a read-only root file system.
   */
  #prepare(
    name: string,
    args: { name: string; volume: string; log: Workload['log'] },
    { image, data, secrets }: { image: pulumi.Output<string>; data: VolumeMount; secrets: SecretFile },
  ) {
    const volume = createScratchVolume(`${name}-secrets`, { name: `${args.volume}-secrets` }, { parent: this });
    const mount = { name: volume.name, path: SECRETS };
    const task = runTask(
      `${name}-init`,
      {
        containerName: `${args.name}-init`,
        image,
        entrypoint: ['/bin/sh', '-c', HAND_OVER, 'open-webui'],
        command: [DATA, `${USER.user}:${USER.group}`],
        secretFiles: [{ ...secrets, owner: USER }],
        volumes: [data, mount],
        capabilities: ['CHOWN', 'DAC_OVERRIDE'],
        memory: '256 MiB',
        log: args.log,
      },
      { parent: this },
    );
    return { task, secrets: mount };
  }
}
