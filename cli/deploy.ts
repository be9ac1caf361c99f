/** A deployment step by step: it is held against the policies, what was changed outside Pulumi is repaired, Pulumi applies the program, and the result is proved. */

import { UserError } from '../core/errors.mjs';
import { connect } from '../docker/client.ts';
import { resolveHost } from '../docker/contexts.ts';
import { compare, type Difference } from '../ops/drift/compare.ts';
import { HEALTH } from '../ops/drift/facts.ts';
import { carryOut } from '../ops/drift/repair.ts';
import { readState } from '../ops/drift/state.ts';
import { readStack, type Stack } from '../ops/outputs.ts';
import { pulumiOn } from '../ops/pulumi.ts';
import { withPage } from '../ops/relay.ts';
import { line, verify } from '../ops/verify/verify.ts';
import { type Progress, say, step } from '../system/console.mjs';
import { requirePolicies } from './policies.ts';
import { withMarker } from './recover.ts';
import type { OpenStack } from './workspace.ts';

const objects = (differences: readonly Difference[]) =>
  [...new Set(differences.map(({ object }) => object))].join(', ');

function driftText(differences: readonly Difference[]): string {
  if (differences.length === 0) return 'none';
  const changed = differences.filter(({ what }) => what !== HEALTH);
  return changed.length > 0
    ? `changed outside Pulumi, to be repaired: ${objects(changed)} (npm run drift shows what)`
    : `none, but not healthy: ${objects(differences)}`;
}

/** Repairs what was changed outside Pulumi before an update, which trusts its state; returns options for that update. */
async function repairDrift(stack: OpenStack, progress: Progress): Promise<{ text: string; options: string[] }> {
  progress("comparing the engine with Pulumi's state");
  const { resources, host } = await readState(pulumiOn(stack));
  // The engine that the state names: the stack file may name another one by now.
  const docker = connect(resolveHost(host, `Pulumi.${stack.stack}.yaml`, stack.env), stack.env);
  const { differences, repair } = await compare(docker, resources);
  const options = await carryOut(docker, repair, progress);
  return { text: driftText(differences), options };
}

/**
 * Deploys a stack and shows that it works.
 *
 * @throws UserError when Pulumi fails or a check does not hold; both have said why.
 */
export async function deploy(stack: OpenStack): Promise<Stack> {
  const policies = await step('policies', (progress) => requirePolicies(stack, progress));
  const { options } = await step('drift', (progress) => repairDrift(stack, progress));
  say(`\npulumi up --stack ${stack.stack}`);
  const update = () => pulumiOn(stack).attached(['up', '--yes', '--skip-preview', ...policies.options, ...options]);
  const code = await withMarker(stack, update);
  stack.tidy();
  if (code !== 0)
    throw new UserError(
      `pulumi up ended with ${code}. What it says above tells why; the next npm run up continues from here.`,
    );
  say('\nverify');
  const deployed = await readStack(stack);
  const results = await withPage(deployed, (reachable) => verify(reachable, (result) => console.log(line(result))));
  if (results.some(({ ok }) => !ok))
    throw new UserError('The deployment does not work yet: see the failed check above.');
  return deployed;
}
