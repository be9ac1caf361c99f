/** What all servers share: a set of arguments, and their translation for a platform. */

import type * as pulumi from '@pulumi/pulumi';
import { ADDRESS, type Hardening } from '../core/defaults.ts';
import type { Ulimits } from '../core/limits.ts';
import type { Memory } from '../core/units.ts';
import { type Addresses, addressList, canonical } from '../core/urls.ts';
import type { Check, Timing } from '../platform/healthcheck.ts';
import type { Instances, Platform, VolumeSpec } from '../platform/platform.ts';
import type { Attachment, Log, Mount, MountPoint, Reservation, Workload } from '../platform/workload.ts';

/** Changes what a component requests from its platform, for options without an argument. */
export interface ServerTransform {
  /** @example (workload) => ({ ...workload, hostAliases: ['ldap.internal'] }) */
  server?: (workload: Workload) => Workload;
  /** @example (volume) => ({ ...volume, name: 'shared' }) */
  volume?: (volume: VolumeSpec) => VolumeSpec;
}

/** A folder, file or volume mounted in a server besides its data. */
export interface ServerMount {
  /** Absolute path of a folder or a file on the Docker host; or `volume`. */
  folder?: string | undefined;
  /** Name of a volume; or `folder`. */
  volume?: string | undefined;
  /** Path in the server. */
  target: string;
  /** @default true */
  readOnly?: boolean | undefined;
}

/**
 * Arguments of every server. A change replaces the server and keeps its data, unless its description says otherwise. Defaults of optional
 * arguments are in `core/defaults.ts`.
 */
export interface ServerArgs {
  /** The engine that runs it. */
  platform: Platform;
  /**
   * Name on the engine, unique there.
   *
   * @example 'open-webui'
   */
  name: string;
  /** Image reference. */
  image?: string | undefined;
  /** Id to which the reference resolves on the engine now, if known; a different one replaces the server. */
  imageId?: string | undefined;
  /** Name of the data volume: created, or adopted with its data. A change starts with an empty one; the old one is kept. */
  volume: string;
  /**
   * Folder of the Docker host with the data, instead of `volume`, which is not used then. It has to exist. Nothing ever removes it; its files
   * get the owner that the server needs. A change leaves the data in the old folder.
   *
   * @default none: the data is in the volume
   * @example '/srv/open-webui'
   */
  folder?: string | undefined;
  /**
   * Additional folders and files of the Docker host, and volumes; each must exist.
   *
   * @default none
   * @example [{ folder: '/etc/ssl/company.pem', target: '/etc/ssl/company.pem' }, { volume: 'models', target: '/models', readOnly: false }]
   */
  mounts?: readonly ServerMount[] | undefined;
  /**
   * Whether Pulumi refuses to replace or delete the volume. A change replaces nothing.
   *
   * @default false
   */
  protectData?: boolean | undefined;
  /**
   * Isolation on top of the baseline: dropped capabilities, no new privileges, limits. `strict` runs the server as an ordinary user from its
   * first process on, without any capability, on a read-only root file system.
   *
   * @default 'standard'
   */
  hardening?: Hardening | undefined;
  /**
   * Memory of the server. Changed in place.
   *
   * @example '512 MiB'
   */
  memory?: Memory | undefined;
  /**
   * Processors of the server, from 0.1 to 9.9 in steps of 0.1.
   *
   * @default all
   * @example 1.5
   */
  cpus?: number | undefined;
  /**
   * What Swarm sets aside for each instance: it starts none on a node that has less left. Other platforms ignore it. A change replaces the tasks.
   *
   * @default nothing
   * @example { memory: '512 MiB', cpus: 0.5 }
   */
  reservation?: Reservation | undefined;
  /** Processes and threads of the server. Changed in place; needs the docker command. */
  pidsLimit?: number | undefined;
  /**
   * Port and addresses of the host for access from outside its networks; `none` for no host port.
   *
   * @default { address: '127.0.0.1' } where a component publishes at all
   * @example { port: 3000, address: ['0.0.0.0', '::'] }
   */
  publish?: { port?: number | undefined; address?: Addresses | undefined } | 'none' | undefined;
  /**
   * Timing of the health check. A server that does not answer for `startPeriod`, or for 30 seconds if that is longer, is killed and
   * restarted.
   */
  healthcheck?: Partial<Timing> | undefined;
  /**
   * Where the log goes. With a driver that keeps nothing to read, such as `none`, the error of a failed deployment has no log lines.
   *
   * @default the driver json-file, which rotates
   * @example { maxSize: '10 MB', maxFiles: 3 }
   * @example { driver: 'fluentd', options: { 'fluentd-address': 'logs.internal:24224' } }
   */
  log?: Partial<Log> | undefined;
  /**
   * Labels, for a proxy or a dashboard. `docker inspect` shows them. They never override those by which the deployment finds its own objects.
   *
   * @default none
   * @example { 'traefik.enable': 'true' }
   */
  labels?: Readonly<Record<string, string>> | undefined;
  /**
   * Host name inside the server; others reach it by `name`.
   *
   * @default chosen by the engine
   * @example 'chat'
   */
  hostname?: string | undefined;
  /**
   * Kernel limits per process, with the names of `docker run --ulimit`; -1 for none.
   *
   * @default the engine's
   * @example { nofile: { soft: 1024, hard: 65536 } }
   */
  ulimits?: Ulimits | undefined;
  /** Escape hatch for options without an argument. */
  transform?: ServerTransform | undefined;
}

