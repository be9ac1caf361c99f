/** A deployment step by step: it is held against the policies, what was changed outside Pulumi is repaired, Pulumi applies the program, and the result is proved. */

import { UserError } from '../core/errors.mjs';
import { connect } from '../docker/client.ts';
import { resolveHost } from '../docker/contexts.ts';
import { startsStill } from '../ops/backup/starting.ts';
import { type Comparison, compare, type Difference } from '../ops/drift/compare.ts';
import { HEALTH } from '../ops/drift/facts.ts';
import { carryOut } from '../ops/drift/repair.ts';
import { readState } from '../ops/drift/state.ts';
import { requireSameEngine } from '../ops/engine.ts';
import { explainFailure, secretsIn } from '../ops/failure.ts';
import { readStack, type Stack } from '../ops/outputs.ts';
import { pulumiOn } from '../ops/pulumi.ts';
import { withPage } from '../ops/relay.ts';
import { line, verify } from '../ops/verify/verify.ts';
import { type Progress, say, step } from '../system/console.mjs';
import { requireEngines } from './engines.ts';
import { requirePolicies } from './policies.ts';
import { requireUnlocked } from './pulumiLock.ts';
import { withMarker } from './recover.ts';
import type { OpenStack } from './workspace.ts';

const objects = (differences: readonly Difference[]) =>
  [...new Set(differences.map(({ object }) => object))].join(', ');

function driftText({ differences, kept }: Pick<Comparison, 'differences' | 'kept'>): string {
  const foreign = differences.filter(({ byHand }) => byHand);
  const changed = differences.filter(({ what, byHand }) => what !== HEALTH && !byHand);
  const ill = differences.filter(({ what }) => what === HEALTH);
  const parts = [
    ...(changed.length > 0
      ? [`changed outside Pulumi, to be repaired: ${objects(changed)} (npm run drift shows what)`]
      : ['none']),
    ...(changed.length === 0 && ill.length > 0 ? [`but not healthy: ${objects(ill)}`] : []),
    ...(foreign.length > 0 ? [`but shared with containers of others: ${objects(foreign)}`] : []),
  ];
  return [parts.join(', '), ...kept.map((text) => `joined by hand, and kept: ${text}`)].join('; ');
}

/** Compares a stack with its engine, which is made sure to be its own. */
async function inspectDrift(stack: OpenStack) {
  const { resources, host, engine } = await readState(pulumiOn(stack));
  // The engine that the state names: the stack file may name another one by now.
  const docker = connect(resolveHost(host, `Pulumi.${stack.stack}.yaml`, stack.env), stack.env);
  await requireSameEngine(docker, stack.stack, engine);
  // The one that the program will find. It refuses another one itself, but only after the update has begun.
  if (stack.docker.endpoint.address !== docker.endpoint.address)
    await requireSameEngine(stack.docker, stack.stack, engine);
  return { docker, ...(await compare(docker, resources, { settled: true })) };
}

/** Repairs what was changed outside Pulumi before an update, which trusts its state; returns options for that update. */
async function repairDrift(stack: OpenStack, progress: Progress): Promise<{ text: string; options: string[] }> {
  progress("comparing the engine with Pulumi's state");
  const first = await inspectDrift(stack);
  const { remove, ailing } = first.repair;
  const acts = remove.length + ailing.length > 0;
  // What looks like a stand-in may be what another update creates. It is none if it was there before that update could be seen to be
  // over, and is unknown to the state afterwards.
  if (acts) await requireUnlocked(stack, { ask: true });
  const { docker, repair, ...found } = acts ? await inspectDrift(stack) : first;
  const seen = (id: string) => remove.some((one) => one.id === id);
  const sure = { ...repair, remove: repair.remove.filter(({ id }) => seen(id)) };
  const options = await carryOut(docker, sure, progress);
  // Pulumi looks at the engine before it runs the program, which knows the address.
  if (repair.refresh) await requireEngines({ ...stack, docker });
  return { text: driftText(found), options };
}

/** What the containers of a failed deployment say; nothing when all of them are well. */
async function whyNot(stack: OpenStack): Promise<string> {
  const { resources } = await readState(pulumiOn(stack));
  return explainFailure(stack.docker, stack.owner, secretsIn(resources));
}

/**
 * Deploys a stack and shows that it works.
 *
 * @param isChecked whether a preview has shown that the policies hold. Default: false
 * @throws UserError when Pulumi fails or a check does not hold; both have said why.
 */
export async function deploy(stack: OpenStack, { isChecked = false }: { isChecked?: boolean } = {}): Promise<Stack> {
  const policies = isChecked ? { options: [] } : await step('policies', (progress) => requirePolicies(stack, progress));
  const { options } = await step('drift', (progress) => repairDrift(stack, progress));
  say(`\npulumi up --stack ${stack.stack}`);
  const apply = (more: readonly string[]) =>
    pulumiOn(stack).attached(['up', '--yes', '--skip-preview', ...policies.options, ...more]);
  const update = async () => {
    const starts = () => startsStill(stack.docker, stack.owner);
    // Pulumi has noted only half of a container on which it gave up.
    const code = await apply((await starts()) ? [...new Set([...options, '--refresh'])] : options);
    if (code === 0 || !(await starts())) return code;
    say('The web UI is still starting, as it does while it migrates its database. Waiting for it:');
    return apply(['--refresh']);
  };
  const code = await withMarker(stack, update);
  stack.tidy();
  if (code !== 0) {
    const why = await whyNot(stack).catch(() => '');
    throw new UserError(
      `pulumi up exited with ${code}. See its output above${why && ' and the containers below'};  the next npm run up continues from here.${why && `\n\n${why}`}`,
    );
  }
  say('\nverify');
  const deployed = await readStack(stack);
  const results = await withPage(deployed, (reachable) => verify(reachable, (result) => console.log(line(result))));
  if (results.some(({ ok }) => !ok))
    throw new UserError('The deployment does not work yet: see the failed check above.');
  return deployed;
}
