/** What product components know of the engine below them. `docker/` implements it; components never see a container or a service. */

import type * as pulumi from '@pulumi/pulumi';
import type { Workload } from './workload.ts';

/** A network between servers. */
export interface NetworkSpec {
  /** Name on the engine. A change replaces the network and every server on it. */
  name: string;
  /** Whether nothing on it can reach other networks or be published. A change replaces it. */
  internal: boolean;
  /** Its subnets in CIDR notation, one of IPv4 and perhaps one of IPv6. Default: the engine chooses one. A change replaces the network. */
  subnets?: readonly string[] | undefined;
}

/** A network that exists. */
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
}

/** How the instances of a server are found on the engine. */
export interface Instances {
  /** The container of the one instance. */
  container: string;
}

/** A server that runs. */
export interface Server {
  /** Host name inside its networks. */
  host: string;
  /** Known once the server is well. */
  instances: pulumi.Output<Instances>;
}

/** An engine that runs servers. Every method registers resources named after `name`, below `opts.parent`. */
export interface Platform {
  /** Creates a network; what is returned is known once it exists. */
  network(name: string, spec: NetworkSpec, opts: pulumi.CustomResourceOptions): NetworkFound;
  /**
   * Creates a volume for data, or takes the one that is there. It outlives the stack: nothing deletes data.
   *
   * @returns its name, known once it exists.
   */
  volume(name: string, spec: VolumeSpec, opts: pulumi.CustomResourceOptions): pulumi.Output<string>;
  /** Runs a server and waits until all of its instances are well. */
  server(name: string, workload: Workload, opts: pulumi.CustomResourceOptions): Server;
}
