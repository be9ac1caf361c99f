/** Everything that happens before a program registers its first resource: checks, and backups. */

import * as pulumi from '@pulumi/pulumi';
import type { EngineId } from '../core/endpoint.ts';
import { isSwarm } from '../core/platform.ts';
import { CONTAINER } from '../core/resourceTypes.ts';
import type { Docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import { inventory } from '../docker/inventory.ts';
import { INIT_ERROR } from '../platform/docker/containers.ts';
import { dockerPlatform } from '../platform/docker/platform.ts';
import { swarmPlatform } from '../platform/swarm/platform.ts';
import { imagesOf } from '../settings/images.ts';
import type { Settings } from '../settings/parse.ts';
import { replacedNetworks, requireAddresses } from './addresses.ts';
import { type Prepared, prepareData } from './backup.ts';
import { requireBucket } from './bucket.ts';
import { requireCapabilities } from './capabilities.ts';
import { claimsOf } from './claims.ts';
import { requireDatabase, usersInSqlite } from './database.ts';
import { requireNoDowngrade } from './downgrade.ts';
import { requireEncryption } from './encryption.ts';
import { bindToEngine, requireEngine } from './engine.ts';
import { requireConfiguration } from './gateway.ts';
import { requireHostPaths, wantedPaths } from './hostPaths.ts';
import { requireNames } from './names.ts';
import { sharingOf } from './neighbours.ts';
import { requireFurtherNetworks, requireNetwork } from './network.ts';
import { ofStackFile, type Subject } from './origin.ts';
import { warnOfPanel } from './panel.ts';
import { requirePorts } from './ports.ts';
import { requireProtectedData } from './protection.ts';
import { requireRegistries } from './registries.ts';
import { requireRequests } from './requests.ts';
import { warnOfSessionKey } from './sessionKey.ts';
import { claimsOn, provideSwarm, requireOnePlatform, requireSwarm, type SwarmFound } from './swarm.ts';
import { requireUploads } from './uploads.ts';
import { prepareNumber } from './valkeys.ts';

export { connect } from '../docker/client.ts';
export { type Claim, requireNames } from './names.ts';
export { requireNetwork } from './network.ts';
export type { Subject } from './origin.ts';

/** Keeps a container that became healthy after an update had given up on it. */
const keep =
  (container: string): pulumi.ResourceTransformation =>
  ({ type, props, opts }) =>
    type === CONTAINER && props['name'] === container
      ? {
          props,
          opts: { ...opts, replaceOnChanges: (opts.replaceOnChanges ?? []).filter((key) => key !== INIT_ERROR) },
        }
      : undefined;

/** Ports of the host, by the settings that have them. */
const portsOf = ({ webui, valkey, gateway }: Settings) => {
  const { http, https, address } = gateway.publish;
  const ports = gateway.tls === 'off' ? { http } : { http, https };
  return { webui, valkey, ...(gateway.domain && { gateway: { name: gateway.name, publish: { address, ports } } }) };
};

/**
 * An image of the stack that the engine has, for inspecting paths of its host; undefined if none is needed, or if there is none and this is a
 * preview, which pulls nothing.
 */
async function imageForPaths(docker: Docker, settings: Settings, owner: string): Promise<string | undefined> {
  if (wantedPaths(settings, owner).length === 0) return undefined;
  const images = await Promise.all(imagesOf(settings).map((image) => inspect(docker, 'image', [image]))).catch(
    () => [],
  );
  const found = images.flat()[0]?.Id;
  if (found !== undefined || pulumi.runtime.isDryRun()) return found;
  const { image } = settings.valkey;
  // The update needs it anyway.
  return docker.run(['pull', '--quiet', image]).then(
    () => image,
    () => undefined,
  );
}

/** The settings as arguments of the component, with what was found of images and data. */
export const withPrepared = (
  settings: Settings,
  { imageIds, extraStartTime, swarm }: Prepared & { swarm?: SwarmFound | undefined },
) => ({
  ...settings,
  platform: isSwarm(settings) ? swarmPlatform({ ...swarm, registries: settings.registries }) : dockerPlatform(),
  valkey: { ...settings.valkey, imageId: imageIds.valkey, nodes: swarm?.valkeyNodes },
  webui: { ...settings.webui, imageId: imageIds.webui, extraStartTime },
  database: { ...settings.database, imageId: imageIds.database },
  gateway: { ...settings.gateway, imageId: imageIds.gateway },
});

/**
 * Checks in this order: the engine answers, ports are free, private registries accept their credentials, there are no name conflicts, nothing else uses the data or answers to a name,
 * external networks and host paths exist, addresses are available, no server is downgraded, the engine can start containers with the requested
 * options, database and bucket are usable and no files would be left behind, the engine is the stack's, the gateway's configuration is valid.
 * Then it prepares the data: a backup, if another release of the web UI takes it over; and where the number of Valkeys
 * changes, the first one gets all that the others have.
 *
 * @returns options for the components, with the provider for the stack's engine; that engine, if it answers; and what was found out about
 * images and data.
 * @throws pulumi.RunError with what is wrong and what to do, before anything is created or changed.
 */
export async function preflight(
  settings: Settings,
  { scratch = false, subject = ofStackFile() }: { scratch?: boolean; subject?: Subject } = {},
): Promise<{
  opts: pulumi.ComponentResourceOptions;
  engine: EngineId | undefined;
  prepared: Prepared & { swarm?: SwarmFound | undefined };
}> {
  const found = await requireEngine(settings.host, subject, settings.registries);
  const { docker, look, endpoint, manager } = found;
  const networked = manager ? { provider: manager } : found.opts;
  // Starts these queries in parallel, for everything that follows.
  void Promise.allSettled([inventory(look), ...imagesOf(settings).map((image) => inspect(look, 'image', [image]))]);
  // A preview without a state looks at another machine's engine. Comes before the name check, which leaves a note in the state.
  if (!scratch) await requirePorts(portsOf(settings), look, endpoint, subject.owner);
  // Encrypted settings have other values there.
  if (!scratch) await requireRegistries(look, settings, subject);
  const { owner } = subject;
  const image = scratch ? undefined : await imageForPaths(look, settings, owner);
  const [present] = await Promise.all([
    replacedNetworks(look, settings).then((replaced) =>
      requireNames(claimsOn(settings, claimsOf(settings, owner)), look, {
        scratch,
        sharing: sharingOf(settings, owner, image),
        replaced,
        subject,
      }),
    ),
    requireNetwork(settings.network, networked, subject),
    requireFurtherNetworks(settings, networked, subject),
    // A preview without a state looks at the engine of another machine.
    scratch ? undefined : requireAddresses(look, settings, owner),
  ]);
  requireOnePlatform(settings, present, subject);
  if (isSwarm(settings) && !scratch) {
    await requireSwarm(look, settings, subject);
    await requireEncryption(look, settings, present, subject);
  }
  requireProtectedData({ valkey: settings.valkey, webui: settings.webui }, present, subject.commands);
  if (!scratch) await requireHostPaths(look, settings, { image, present, owner });
  requireNoDowngrade(settings.valkey, present);
  await requireCapabilities(look, settings, present);
  // A preview without a state looks at the engine of another machine.
  if (!scratch) {
    await requireRequests(look, settings, present);
    await requireDatabase(look, settings, present, usersInSqlite(docker, subject.commands), subject.commands);
    await requireBucket(look, settings);
    await requireUploads(look, settings, present, subject);
  }
  const [engine] = await Promise.all([
    bindToEngine(settings.host, found, subject),
    // Encrypted settings have other values there.
    scratch ? undefined : warnOfPanel(look, settings, present, subject),
    scratch ? undefined : warnOfSessionKey(settings.webui.sessionKey, subject),
    scratch ? undefined : requireConfiguration(docker, settings, subject),
  ]);
  const prepared = await prepareData({ docker, look }, settings, present, { scratch, subject });
  if (!scratch) await prepareNumber(docker, settings, present, subject);
  const opts = prepared.late === undefined ? found.opts : { ...found.opts, transformations: [keep(prepared.late)] };
  const swarm = isSwarm(settings) && !scratch ? await provideSwarm(docker, settings) : undefined;
  return { opts, engine, prepared: { ...prepared, ...(swarm && { swarm: { ...swarm, manager } }) } };
}
