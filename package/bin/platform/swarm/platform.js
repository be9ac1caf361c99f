import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import * as random from '@pulumi/random';
import { qualified } from '../../core/images.js';
import { tasksHostOf } from '../../core/names.js';
import { privateRegistryOf } from '../../core/registries.js';
import { toSeconds } from '../../core/units.js';
import { connect } from '../../docker/client.js';
import { needsInit, prepare } from '../docker/init.js';
import { provideFiles } from '../docker/liveFiles.js';
import { createDataVolume } from '../docker/networks.js';
import { endpointOf, endpointOfProvider } from '../docker/provider.js';
import { hold, release } from './front.js';
import { patience } from './healthcheck.js';
import { createOverlay } from './networks.js';
import { fixedOf, isReplaced, stopReplaced } from './replacement.js';
import { forceOf, rolloutSeconds, runService } from './services.js';
import { endOthers, keepOneHere, onlyContainer, programOf, requireTasks, watchTasks } from './tasks.js';
const unchanged = (args) => args;
const CHANGES = { container: unchanged, network: unchanged, volume: unchanged };
export function pinned(reference, repoDigest, isPrivate) {
    const named = isPrivate ? qualified(reference) : reference;
    const [digest = ''] = /@sha256:[0-9a-f]{64}$/.exec(repoDigest ?? '') ?? [];
    return named.includes('@') ? named : `${named}${digest}`;
}
function pullImage(name, reference, opts) {
    const args = { name: reference, keepLocally: true };
    return new docker.RemoteImage(`${name}-image`, args, pulumi.mergeOptions(opts, { retainOnDelete: true }));
}
const editionOf = (name, credentials, opts) => new random.RandomId(`${name}-credentials`, { byteLength: 8, keepers: { credentials: pulumi.secret(JSON.stringify(credentials)) } }, opts).hex;
export function swarmPlatform({ manager, node, spread = false, registries = {} } = {}) {
    const networks = new Map();
    const managed = (opts) => ({
        ...opts,
        ...(manager && { provider: manager }),
    });
    const engineOf = async (resource) => connect({
        ...(await endpointOf(resource)),
        ...(manager && { manager: await endpointOfProvider(manager) }),
    });
    const placesOf = ({ node: own = node, apart = false, overlaps = false }) => own === undefined || apart || (spread && overlaps) ? [] : [`node.id == ${own}`];
    return {
        several: true,
        network(name, spec, opts) {
            const { id, ...found } = createOverlay(name, spec, managed(opts));
            networks.set(spec.name, id);
            return found;
        },
        volume: (name, spec, opts) => spec.node === undefined || spec.node === node
            ? createDataVolume(name, spec, unchanged, opts).name
            : pulumi.output(spec.name),
        server(name, workload, opts) {
            const registry = privateRegistryOf(workload.image, registries);
            const image = pullImage(name, workload.image, opts);
            const reference = pulumi
                .all([image.name, image.repoDigest])
                .apply(([named, repoDigest]) => pinned(named, repoDigest, registry !== undefined));
            const live = provideFiles(name, workload, { image: image.name, changes: CHANGES }, opts);
            const bare = { ...live.workload, secretFiles: [] };
            const prepared = needsInit(bare) ? prepare(name, bare, { image: image.name, changes: CHANGES }, opts) : undefined;
            const force = pulumi
                .all([reference, image.imageId])
                .apply(([named, id]) => (named.includes('@') ? 0 : forceOf(workload.imageId ?? id)));
            const { replicas = 1, overlaps = false, stopGrace } = workload;
            const seconds = replicas * toSeconds(stopGrace);
            let watch;
            let holds = false;
            const fixed = fixedOf(workload, networks, managed(opts));
            const prerequisites = [prepared?.init.succeeded ?? true, live.ready ?? true];
            const ready = pulumi
                .all([reference, force, pulumi.output(fixed), ...prerequisites])
                .apply(async ([named, number, other]) => {
                if (pulumi.runtime.isDryRun())
                    return named;
                const engine = await engineOf(image);
                if (await isReplaced(engine, workload.name, other)) {
                    holds = await hold(engine, workload);
                    await stopReplaced(engine, workload.name);
                }
                if (overlaps)
                    await endOthers(engine, workload.name, programOf(named, number), { seconds });
                watch = await watchTasks(engine, workload);
                return named;
            });
            const service = runService(name, live.workload, {
                ...{ image: ready, force, fixed, constraints: placesOf(workload) },
                ...(registry !== undefined && { edition: editionOf(name, registries[registry], opts) }),
                before: async (revision) => {
                    if (!pulumi.runtime.isDryRun())
                        holds ||= await hold(await engineOf(image), workload, revision);
                },
            }, managed(pulumi.mergeOptions(opts, { dependsOn: prepared?.init.task ?? [] })));
            const running = service.name.apply(async (found) => {
                if (pulumi.runtime.isDryRun())
                    return found;
                const engine = await engineOf(image);
                try {
                    await requireTasks(engine, workload, rolloutSeconds(workload, patience(workload)));
                }
                finally {
                    if (holds)
                        await release(engine, workload);
                }
                if (spread && overlaps)
                    await keepOneHere(engine, workload, patience(workload) + seconds);
                watch?.end();
                return found;
            });
            const { liveFiles } = workload;
            const read = liveFiles === undefined || pulumi.runtime.isDryRun()
                ? running
                : live
                    .reload(image, running.apply(async (found) => onlyContainer(await engineOf(image), found)))
                    .apply(() => running);
            return {
                host: tasksHostOf(workload.name),
                instances: read.apply((found) => ({ service: found })),
                resource: service,
            };
        },
    };
}
