/** Everything that is checked, or done, before a program registers its first resource. */

import * as pulumi from '@pulumi/pulumi';
import { connect } from '../docker/client.ts';
import type { Settings } from '../settings/parse.ts';
import { backupBeforeUpgrade } from './backup.ts';
import { requireCapabilities } from './capabilities.ts';
import { claimsOf } from './claims.ts';
import { requireNoDowngrade } from './downgrade.ts';
import { bindToEngine, requireEngine } from './engine.ts';
import { requireNames } from './names.ts';
import { sharingOf } from './neighbours.ts';
import { requireNetwork } from './network.ts';

export { type Claim, requireNames } from './names.ts';
export { requireNetwork } from './network.ts';

/**
 * Checks in this order: the engine answers, no name conflicts, nothing else uses the data or answers to a name, an external network exists, no
 * server goes back to an older release, containers start on the engine, it is the stack's; then makes a backup when the web UI gets another image.
 *
 * @returns options for the components: the provider for the stack's engine.
 * @throws pulumi.RunError with what is wrong and what to do. Nothing was created or changed then.
 */
export async function preflight(
  settings: Settings,
  { scratch = false } = {},
): Promise<pulumi.ComponentResourceOptions> {
  const { endpoint, opts } = await requireEngine(settings.host);
  const docker = connect(endpoint);
  const project = pulumi.getProject();
  const [present] = await Promise.all([
    requireNames(claimsOf(settings, project), docker, { scratch, sharing: sharingOf(settings, project) }),
    requireNetwork(settings.network, opts),
  ]);
  requireNoDowngrade(settings.valkey, present);
  await requireCapabilities(docker, settings, present);
  await bindToEngine(settings.host);
  await backupBeforeUpgrade(docker, settings, present);
  return opts;
}
