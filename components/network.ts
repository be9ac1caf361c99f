import * as pulumi from '@pulumi/pulumi';
import { COMPONENTS } from '../core/resourceTypes.ts';
import type { NetworkSpec, Platform } from '../platform/platform.ts';

/** Arguments of {@link Network}. */
export interface NetworkArgs {
  /** The platform that creates it. */
  platform: Platform;
  /**
   * Name on the engine. A change replaces the network and every server on it.
   *
   * @example 'openwebui-network'
   */
  name: string;
  /**
   * Whether it exists already, and this stack only uses it.
   *
   * @default false
   */
  external?: boolean | undefined;
  /**
   * Whether nothing on it can reach other networks or be published. Only for a network that is created here; a change replaces it.
   *
   * @default false
   */
  internal?: boolean | undefined;
  /**
   * Its subnets in CIDR notation: one for IPv4, optionally one for IPv6. Fixed addresses are in the lower half of it (IPv6: in the lower quarter),
   * after the first one, which is the gateway's. Only for a network that is created here; a change replaces it and every server on it.
   *
   * @default the engine chooses one of IPv4
   * @example ['172.30.0.0/24', 'fd00:30::/64']
   */
  subnets?: readonly string[] | undefined;
  /**
   * Whether the nodes of a Swarm encrypt the traffic between servers on it. Only for a network that is created here, on Swarm. Does not change an
   * existing network.
   *
   * @default false
   */
  encrypted?: boolean | undefined;
  /**
   * Escape hatch for options without an argument.
   *
   * @example { network: (spec) => ({ ...spec, internal: true }) }
   */
  transform?: { network?: (network: NetworkSpec) => NetworkSpec } | undefined;
}

/**
 * A network on which servers find each other by name. An external one is used and never changed or deleted; otherwise it is created here and
 * deleted with the stack.
 */
export class Network extends pulumi.ComponentResource {
  /** Name on the engine, known once the network exists. */
  readonly networkName: pulumi.Output<string>;
  /** Its subnets in CIDR notation; none of an external one. */
  readonly subnets: pulumi.Output<readonly string[]>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super(COMPONENTS.network, name, {}, opts);
    const spec: NetworkSpec = {
      ...{ name: args.name, internal: args.internal ?? false },
      ...(args.subnets && { subnets: args.subnets }),
      ...(args.encrypted && { encrypted: true }),
    };
    const { name: networkName, subnets } = args.external
      ? { name: pulumi.output(args.name), subnets: pulumi.output<readonly string[]>([]) }
      : args.platform.network(name, args.transform?.network?.(spec) ?? spec, { parent: this });
    this.networkName = networkName;
    this.subnets = subnets;
    this.registerOutputs({ networkName: this.networkName });
  }
}
