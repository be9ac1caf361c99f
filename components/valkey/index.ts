import * as pulumi from '@pulumi/pulumi';
import { ADDRESS, completed, valkeyDefaults } from '../../core/defaults.ts';
import type { Hardening } from '../../core/hardening.ts';
import { pullImage, runContainer } from '../../platform/docker/containers.ts';
import { createVolume } from '../../platform/docker/resources.ts';
import { type Attempt, NO_ANSWER, type Timing } from '../../platform/healthcheck.ts';
import { limitProcesses } from '../../platform/docker/processes.ts';
import type { Workload } from '../../platform/workload.ts';
import { type Duration, type Memory, toMebibytes, toSeconds } from '../../core/units.ts';
import { aclArguments } from './acl.ts';
import { PORT, valkeyUrl } from '../../core/valkey.ts';
import { entrypoint, type Persistence, persistenceArguments } from './persistence.ts';

/**
 * Arguments of {@link Valkey}. A change replaces the container and keeps its data, unless something else is said. What is optional has
 * the default of that name in {@link valkeyDefaults}.
 */
export interface ValkeyArgs {
  /** Name of the container, one of its kind on the Docker host. */
  name: string;
  /** Network that the container joins. */
  networkName: pulumi.Input<string>;
  /** Host name of the server in that network, where nothing else may have it. */
  alias?: string | undefined;
  /** Image reference of Valkey 8 or newer, with the entrypoint of the official one. An older release than the data's does not start. */
  image?: string | undefined;
  /** Volume with the data: made, or taken over with what it holds. A change starts with an empty one; the old one is kept. */
  volume: string;
  /** Whether Pulumi refuses to replace or delete the volume. A change replaces nothing. */
  protectData?: boolean | undefined;
  /**
   * What a server that is killed may lose: with `"aof"` the last second, with `"snapshots"` all since the last one, so that a token that
   * was signed out holds again. The data is converted by the new container, before it answers.
   */
  persistence?: Persistence | undefined;
  /** A snapshot is written when this time has gone by since `changes` changes. */
  snapshot?: { after?: Duration; changes?: number } | undefined;
  /**
   * Passwords of the application and of the operator. Without them the server is open to everybody who reaches it, as in the tutorial.
   * Letters and digits alone, as in {@link Secrets}: they become part of an address.
   */
  passwords?: { application: pulumi.Output<string>; operator: pulumi.Output<string> } | undefined;
  /** Data that the server takes before it refuses to write; it never throws any away. */
  maxMemory?: Memory | undefined;
  /** Memory of the container: the data, what is on its way to clients, and a copy of changed pages while a snapshot is written. Changed in place. */
  memory?: Memory | undefined;
  /** Processors of the container, from 0.1 to 9.9 in steps of 0.1. Default: all. */
  cpus?: number | undefined;
  /** Processes and threads of the container. Changed in place; takes the docker command. */
  pidsLimit?: number | undefined;
  /**
   * `"strict"` runs the server as the image's user `valkey` from the start, without any capability, on a read-only root file system;
   * files of others in the volume are then not taken over.
   */
  hardening?: Hardening | undefined;
  /** Makes the server reachable from the Docker host, at an `address` of the host: its own 127.0.0.1 by default. Default: not published. */
  publish?: { port: number; address?: string } | undefined;
  /**
   * Timing of the check that the server answers a PING. One that answers nothing for 30 seconds, or for `startPeriod` if that is
   * longer, is ended and starts again; one that loads its data answers.
   */
  healthcheck?: Partial<Timing> | undefined;
  /** Rotation of the container's log. */
  log?: Partial<Workload['log']> | undefined;
}

/** The user valkey of the image. */
const USER = '999:1000';

/** What the server does however it is configured. */
const LIMITS = [
  // What it holds are sessions and locks: to forget some would sign people out or let two do the work of one.
  ...['--maxmemory-policy', 'noeviction'],
  ...['--maxclients', '10000'],
  // Connections that a client has lost without a word; Open WebUI is told to use its own more often than that.
  ...['--timeout', '1800', '--tcp-keepalive', '60'],
  // Twice the 33 MB of an event that was seen in practice; the default of 32 MB cuts the web UI off, and answers never show.
  ...['--client-output-buffer-limit', 'pubsub', '128mb', '64mb', '60'],
];

