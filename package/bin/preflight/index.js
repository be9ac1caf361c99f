import * as pulumi from '@pulumi/pulumi';
import { isSwarm } from '../core/platform.js';
import { CONTAINER } from '../core/resourceTypes.js';
import { inspect } from '../docker/inspect.js';
import { inventory } from '../docker/inventory.js';
import { INIT_ERROR } from '../platform/docker/containers.js';
import { dockerPlatform } from '../platform/docker/platform.js';
import { swarmPlatform } from '../platform/swarm/platform.js';
import { imagesOf } from '../settings/images.js';
import { replacedNetworks, requireAddresses } from './addresses.js';
import { prepareData } from './backup.js';
import { requireBucket } from './bucket.js';
import { requireCapabilities } from './capabilities.js';
import { claimsOf } from './claims.js';
import { requireDatabase, usersInSqlite } from './database.js';
import { requireNoDowngrade } from './downgrade.js';
import { requireEncryption } from './encryption.js';
import { bindToEngine, requireEngine } from './engine.js';
import { requireConfiguration } from './gateway.js';
import { requireHostPaths, wantedPaths } from './hostPaths.js';
import { requireNames } from './names.js';
import { sharingOf } from './neighbours.js';
import { requireFurtherNetworks, requireNetwork } from './network.js';
import { ofStackFile } from './origin.js';
import { warnOfPanel } from './panel.js';
import { requirePorts } from './ports.js';
import { requireProtectedData } from './protection.js';
import { requireRegistries } from './registries.js';
import { requireRequests } from './requests.js';
import { warnOfSessionKey } from './sessionKey.js';
import { claimsOn, provideSwarm, requireOnePlatform, requireSwarm } from './swarm.js';
import { requireUploads } from './uploads.js';
import { prepareNumber } from './valkeys.js';
export { connect } from '../docker/client.js';
export { requireNames } from './names.js';
export { requireNetwork } from './network.js';
const keep = (container) => ({ type, props, opts }) => type === CONTAINER && props['name'] === container
    ? {
        props,
        opts: { ...opts, replaceOnChanges: (opts.replaceOnChanges ?? []).filter((key) => key !== INIT_ERROR) },
    }
    : undefined;
const portsOf = ({ webui, valkey, gateway }) => {
    const { http, https, address } = gateway.publish;
    const ports = gateway.tls === 'off' ? { http } : { http, https };
    return { webui, valkey, ...(gateway.domain && { gateway: { name: gateway.name, publish: { address, ports } } }) };
};
async function imageForPaths(docker, settings, owner) {
    if (wantedPaths(settings, owner).length === 0)
        return undefined;
    const images = await Promise.all(imagesOf(settings).map((image) => inspect(docker, 'image', [image]))).catch(() => []);
    const found = images.flat()[0]?.Id;
    if (found !== undefined || pulumi.runtime.isDryRun())
        return found;
    const { image } = settings.valkey;
    return docker.run(['pull', '--quiet', image]).then(() => image, () => undefined);
}
export const withPrepared = (settings, { imageIds, extraStartTime, swarm }) => ({
    ...settings,
    platform: isSwarm(settings) ? swarmPlatform({ ...swarm, registries: settings.registries }) : dockerPlatform(),
    valkey: { ...settings.valkey, imageId: imageIds.valkey, nodes: swarm?.valkeyNodes },
    webui: { ...settings.webui, imageId: imageIds.webui, extraStartTime },
    database: { ...settings.database, imageId: imageIds.database },
    gateway: { ...settings.gateway, imageId: imageIds.gateway },
});
export async function preflight(settings, { scratch = false, subject = ofStackFile() } = {}) {
    const found = await requireEngine(settings.host, subject, settings.registries);
    const { docker, look, endpoint, manager } = found;
    const networked = manager ? { provider: manager } : found.opts;
    void Promise.allSettled([inventory(look), ...imagesOf(settings).map((image) => inspect(look, 'image', [image]))]);
    if (!scratch)
        await requirePorts(portsOf(settings), look, endpoint, subject.owner);
    if (!scratch)
        await requireRegistries(look, settings, subject);
    const { owner } = subject;
    const image = scratch ? undefined : await imageForPaths(look, settings, owner);
    const [present] = await Promise.all([
        replacedNetworks(look, settings).then((replaced) => requireNames(claimsOn(settings, claimsOf(settings, owner)), look, {
            scratch,
            sharing: sharingOf(settings, owner, image),
            replaced,
            subject,
        })),
        requireNetwork(settings.network, networked, subject),
        requireFurtherNetworks(settings, networked, subject),
        scratch ? undefined : requireAddresses(look, settings, owner),
    ]);
    requireOnePlatform(settings, present, subject);
    if (isSwarm(settings) && !scratch) {
        await requireSwarm(look, settings, subject);
        await requireEncryption(look, settings, present, subject);
    }
    requireProtectedData({ valkey: settings.valkey, webui: settings.webui }, present, subject.commands);
    if (!scratch)
        await requireHostPaths(look, settings, { image, present, owner });
    requireNoDowngrade(settings.valkey, present);
    await requireCapabilities(look, settings, present);
    if (!scratch) {
        await requireRequests(look, settings, present);
        await requireDatabase(look, settings, present, usersInSqlite(docker, subject.commands), subject.commands);
        await requireBucket(look, settings);
        await requireUploads(look, settings, present, subject);
    }
    const [engine] = await Promise.all([
        bindToEngine(settings.host, found, subject),
        scratch ? undefined : warnOfPanel(look, settings, present, subject),
        scratch ? undefined : warnOfSessionKey(settings.webui.sessionKey, subject),
        scratch ? undefined : requireConfiguration(docker, settings, subject),
    ]);
    const prepared = await prepareData({ docker, look }, settings, present, { scratch, subject });
    if (!scratch)
        await prepareNumber(docker, settings, present, subject);
    const opts = prepared.late === undefined ? found.opts : { ...found.opts, transformations: [keep(prepared.late)] };
    const swarm = isSwarm(settings) && !scratch ? await provideSwarm(docker, settings) : undefined;
    return { opts, engine, prepared: { ...prepared, ...(swarm && { swarm: { ...swarm, manager } }) } };
}
