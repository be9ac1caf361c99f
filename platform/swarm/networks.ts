/** Networks of a Swarm. */

import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { ENCRYPTED } from '../../core/platform.ts';
import { connect } from '../../docker/client.ts';
import { inspect } from '../../docker/inspect.ts';
import { createNetwork, subnetsOf } from '../docker/networks.ts';
import { endpointOf } from '../docker/provider.ts';
import type { NetworkFound, NetworkSpec } from '../platform.ts';

/** The subnets of a network as the engine has them: Swarm chooses them a moment after the provider has looked. */
async function askedSubnets(network: docker.Network, name: string): Promise<string[]> {
  const engine = connect(await endpointOf(network));
  const [found] = await inspect(engine, 'network', [name]).catch(() => []);
  return (found?.IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
}

/** Creates an overlay network that containers can join as well: those of backups and of other checks. */
export function createOverlay(
  name: string,
  spec: NetworkSpec,
  opts: pulumi.CustomResourceOptions,
): NetworkFound & { id: pulumi.Output<string> } {
  const options = { [ENCRYPTED]: '' };
  const network = createNetwork(
    `${name}-overlay`,
    spec,
    (args) => ({ ...args, driver: 'overlay', attachable: true, ...(spec.encrypted && { options }) }),
    // The engine adds options of its own, and the provider would replace the network for them. The preflight refuses a changed setting.
    pulumi.mergeOptions(opts, { ignoreChanges: ['options'] }),
  );
  const subnets = pulumi
    .all([network.name, subnetsOf(network)])
    .apply(
      async ([found, known]): Promise<readonly string[]> => (known.length > 0 ? known : askedSubnets(network, found)),
    );
  return { name: network.name, id: network.id, subnets };
}

/** The id of a network by its name: of one of ours, or of one that exists already. */
export const networkId = (
  name: pulumi.Input<string>,
  own: ReadonlyMap<string, pulumi.Output<string>>,
  opts: pulumi.InvokeOptions,
): pulumi.Output<string> =>
  pulumi.output(name).apply((found) => own.get(found) ?? docker.getNetworkOutput({ name: found }, opts).id);
