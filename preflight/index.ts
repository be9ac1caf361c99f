/** Everything that is checked, or done, before a program registers its first resource. */

import * as pulumi from '@pulumi/pulumi';
import type { EngineId } from '../core/endpoint.ts';
import { deploysPostgres } from '../core/postgres.ts';
import { CONTAINER } from '../core/resourceTypes.ts';
import type { Docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import { inventory } from '../docker/inventory.ts';
import { INIT_ERROR } from '../platform/docker/containers.ts';
import type { Settings } from '../settings/parse.ts';
import { replacedNetworks, requireAddresses } from './addresses.ts';
import { type Prepared, prepareData } from './backup.ts';
import { requireCapabilities } from './capabilities.ts';
import { claimsOf } from './claims.ts';
import { requireDatabase, usersInSqlite } from './database.ts';
import { requireNoDowngrade } from './downgrade.ts';
import { bindToEngine, requireEngine } from './engine.ts';
import { requireConfiguration } from './gateway.ts';
import { requireHostPaths, wantedPaths } from './hostPaths.ts';
import { requireNames } from './names.ts';
import { sharingOf } from './neighbours.ts';
import { requireFurtherNetworks, requireNetwork } from './network.ts';
import { warnOfPanel } from './panel.ts';
import { requirePorts } from './ports.ts';
import { requireProtectedData } from './protection.ts';
import { requireRequests } from './requests.ts';
import { warnOfSessionKey } from './sessionKey.ts';

export { connect } from '../docker/client.ts';
export { type Claim, requireNames } from './names.ts';
export { requireNetwork } from './network.ts';

/** Leaves a container as it is that has become healthy after an update had given up on it. */
const keep =
  (container: string): pulumi.ResourceTransformation =>
  ({ type, props, opts }) =>
    type === CONTAINER && props['name'] === container
      ? {
          props,
          opts: { ...opts, replaceOnChanges: (opts.replaceOnChanges ?? []).filter((key) => key !== INIT_ERROR) },
        }
      : undefined;

const imagesOf = ({ webui, valkey, database, gateway }: Settings): string[] => [
  ...[webui.image, valkey.image],
  ...(deploysPostgres(database) ? [database.image] : []),
  ...(gateway.domain ? [gateway.image] : []),
];

/** Ports of the host, by the settings that have them. */
const portsOf = ({ webui, valkey, gateway }: Settings) => {
  const { http, https, address } = gateway.publish;
  const ports = gateway.tls === 'off' ? { http } : { http, https };
  return { webui, valkey, ...(gateway.domain && { gateway: { name: gateway.name, publish: { address, ports } } }) };
};

/**
 * An image of the stack that the engine has, through which paths of its host can be looked at; undefined where none is needed, or there is none and
 * this is a preview, which pulls nothing.
 */
async function imageForPaths(docker: Docker, settings: Settings): Promise<string | undefined> {
  if (wantedPaths(settings).length === 0) return undefined;
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

/**
 * Checks in this order: the engine answers, ports are free, no name conflicts, nothing else uses the data or answers to a name, networks of others
 * and paths of the host exist, addresses can be had, no server goes back to an older release, containers start on the engine and get there what they
 * ask for, the database can be used, it is the stack's, the gateway takes its configuration; then prepares the data: a backup when another
 * release of the web UI takes it over.
 *
 * @returns options for the components, with the provider for the stack's engine; that engine, as far as it answers; and what was found of images
 * and data.
 * @throws pulumi.RunError with what is wrong and what to do. Nothing was created or changed then.
 */
export async function preflight(
  settings: Settings,
  { scratch = false } = {},
): Promise<{ opts: pulumi.ComponentResourceOptions; engine: EngineId | undefined; prepared: Prepared }> {
  const found = await requireEngine(settings.host);
  const { docker, look, endpoint } = found;
  // Asked now, side by side, for all that follows.
  void Promise.allSettled([inventory(look), ...imagesOf(settings).map((image) => inspect(look, 'image', [image]))]);
  // A preview without a state looks at the engine of another machine. Before names are checked, which leaves a note in the state.
  if (!scratch) await requirePorts(portsOf(settings), look, endpoint);
  const project = pulumi.getProject();
  const image = scratch ? undefined : await imageForPaths(look, settings);
  const [present] = await Promise.all([
    replacedNetworks(look, settings).then((replaced) =>
      requireNames(claimsOf(settings, project), look, {
        scratch,
        sharing: sharingOf(settings, project, image),
        replaced,
      }),
    ),
    requireNetwork(settings.network, found.opts),
    requireFurtherNetworks(settings, found.opts),
    // A preview without a state looks at the engine of another machine.
    scratch ? undefined : requireAddresses(look, settings),
  ]);
  requireProtectedData({ valkey: settings.valkey, webui: settings.webui }, present);
  if (!scratch) await requireHostPaths(look, settings, { image, present });
  requireNoDowngrade(settings.valkey, present);
  await requireCapabilities(look, settings, present);
  // A preview without a state looks at the engine of another machine.
  if (!scratch) {
    await requireRequests(look, settings, present);
    await requireDatabase(look, settings, present, usersInSqlite(docker));
  }
  const [engine] = await Promise.all([
    bindToEngine(settings.host, found),
    // Encrypted settings have other values there.
    scratch ? undefined : warnOfPanel(look, settings, present),
    scratch ? undefined : warnOfSessionKey(settings.webui.sessionKey),
    scratch ? undefined : requireConfiguration(docker, settings),
  ]);
  const prepared = await prepareData({ docker, look }, settings, present, { scratch });
  const opts = prepared.late === undefined ? found.opts : { ...found.opts, transformations: [keep(prepared.late)] };
  return { opts, engine, prepared };
}
