/** `npm run up` where nothing has changed since the last one: Pulumi compares while the stack is inspected and proved. */

import { filtersOf } from '../core/labels.ts';
import { CONTAINER } from '../core/resourceTypes.ts';
import { pulumiOn } from '../ops/pulumi.ts';
import { say, step } from '../system/console.mjs';
import { withMarker } from './recover.ts';
import type { Whereabouts } from './whereabouts.ts';
import type { OpenStack } from './workspace.ts';

interface Seen extends Whereabouts {
  adminEmail: string;
  /** What was added by hand and stays, in words. */
  kept: readonly string[];
  /** The checks as text. */
  checks: string;
  /** Ids of the containers that were inspected; a replacement would not have been. */
  containers: readonly string[];
}

/** For the proof, during which nothing is shown; what takes longer is left to a deployment, which shows each check. */
const SECONDS = 60;

/** Compares the stack with its state and proves that it works; undefined when either does not hold. */
async function inspectStack(stack: OpenStack): Promise<Seen | undefined> {
  const pulumi = pulumiOn(stack);
  const exported = import('../ops/drift/state.ts').then(({ readState }) => readState(pulumi));
  // Loaded while Pulumi is at work.
  const [{ compare }, { stackOf, withTasks }, { withPage }, { line, verify }] = await Promise.all([
    import('../ops/drift/compare.ts'),
    import('../ops/outputs.ts'),
    import('../ops/relay.ts'),
    import('../ops/verify/verify.ts'),
  ]);
  const { resources, outputs } = await exported;
  const found = stackOf(stack, outputs);
  if (!found) return undefined;
  const deployed = await withTasks(found);
  const { differences, kept } = await compare(deployed.docker, resources);
  if (differences.length > 0) return undefined;
  const results = await withPage(deployed, (reachable) => verify(reachable, undefined, { seconds: SECONDS }));
  if (!results.every(({ ok }) => ok)) return undefined;
  return {
    ...{ url: deployed.url, adminEmail: deployed.adminEmail, servers: deployed.servers },
    kept,
    checks: results.map((result) => line(result)).join('\n'),
    containers: resources.filter(({ type }) => type === CONTAINER).flatMap(({ id }) => id ?? []),
  };
}

/** Whether containers are still there, rather than others in their place. */
async function arePresent({ docker }: OpenStack, containers: readonly string[]): Promise<boolean> {
  const { code, stdout } = await docker.capture(['ps', '--all', '--quiet', '--no-trunc']);
  const present = new Set(stdout.split('\n'));
  return code === 0 && containers.every((id) => present.has(id));
}

/**
 * Whether all servers are healthy and run what their references stand for now. Otherwise the update has to wait for one, or is an upgrade, which
 * has to be seen.
 */
async function isSettled({ docker, owner }: OpenStack, images: readonly string[]): Promise<boolean> {
  // The list has an image's id instead of its reference once that stands for another image.
  const list = await docker.run(['ps', '--all', '--format', '{{.Image}}\t{{.Status}}', ...filtersOf(owner, 'server')]);
  const servers = list.split('\n').filter(Boolean);
  return (
    servers.length === images.length &&
    servers.every((line) => {
      const [image = '', status = ''] = line.split('\t');
      return images.includes(image) && status.endsWith('(healthy)');
    })
  );
}

/** What the program says when it has refused to begin. */
const REFUSED = /Nothing was created or changed/;

/** What was seen of the stack, and what Pulumi printed; undefined when either is not as the last run has left it. */
async function look(stack: OpenStack): Promise<(Seen & { update: string }) | undefined> {
  const args = ['up', '--yes', '--skip-preview', '--color', process.stdout.isTTY ? 'always' : 'never'];
  const update = () => pulumiOn(stack).capture(args);
  const [{ code, stdout }, seen] = await Promise.all([
    withMarker(stack, update, { isFinished: (outcome) => outcome.code === 0 || REFUSED.test(outcome.all) }),
    // What fails here is reported by the deployment that follows.
    inspectStack(stack).catch(() => undefined),
  ]);
  stack.tidy();
  return code === 0 && seen && (await arePresent(stack, seen.containers)) ? { ...seen, update: stdout } : undefined;
}

/**
 * Does all that a deployment does at the same time rather than in turn.
 *
 * @param images that the stack file names.
 * @returns undefined when something has changed since the last run, of which nothing is printed: a deployment in turn has to follow.
 */
export async function confirmUnchanged(stack: OpenStack, images: readonly string[]): Promise<Seen | undefined> {
  if (!(await isSettled(stack, images).catch(() => false))) return undefined;
  const { seen } = await step('drift', async (progress) => {
    progress('comparing with the last run');
    const found = await look(stack);
    if (!found) return { text: 'something has changed since the last run', seen: found };
    return { text: ['none', ...found.kept.map((text) => `joined by hand, and kept: ${text}`)].join('; '), seen: found };
  });
  if (seen) {
    say(`\npulumi up --stack ${stack.stack}`);
    process.stdout.write(seen.update);
    say('\nverify');
    console.log(seen.checks);
  }
  return seen;
}
