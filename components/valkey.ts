import * as pulumi from '@pulumi/pulumi';
import { createVolume, runContainer } from './platform/docker.ts';
import type { Healthcheck, Publication, Workload } from './platform/workload.ts';
import { type Duration, toSeconds } from './units.ts';

/** Port of the server inside its container. */
const PORT = 6379;

/** Arguments of {@link Valkey}. A change replaces the container and keeps its data, unless something else is said. */
export interface ValkeyArgs {
  /** Name of the container. */
  name: string;
  /** Network that the container joins. */
  networkName: pulumi.Input<string>;
  /** Host name of the server in that network. */
  alias: string;
  /** Image reference. */
  image: string;
  /** Volume with the data. A change starts with an empty one; the old one is kept. */
  volume: string;
  /** A snapshot is written when this time has gone by since `changes` changes. */
  snapshot: { after: Duration; changes: number };
  /** Makes the server reachable from the Docker host. Default: not published. */
  publish?: Omit<Publication, 'containerPort'> | undefined;
  /** Timing of the check that the server answers a PING. */
  healthcheck: Omit<Healthcheck, 'test'>;
  /** Rotation of the container's log. */
  log: Workload['log'];
}

/** Address of a database of the server that is known as `host`. Open WebUI accepts the scheme `redis` alone. */
export const valkeyUrl = (host: string, database: number): string => `redis://${host}:${PORT}/${database}`;

/** A Valkey server that carries websocket events between the processes of the web UI and keeps their shared state. */
export class Valkey extends pulumi.ComponentResource {
  /** Name of the container. */
  readonly containerName: pulumi.Output<string>;
  /** Name of the volume with the data. */
  readonly volumeName: pulumi.Output<string>;
  /** Address of database 0 in the network: the application's shared state. */
  readonly redisUrl: pulumi.Output<string>;
  /** Address of database 1 in the network: websocket sessions. */
  readonly websocketRedisUrl: pulumi.Output<string>;

  constructor(name: string, args: ValkeyArgs, opts?: pulumi.ComponentResourceOptions) {
    super('openwebui:index:Valkey', name, args, opts);
    const volume = createVolume(`${name}-data`, { name: args.volume }, { parent: this });
    const container = runContainer(
      name,
      {
        containerName: args.name,
        image: args.image,
        command: ['valkey-server', '--save', String(toSeconds(args.snapshot.after)), String(args.snapshot.changes)],
        network: { name: args.networkName, aliases: [args.alias] },
        volume: { name: volume.name, path: '/data' },
        publish: args.publish ? [{ ...args.publish, containerPort: PORT }] : [],
        // The image's entrypoint starts as root, takes over the data folder and becomes the user valkey.
        capabilities: { drop: ['ALL'], add: ['SETGID', 'SETUID', 'DAC_OVERRIDE'] },
        // Compares the answer: valkey-cli exits with 0 on most errors.
        healthcheck: { ...args.healthcheck, test: { shell: "[ $(valkey-cli ping) = 'PONG' ]" } },
        log: args.log,
        // Enough to write the last snapshot.
        stopGrace: '30s',
      },
      { parent: this },
    );
    this.containerName = container.name;
    this.volumeName = volume.name;
    this.redisUrl = pulumi.output(valkeyUrl(args.alias, 0));
    this.websocketRedisUrl = pulumi.output(valkeyUrl(args.alias, 1));
    this.registerOutputs({ containerName: this.containerName, volumeName: this.volumeName });
  }
}
