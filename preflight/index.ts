/** Everything that is checked, or done, before a program registers its first resource. */

import * as pulumi from '@pulumi/pulumi';
import type { EngineId } from '../core/endpoint.ts';
import { CONTAINER } from '../core/resourceTypes.ts';
import { inspect } from '../docker/inspect.ts';
import { inventory } from '../docker/inventory.ts';
import { INIT_ERROR } from '../platform/docker/containers.ts';
import type { Settings } from '../settings/parse.ts';
import { replacedNetworks, requireAddresses } from './addresses.ts';
import { type Prepared, prepareData } from './backup.ts';
import { requireCapabilities } from './capabilities.ts';
import { claimsOf } from './claims.ts';
import { requireNoDowngrade } from './downgrade.ts';
import { bindToEngine, requireEngine } from './engine.ts';
import { requireNames } from './names.ts';
import { sharingOf } from './neighbours.ts';
import { requireFurtherNetworks, requireNetwork } from './network.ts';
import { warnOfPanel } from './panel.ts';
import { requirePorts } from './ports.ts';
import { requireRequests } from './requests.ts';

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

const imagesOf = ({ webui, valkey }: Settings): string[] => [webui.image, valkey.image];

/**
 * Checks in this order: the engine answers, ports are free, no name conflicts, nothing else uses the data or answers to a name, networks of others
 * exist, addresses can be had, no server goes back to an older release, containers start on the engine and get there what they ask for,
 * it is the stack's; then prepares the data: a backup when another
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
  if (!scratch) await requirePorts({ webui: settings.webui, valkey: settings.valkey }, look, endpoint);
  const project = pulumi.getProject();
  const [present] = await Promise.all([
    replacedNetworks(look, settings).then((replaced) =>
      requireNames(claimsOf(settings, project), look, { scratch, sharing: sharingOf(settings, project), replaced }),
    ),
    requireNetwork(settings.network, found.opts),
    requireFurtherNetworks(settings, found.opts),
    // A preview without a state looks at the engine of another machine.
    scratch ? undefined : requireAddresses(look, settings),
  ]);
  requireNoDowngrade(settings.valkey, present);
  await requireCapabilities(look, settings, present);
  // A preview without a state looks at the engine of another machine.
  if (!scratch) await requireRequests(look, settings, present);
  const [engine] = await Promise.all([
    bindToEngine(settings.host, found),
    // Encrypted settings have other values there.
    scratch ? undefined : warnOfPanel(look, settings, present),
  ]);
  const prepared = await prepareData({ docker, look }, settings, present, { scratch });
  const opts = prepared.late === undefined ? found.opts : { ...found.opts, transformations: [keep(prepared.late)] };
  return { opts, engine, prepared };
}
