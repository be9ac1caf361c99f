/** What product components know of the engine. `docker/` and `swarm/` implement it; components never see a container or a service. */

import type * as pulumi from '@pulumi/pulumi';
import type { Workload } from './workload.ts';

/** A network between servers. */
export interface NetworkSpec {
  /** Name on the engine. A change replaces the network and every server on it. */
  name: string;
  /** Whether nothing on it can reach other networks or be published. A change replaces it. */
  internal: boolean;
  /** Its subnets in CIDR notation, one for IPv4 and optionally one for IPv6. Default: the engine chooses one. A change replaces the network. */
  subnets?: readonly string[] | undefined;
  /** Whether its traffic between machines is encrypted. Default: false. Does not change an existing network. */
  encrypted?: boolean | undefined;
}

/** An existing network. */
export interface NetworkFound {
  /** Its name on the engine. */
  name: pulumi.Output<string>;
  /** Its subnets in CIDR notation, chosen by the engine or not. */
  subnets: pulumi.Output<readonly string[]>;
}

/** A volume. */
export interface VolumeSpec {
  /** Name on the engine. A change starts with an empty volume; one with data is kept. */
  name: string;
  /** Whether Pulumi refuses to replace or delete it. */
  protect: boolean;
  /** Whether another volume has the same data, so that this one can be made again: it is not protected. Default: false. */
  copy?: boolean | undefined;
  /** Id of the node of a cluster that has it. Default: the node with the data. */
  node?: string | undefined;
}

/** Where the instances of a server are on the engine: one of the two. */
export interface Instances {
  /** The container of the one instance. */
  container?: string;
  /** The service whose tasks they are. */
  service?: string;
}

/** A running server. */
export interface Server {
  /** Host name inside its networks. */
  host: string;
  /** Known once the server is healthy. */
  instances: pulumi.Output<Instances>;
  /** What others may wait for: it exists once the server is well. */
  resource: pulumi.Resource;
}

/** An engine that runs servers. Every method registers resources named after `name`, below `opts.parent`. */
export interface Platform {
  /** Whether a server may have several instances and, during a rollout, old and new ones at the same time. Default: false. */
  readonly several?: boolean;
  /** Creates a network; the result is known once it exists. */
  network(name: string, spec: NetworkSpec, opts: pulumi.CustomResourceOptions): NetworkFound;
  /**
   * Creates a volume for data, or adopts an existing one. It outlives the stack: nothing deletes data. On another node than the one with the data,
   * the first server that uses the volume creates it.
   *
   * @returns its name, known once it exists.
   */
  volume(name: string, spec: VolumeSpec, opts: pulumi.CustomResourceOptions): pulumi.Output<string>;
  /** Runs a server and waits until all of its instances are healthy. */
  server(name: string, workload: Workload, opts: pulumi.CustomResourceOptions): Server;
}
