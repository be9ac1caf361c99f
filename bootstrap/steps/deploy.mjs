import { join } from 'node:path';
import { say, step, UserError } from '../../system/console.mjs';
import { attached, run, which } from '../../system/exec.mjs';
import { driftStep } from './drift.mjs';
import { guarded } from './recover.mjs';

/**
 * Deploys a stack, with what was changed by hand put right, and shows that it works; returns its outputs. `tidy` is called when Pulumi
 * has written what it writes.
 */
export async function deploy(env, root, stack, tidy) {
  const at = { env, cwd: root };
  const pulumi = which('pulumi', env.PATH);
  let repair = [];
  await step('drift', async (progress) => {
    const { text, options } = await driftStep(env, progress, root, stack);
    repair = options;
    return text;
  });
  say(`\npulumi up --stack ${stack}`);
  const args = ['up', '--yes', '--skip-preview', '--stack', stack, ...repair];
  const code = await guarded(env, root, stack, () => attached(pulumi, args, at));
  tidy();
  if (code !== 0)
    throw new UserError(
      `pulumi up ended with ${code}. What it says above tells why; the next npm run up goes on from here.`,
    );
  say('\nverify');
  // Half a second each, so at the same time. It can only fail where verify does, which tells why.
  const outputs = run(pulumi, ['stack', 'output', '--json', '--stack', stack], at);
  outputs.catch(() => {});
  if ((await attached(which('node', env.PATH), [join(root, 'ops', 'verify.ts'), '--stack', stack], at)) !== 0)
    throw new UserError('The deployment does not work yet: see the failed check above.');
  return JSON.parse(await outputs);
}