/** {@link ServerArgs} with every default filled in. */
export interface CompleteServerArgs extends ServerArgs {
  image: string;
  protectData: boolean;
  hardening: Hardening;
  memory: Memory;
  pidsLimit: number;
  healthcheck: Timing;
  log: Log;
}

/** What a product adds to its arguments. */
export interface Product
  extends Pick<
    Workload,
    | 'user'
    | 'capabilities'
    | 'readOnlyRoot'
    | 'entrypoint'
    | 'command'
    | 'env'
    | 'secretFiles'
    | 'liveFiles'
    | 'publish'
    | 'hostAliases'
    | 'extraHosts'
    | 'gpus'
    | 'node'
    | 'replicas'
    | 'overlaps'
    | 'extraStartTime'
    | 'stopGrace'
  > {
  /** Where the data is mounted. */
  data: Omit<MountPoint, 'readOnly'>;
  /** Whether another server has the same data. Default: false. */
  copy?: boolean;
  networks: readonly Attachment[];
  /** Port on which it listens; absent for a server that publishes its ports itself. */
  port?: number;
  check: Check;
  /** Servers that have to be well before. Default: none. */
  after?: readonly pulumi.Resource[];
}

/** A server that runs, and where its data is. */
export interface Running {
  /** Host name inside its networks. */
  host: string;
  instances: pulumi.Output<Instances>;
  /** Undefined where the data is in a folder. */
  volume: pulumi.Output<string> | undefined;
  /** What others may wait for. */
  resource: pulumi.Resource;
}

/** A network by name, or with a server's aliases and addresses there. */
export const attachmentOf = (network: pulumi.Input<string> | Attachment): Attachment =>
  typeof network === 'object' && !('then' in network) && !('apply' in network) ? network : { name: network };

const mountOf = ({ folder, volume, target, readOnly = true }: ServerMount): Mount => {
  const place = { path: target, ...(readOnly && { readOnly }) };
  if (folder !== undefined) return { source: folder, ...place };
  if (volume !== undefined) return { name: volume, ...place };
  throw new RangeError(`the mount at ${target} has neither folder nor volume`);
};

/** Registers a volume and a server below a component. */
export function serve(
  component: pulumi.ComponentResource,
  name: string,
  args: CompleteServerArgs,
  { data, copy = false, port, after = [], ...product }: Product,
): Running {
  const { platform, transform = {} } = args;
  const publish = args.publish === 'none' ? undefined : args.publish;
  const opts = { parent: component };
  const mounts = (args.mounts ?? []).map(mountOf);
  const spec: VolumeSpec = { name: args.volume, protect: args.protectData, copy, node: product.node };
  const volume =
    args.folder === undefined ? platform.volume(`${name}-data`, transform.volume?.(spec) ?? spec, opts) : undefined;
  const workload: Workload = {
    name: args.name,
    image: args.image,
    imageId: args.imageId,
    mounts: [volume === undefined ? { ...data, source: args.folder as string } : { ...data, name: volume }, ...mounts],
    publish: addressList(publish?.address ?? ADDRESS).flatMap((address) =>
      publish?.port === undefined || port === undefined
        ? []
        : [{ address: canonical(address), port: publish.port, targetPort: port }],
    ),
    ...product,
    memory: args.memory,
    cpus: args.cpus,
    reservation: args.reservation,
    pidsLimit: args.pidsLimit,
    healthcheck: args.healthcheck,
    log: args.log,
    labels: args.labels,
    hostname: args.hostname,
    ulimits: args.ulimits,
  };
  const started = { ...opts, ...(after.length > 0 && { dependsOn: [...after] }) };
  return { ...platform.server(name, transform.server?.(workload) ?? workload, started), volume };
}
