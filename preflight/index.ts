/** Everything that is checked, or done, before a program registers its first resource. */

import * as pulumi from '@pulumi/pulumi';
import type { EngineId } from '../core/endpoint.ts';
import type { Settings } from '../settings/parse.ts';
import { backupBeforeUpgrade } from './backup.ts';
import { claimsOf } from './claims.ts';
import { requireNoDowngrade } from './downgrade.ts';
import { bindToEngine, requireEngine } from './engine.ts';
import { requireNames } from './names.ts';
import { requireNetwork } from './network.ts';

export { type Claim, requireNames } from './names.ts';
export { requireNetwork } from './network.ts';

/**
 * Checks in this order: the engine answers, no name conflicts, an external network exists, no server goes back to an older release, the engine
 * is the stack's; then makes a backup when the web UI gets another image.
 *
 * @returns options for the components, with the provider for the stack's engine; and that engine, as far as it answers.
 * @throws pulumi.RunError with what is wrong and what to do. Nothing was created or changed then.
 */
export async function preflight(
  settings: Settings,
  { scratch = false } = {},
): Promise<{ opts: pulumi.ComponentResourceOptions; engine: EngineId | undefined }> {
  const found = await requireEngine(settings.host);
  const { docker, opts } = found;
  const [present] = await Promise.all([
    requireNames(claimsOf(settings, pulumi.getProject()), docker, { scratch }),
    requireNetwork(settings.network, opts),
  ]);
  requireNoDowngrade(settings.valkey, present);
  const engine = await bindToEngine(settings.host, found);
  await backupBeforeUpgrade(docker, settings, present);
  return { opts, engine };
}
