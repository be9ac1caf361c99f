import { join } from 'node:path';
import { UserError } from '../../system/console.mjs';
import { capture, which } from '../../system/exec.mjs';
import { recall } from './verified.mjs';

const read = new Map();

/** What a stack needs of its engine, by the program's own reading of its settings: `{ engine, images }`. */
export async function needsOf(stack, env, root) {
  // Several steps ask.
  if (!read.has(stack)) read.set(stack, await needs(stack, env, root));
  return read.get(stack);
}

async function needs(stack, env, root) {
  const noted = recall(root, stack)?.needs;
  if (noted) return noted;
  const script = join(root, 'settings', 'needs.ts');
  const { code, stdout, stderr } = await capture(which('node', env.PATH), [script, stack], { env, cwd: root });
  if (code !== 0) throw new UserError(stderr.trim());
  return JSON.parse(stdout);
}
