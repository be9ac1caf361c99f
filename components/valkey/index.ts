import * as pulumi from '@pulumi/pulumi';
import { completed, type Persistence, STOP_GRACE, valkeyDefaults } from '../../core/defaults.ts';
import { COMPONENTS } from '../../core/resourceTypes.ts';
import { sourceOf, storageOf } from '../../core/storage.ts';
import { type Duration, type Memory, toMebibytes, toSeconds } from '../../core/units.ts';
import { VALKEY_DATA, VALKEY_PORT, VALKEY_USER, valkeyUrl } from '../../core/valkey.ts';
import type { Exec } from '../../platform/healthcheck.ts';
import type { Instances } from '../../platform/platform.ts';
import type { Attachment } from '../../platform/workload.ts';
import { attachmentOf, type ServerArgs, serve } from '../server.ts';
import { aclArguments } from './acl.ts';
import { entrypoint, persistenceArguments } from './persistence.ts';
import { type BalancerArgs, type Several, type SeveralPasswords, serveSeveral } from './several.ts';

/**
 * Arguments of {@link Valkey}. A change replaces the server and keeps its data, unless its description says otherwise. The image must be
 * Valkey 8 or newer with the official entrypoint; an older release than the data's does not start. Nothing is published by default.
 */
export interface ValkeyArgs extends ServerArgs {
  /** Network on which the web UI finds the server: a name, or an object with additional host names and fixed addresses there. */
  networkName: pulumi.Input<string> | Attachment;
  /**
   * Additional networks that the server joins, with its host names there.
   *
   * @default none
   * @example [{ name: 'tools', aliases: ['redis'] }]
   */
  networks?: readonly Attachment[] | undefined;
  /**
   * Host name of the server in that network, besides its own; nothing else there may have it.
   *
   * @default none
   */
  alias?: string | undefined;
  /**
   * What a killed server may lose: with `aof` the last second, with `snapshots` everything since the last one, so that a signed-out
   * token is valid again. The new server converts the data before it answers.
   *
   * @default 'aof'
   */
  persistence?: Persistence | undefined;
  /**
   * When a snapshot is written: this time after `changes` changes.
   *
   * @default { after: '30s', changes: 1 }
   */
  snapshot?: { after?: Duration; changes?: number } | undefined;
  /**
   * Passwords of the application and of the operator: letters and digits only, as from {@link Secrets}, because they become part of an
   * address. Without them, everything that reaches the server can read and change all of it, as in the tutorial.
   */
  passwords?:
    | {
        application: pulumi.Output<string>;
        operator: pulumi.Output<string>;
        /** Needed with `highAvailability`. */
        several?: SeveralPasswords | undefined;
      }
    | undefined;
  /**
   * Whether there are three servers, one of which takes over within seconds when the primary is lost, and a balancer before them. The first one
   * keeps the name and the data; the others add `-2` and `-3` to both. Needs `passwords`, the persistence `aof`, and one network.
   *
   * @default false
   */
  highAvailability?: boolean | undefined;
  /**
   * Ids of the Swarm nodes that run the second and the third server and keep their data. The first one stays on the node with the data. Each node
   * needs the images.
   *
   * @default all servers run on the node with the data
   */
  nodes?: readonly string[] | undefined;
  /** The balancer, where there are several servers. */
  balancer?: BalancerArgs | undefined;
  /**
   * Amount of data at which the server refuses writes; it never evicts any.
   *
   * @default '256 MiB'
   */
  maxMemory?: Memory | undefined;
}

/** Options that no argument changes. */
const LIMITS = [
  // It holds sessions and locks: losing some would sign people out, or let two processes do the work of one.
  ...['--maxmemory-policy', 'noeviction'],
  ...['--maxclients', '10000'],
  // Closes connections whose client is gone; Open WebUI is configured to use its own more often than that.
  ...['--timeout', '1800', '--tcp-keepalive', '15'],
  // An event of 33 MB was seen in practice; the default of 32 MB disconnects the web UI, and answers never show.
  ...['--client-output-buffer-limit', 'pubsub', '128mb', '64mb', '60'],
];

/** Sends PING and compares the answer: valkey-cli exits with 0 on most errors. A server that runs an endless script says only BUSY. */
const PING: Exec = {
  kind: 'exec',
  command: ['valkey-cli', '-p', String(VALKEY_PORT), 'ping'],
  well: 'PONG',
  hung: 'BUSY',
};

