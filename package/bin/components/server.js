import { ADDRESS } from '../core/defaults.js';
import { addressList, canonical } from '../core/urls.js';
export const attachmentOf = (network) => typeof network === 'object' && !('then' in network) && !('apply' in network) ? network : { name: network };
const mountOf = ({ folder, volume, target, readOnly = true }) => {
    const place = { path: target, ...(readOnly && { readOnly }) };
    if (folder !== undefined)
        return { source: folder, ...place };
    if (volume !== undefined)
        return { name: volume, ...place };
    throw new RangeError(`the mount at ${target} has neither folder nor volume`);
};
export function serve(component, name, args, { data, copy = false, port, after = [], ...product }) {
    const { platform, transform = {} } = args;
    const publish = args.publish === 'none' ? undefined : args.publish;
    const opts = { parent: component };
    const mounts = (args.mounts ?? []).map(mountOf);
    const spec = { name: args.volume, protect: args.protectData, copy, node: product.node };
    const volume = args.folder === undefined ? platform.volume(`${name}-data`, transform.volume?.(spec) ?? spec, opts) : undefined;
    const workload = {
        name: args.name,
        image: args.image,
        imageId: args.imageId,
        mounts: [volume === undefined ? { ...data, source: args.folder } : { ...data, name: volume }, ...mounts],
        publish: addressList(publish?.address ?? ADDRESS).flatMap((address) => publish?.port === undefined || port === undefined
            ? []
            : [{ address: canonical(address), port: publish.port, targetPort: port }]),
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
