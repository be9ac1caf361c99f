import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { ENCRYPTED } from '../../core/platform.js';
import { connect } from '../../docker/client.js';
import { inspect } from '../../docker/inspect.js';
import { createNetwork, subnetsOf } from '../docker/networks.js';
import { endpointOf } from '../docker/provider.js';
async function askedSubnets(network, name) {
    const engine = connect(await endpointOf(network));
    const [found] = await inspect(engine, 'network', [name]).catch(() => []);
    return (found?.IPAM.Config ?? []).flatMap(({ Subnet }) => Subnet ?? []);
}
export function createOverlay(name, spec, opts) {
    const options = { [ENCRYPTED]: '' };
    const network = createNetwork(`${name}-overlay`, spec, (args) => ({ ...args, driver: 'overlay', attachable: true, ...(spec.encrypted && { options }) }), pulumi.mergeOptions(opts, { ignoreChanges: ['options'] }));
    const subnets = pulumi
        .all([network.name, subnetsOf(network)])
        .apply(async ([found, known]) => (known.length > 0 ? known : askedSubnets(network, found)));
    return { name: network.name, id: network.id, subnets };
}
export const networkId = (name, own, opts) => pulumi.output(name).apply((found) => own.get(found) ?? docker.getNetworkOutput({ name: found }, opts).id);
