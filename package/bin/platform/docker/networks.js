import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { labelsOf } from '../../core/labels.js';
import { dynamicRange, gatewayOf, parseSubnet, subnetText } from '../../core/subnets.js';
export function providerLabels(role, others = {}) {
    const own = labelsOf({ project: pulumi.getProject(), stack: pulumi.getStack() }, role);
    return Object.entries({ ...own, ...others, ...own }).map(([label, value]) => ({ label, value }));
}
function subnetted(texts) {
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
export const createNetwork = (name, { name: network, internal, subnets = [] }, change, opts) => new docker.Network(name, change({
    ...{ name: network, driver: 'bridge', ...(internal && { internal: true }), labels: providerLabels() },
    ...(subnets.length > 0 && subnetted(subnets)),
}, name), pulumi.mergeOptions(opts, { ignoreChanges: ['labels', ...(subnets.length > 0 ? [] : ['ipamConfigs', 'ipv6'])] }));
export const subnetsOf = ({ ipamConfigs }) => pulumi.output(ipamConfigs).apply((all) => (all ?? []).flatMap(({ subnet }) => subnet ?? []));
export const createDataVolume = (name, { name: volume, protect, copy = false }, change, opts) => new docker.Volume(name, change({ name: volume, labels: providerLabels(copy ? 'scratch' : 'data') }, name), pulumi.mergeOptions(opts, {
    retainOnDelete: true,
    protect: protect && !copy,
    ignoreChanges: ['labels', 'driver', 'driverOpts'],
}));
export const createScratchVolume = (name, volume, change, opts) => new docker.Volume(name, change({ name: volume, labels: providerLabels('scratch') }, name), pulumi.mergeOptions(opts, { deleteBeforeReplace: true, ignoreChanges: ['labels'] }));
