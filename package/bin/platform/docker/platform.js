import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { runContainer } from './containers.js';
import { needsInit, prepare } from './init.js';
import { provideFiles } from './liveFiles.js';
import { createDataVolume, createNetwork, subnetsOf } from './networks.js';
import { limitProcesses } from './processes.js';
const unchanged = (args) => args;
function pullImage(name, reference, opts) {
    const args = { name: reference, keepLocally: true };
    return new docker.RemoteImage(`${name}-image`, args, pulumi.mergeOptions(opts, { retainOnDelete: true })).name;
}
export function dockerPlatform(transform = {}) {
    const changes = { container: unchanged, network: unchanged, volume: unchanged, ...transform };
    return {
        network(name, spec, opts) {
            if (spec.encrypted)
                throw new RangeError(`the network ${spec.name} cannot be encrypted: its traffic never leaves one host`);
            const network = createNetwork(`${name}-bridge`, spec, changes.network, opts);
            return { name: network.name, subnets: subnetsOf(network) };
        },
        volume: (name, spec, opts) => createDataVolume(name, spec, changes.volume, opts).name,
        server(name, workload, opts) {
            const { replicas = 1 } = workload;
            if (replicas !== 1)
                throw new RangeError(`one Docker host runs one instance of ${workload.name}, got ${replicas}`);
            const image = pullImage(name, workload.image, opts);
            const live = provideFiles(name, workload, { image, changes }, opts);
            const prepared = needsInit(live.workload) ? prepare(name, live.workload, { image, changes }, opts) : undefined;
            const container = runContainer(name, prepared?.workload ?? live.workload, { image, init: prepared?.init, ready: live.ready, change: changes.container }, opts);
            const running = limitProcesses(container, workload.pidsLimit);
            return {
                host: workload.networks[0]?.aliases?.[0] ?? workload.name,
                instances: live.reload(container, running).apply((name) => ({ container: name })),
                resource: container,
            };
        },
    };
}