/**
 * A Valkey server that carries websocket events between the processes of the web UI and keeps their shared state. Each web UI needs its
 * own: two on one server receive each other's events. A deployment succeeds when the server answers.
 *
 * @example
 * const valkey = new Valkey('valkey', { platform: dockerPlatform(), name: 'redis-valkey', networkName, volume: 'redis-data' });
 */
export class Valkey extends pulumi.ComponentResource {
  /** The server's container or service; known once it is healthy. */
  readonly instances: pulumi.Output<Instances>;
  /** All servers, where there are several, and what is before them. */
  readonly several: Pick<Several, 'servers' | 'balancer' | 'balancers'> | undefined;
  /** Name of the volume with the data; undefined where that is in a folder. */
  readonly volumeName: pulumi.Output<string> | undefined;
  /** Address of database 0 in the network: the application's shared state. Secret when it holds a password. */
  readonly redisUrl: pulumi.Output<string>;
  /** Address of database 1 in the network: websocket sessions. Secret when it holds a password. */
  readonly websocketRedisUrl: pulumi.Output<string>;

  /** @throws RangeError for a quantity without its unit, such as a `memory` of `"512"`, and for several servers without passwords. */
  constructor(name: string, given: ValkeyArgs, opts?: pulumi.ComponentResourceOptions) {
    const args = completed(given, valkeyDefaults);
    super(COMPONENTS.valkey, name, {}, opts);
    const { passwords, alias, pidsLimit } = args;
    if (!passwords)
      pulumi.log.warn('Valkey requires no password: anything that can reach it can read and change all of it.', this);
    // The hash of a long random password is not secret, and a preview that shows the arguments can be reviewed.
    const acl = passwords
      ? pulumi.unsecret(
          pulumi
            .all([passwords.application, passwords.operator, passwords.several])
            .apply(([application, operator, several]) => aclArguments({ application, operator, several })),
        )
      : pulumi.output<string[]>([]);
    const joined = attachmentOf(args.networkName);
    // The first is its host name; the container's own name always resolves.
    const names = [...(alias === undefined ? [] : [alias]), ...(joined.aliases ?? [])];
    const product = {
      // A volume gets the owner of the image's folder when it is made, a folder of the host does not.
      data: { path: VALKEY_DATA, ...(args.folder !== undefined && { ownedFolder: '', owner: VALKEY_USER }) },
      networks: [
        { ...joined, aliases: names.length === 1 && alias === args.name ? [] : names },
        ...(args.networks ?? []),
      ],
      port: VALKEY_PORT,
      // The image's entrypoint starts as root, takes over the data folder and becomes the user valkey; as valkey it starts the server, which
      // the check, as root again, may have to kill.
      ...(args.hardening === 'strict'
        ? { user: VALKEY_USER, readOnlyRoot: { tmpfs: {} } }
        : { capabilities: ['SETGID', 'SETUID', 'DAC_OVERRIDE', 'KILL'] as const }),
      entrypoint: entrypoint(args.persistence, { source: sourceOf(storageOf(args)), image: args.image }),
      command: acl.apply((users) => [
        ...['valkey-server', '--save', String(toSeconds(args.snapshot.after)), String(args.snapshot.changes)],
        ...persistenceArguments(args.persistence),
        ...['--maxmemory', `${toMebibytes(args.maxMemory)}mb`, ...LIMITS, ...users],
      ]),
      check: PING,
      // A conversion reads the data twice and writes it once: 256 MiB took half a minute on two busy processors.
      extraStartTime: `${Math.ceil(toMebibytes(args.maxMemory) / 4)}s`,
      // Enough to write the last snapshot.
      stopGrace: STOP_GRACE,
    } as const;
    if (args.highAvailability && !passwords?.several) throw new RangeError('several servers of Valkey need passwords');
    const several =
      args.highAvailability && passwords?.several
        ? serveSeveral(this, name, args, product, { operator: passwords.operator, ...passwords.several })
        : undefined;
    const server = several ?? serve(this, name, args, product);
    this.several = several;
    this.instances = server.instances;
    this.volumeName = server.volume;
    const url = (database: number) =>
      pulumi.output(passwords?.application).apply((password) => valkeyUrl(server.host, database, password));
    this.redisUrl = url(0);
    this.websocketRedisUrl = url(1);
    this.registerOutputs({ instances: this.instances, pidsLimit, volumeName: this.volumeName });
  }
}
