/** `npm run up` where nothing has changed since the last one: Pulumi compares, and meanwhile it is seen that all is there and works. */

import { join } from 'node:path';
import { say, step } from '../../system/console.mjs';
import { capture, which } from '../../system/exec.mjs';
import { guarded } from './recover.mjs';

/** Whether the containers that were looked at are still there, rather than others in their place. */
async function same(containers, env) {
  const { code, stdout } = await capture('docker', ['ps', '--all', '--quiet', '--no-trunc'], { env });
  const present = new Set(stdout.split('\n'));
  return code === 0 && containers.every((id) => present.has(id));
}

/** What Pulumi says, and what was seen of the stack; undefined when either is not as it should be. */
async function look(env, root, stack, tidy) {
  const at = { env, cwd: root };
  const args = [
    'up',
    '--yes',
    '--skip-preview',
    '--color',
    process.stdout.isTTY ? 'always' : 'never',
    '--stack',
    stack,
  ];
  const [update, seen] = await Promise.all([
    guarded(
      env,
      root,
      stack,
      () => capture(which('pulumi', env.PATH), args, at),
      ({ code }) => code === 0,
    ),
    capture(which('node', env.PATH), [join(root, 'ops', 'steady.ts'), '--stack', stack], at),
  ]);
  tidy();
  if (update.code !== 0 || seen.code !== 0) return undefined;
  const found = JSON.parse(seen.stdout);
  return found.steady && (await same(found.containers, env)) ? { ...found, update: update.stdout } : undefined;
}

/**
 * Does all that a deployment does at the same time rather than in turn; returns the stack's outputs. Undefined when something is not as
 * the last run has left it, of which nothing is told: to be followed by a deployment in turn.
 */
export async function asItWas(env, root, stack, tidy) {
  let found;
  await step('drift', async (progress) => {
    progress('comparing with the last run');
    found = await look(env, root, stack, tidy);
    return found ? 'none' : 'something is not as the last run has left it';
  });
  if (found) {
    say(`\npulumi up --stack ${stack}`);
    process.stdout.write(found.update);
    say('\nverify');
    console.log(found.text);
  }
  return found;
}
