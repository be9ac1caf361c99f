/** Networks and volumes of one Docker host. */

import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { labelsOf, type Role } from '../../core/labels.ts';
import { dynamicRange, gatewayOf, parseSubnet, subnetText } from '../../core/subnets.ts';
import type { NetworkSpec, VolumeSpec } from '../platform.ts';

/** Labels of an object as the provider takes them: ours, which others never override. */
export function providerLabels(role?: Role, others: Readonly<Record<string, string>> = {}) {
  const own = labelsOf({ project: pulumi.getProject(), stack: pulumi.getStack() }, role);
  return Object.entries({ ...own, ...others, ...own }).map(([label, value]) => ({ label, value }));
}

/** Changes the arguments of a resource; gets its name, too. */
export type Change<Args> = (args: Args, name: string) => Args;

/** Changes to what is registered, by kind of resource; each gets the arguments and the resource's name, and returns the arguments to use. */
export interface Changes {
  container: Change<docker.ContainerArgs>;
  network: Change<docker.NetworkArgs>;
  volume: Change<docker.VolumeArgs>;
}

/**
 * Subnets as the provider takes them. It compares them with the engine's, so everything that the engine would choose is explicit: otherwise
 * every refresh would find another gateway, and replace the network with everything on it.
 */
function subnetted(texts: readonly string[]): Pick<docker.NetworkArgs, 'ipamConfigs' | 'ipv6'> {
  const subnets = texts.map((text) => {
    const subnet = parseSubnet(text);
    if (!subnet)
      throw new RangeError(`a subnet is written as 172.30.0.0/24, with no bits after the prefix, got ${text}`);
    return subnet;
  });
  return {
    ipamConfigs: subnets.map((subnet) => ({
      subnet: subnetText(subnet),
      gateway: gatewayOf(subnet),
      ipRange: subnetText(dynamicRange(subnet)),
    })),
    ...(subnets.some(({ family }) => family === 6) && { ipv6: true }),
  };
}

/** Creates a bridge network. */
export const createNetwork = (
  name: string,
  { name: network, internal, subnets = [] }: NetworkSpec,
  change: Change<docker.NetworkArgs>,
  opts: pulumi.CustomResourceOptions,
): docker.Network =>
  new docker.Network(
    name,
    // The provider takes a missing `internal` and false for the same.
    change(
      {
        ...{ name: network, driver: 'bridge', ...(internal && { internal: true }), labels: providerLabels() },
        ...(subnets.length > 0 && subnetted(subnets)),
      },
      name,
    ),
    // The provider replaces a network for a changed label, and with it every container that is attached.
    // It would also do so when IPv6 is turned off, but not for a removed subnet: without one, a network keeps its subnet.
    pulumi.mergeOptions(opts, { ignoreChanges: ['labels', ...(subnets.length > 0 ? [] : ['ipamConfigs', 'ipv6'])] }),
  );

/** The subnets that a network has; none is known where its engine does not say. */
export const subnetsOf = ({ ipamConfigs }: docker.Network): pulumi.Output<string[]> =>
  pulumi.output(ipamConfigs).apply((all) => (all ?? []).flatMap(({ subnet }) => subnet ?? []));

/** Creates a volume for data, or adopts the one that a `destroy` kept. */
export const createDataVolume = (
  name: string,
  { name: volume, protect, copy = false }: VolumeSpec,
  change: Change<docker.VolumeArgs>,
  opts: pulumi.CustomResourceOptions,
): docker.Volume =>
  new docker.Volume(
    name,
    change({ name: volume, labels: providerLabels(copy ? 'scratch' : 'data') }, name),
    pulumi.mergeOptions(opts, {
      retainOnDelete: true,
      protect: protect && !copy,
      // A change of any of these would replace the volume, that is: start with an empty one.
      ignoreChanges: ['labels', 'driver', 'driverOpts'],
    }),
  );

/** Creates a volume for what can be recreated at any time; it is deleted with the stack. */
export const createScratchVolume = (
  name: string,
  volume: string,
  change: Change<docker.VolumeArgs>,
  opts: pulumi.CustomResourceOptions,
): docker.Volume =>
  new docker.Volume(
    name,
    change({ name: volume, labels: providerLabels('scratch') }, name),
    pulumi.mergeOptions(opts, { deleteBeforeReplace: true, ignoreChanges: ['labels'] }),
  );