/** Sends PING, and compares the answer: valkey-cli exits with 0 on most errors. */
const ping = (seconds: number): Attempt => ({
  body: [
    `answer=$(timeout ${seconds} valkey-cli -p ${PORT} ping 2>&1)`,
    'case $answer in',
    '  PONG) return 0 ;;',
    `  '') return ${NO_ANSWER} ;;`,
    // All that a server says which runs a script without an end.
    `  BUSY*) sleep ${seconds}; return ${NO_ANSWER} ;;`,
    // It loads, cannot write, or does not listen yet.
    '  *) echo "$answer"; return 1 ;;',
    'esac',
  ],
  seconds,
});

/**
 * A Valkey server that carries websocket events between the processes of the web UI and keeps their shared state. Each web UI takes one
 * of its own: two on one server get each other's events. A deployment ends well when the server answers.
 */
export class Valkey extends pulumi.ComponentResource {
  /** Name of the container. */
  readonly containerName: pulumi.Output<string>;
  /** Name of the volume with the data. */
  readonly volumeName: pulumi.Output<string>;
  /** Address of database 0 in the network: the application's shared state. Secret when it holds a password. */
  readonly redisUrl: pulumi.Output<string>;
  /** Address of database 1 in the network: websocket sessions. Secret when it holds a password. */
  readonly websocketRedisUrl: pulumi.Output<string>;

  /** @throws RangeError for a quantity without its unit, such as a `memory` of `"512"`. */
  constructor(name: string, given: ValkeyArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = completed(given, valkeyDefaults);
    super('openwebui:index:Valkey', name, {}, opts);
    if (!args.passwords) {
      pulumi.log.warn('Valkey asks for no password: everybody who reaches it can read and change all of it.', this);
    }
    const volume = createVolume(`${name}-data`, { name: args.volume, protect: args.protectData }, { parent: this });
    // A hash of a long random password gives nothing away, and a preview that shows the arguments can be reviewed.
    const { passwords } = args;
    const acl = passwords
      ? pulumi.unsecret(
          pulumi
            .all([passwords.application, passwords.operator])
            .apply(([application, operator]) => aclArguments({ application, operator })),
        )
      : pulumi.output<string[]>([]);
    const container = runContainer(
      name,
      {
        containerName: args.name,
        image: pullImage(name, args.image, { parent: this }),
        // The image's entrypoint starts as root, takes over the data folder and becomes the user valkey; as valkey it starts the server,
        // which the check, as root again, may have to end.
        ...(args.hardening === 'strict'
          ? { user: USER, readOnlyRoot: { tmpfs: {} } }
          : { capabilities: ['SETGID', 'SETUID', 'DAC_OVERRIDE', 'KILL'] }),
        entrypoint: entrypoint(args.persistence),
        command: acl.apply((users) => [
          ...['valkey-server', '--save', String(toSeconds(args.snapshot.after)), String(args.snapshot.changes)],
          ...persistenceArguments(args.persistence),
          ...['--maxmemory', `${toMebibytes(args.maxMemory)}mb`, ...LIMITS, ...users],
        ]),
        networks: [{ name: args.networkName, aliases: [args.alias] }],
        volumes: [{ name: volume.name, path: '/data' }],
        publish: args.publish ? [{ address: ADDRESS, ...args.publish, containerPort: PORT }] : [],
        memory: args.memory,
        cpus: args.cpus,
        healthcheck: { ...args.healthcheck, attempt: ping(toSeconds(args.healthcheck.timeout)) },
        log: args.log,
        // A conversion reads the data twice and writes it once: 256 MiB took half a minute on two busy processors.
        preparation: `${Math.ceil(toMebibytes(args.maxMemory) / 4)}s`,
        // Enough to write the last snapshot.
        stopGrace: '30s',
      },
      { parent: this },
    );
    this.containerName = limitProcesses(container, args.pidsLimit);
    this.volumeName = volume.name;
    const url = (database: number) =>
      pulumi.output(passwords?.application).apply((password) => valkeyUrl(args.alias, database, password));
    this.redisUrl = url(0);
    this.websocketRedisUrl = url(1);
    this.registerOutputs({
      containerName: this.containerName,
      pidsLimit: args.pidsLimit,
      volumeName: this.volumeName,
    });
  }
}
