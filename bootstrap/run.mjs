/**
 * From a bare machine to `cli/main.ts`. Needs Node.js 18 or newer and nothing else: a recent Node.js and the npm packages are found or
 * fetched, and the command line takes over.
 */

import nodeModule from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeError } from '../core/errors.mjs';
import { cached } from '../system/cache.mjs';
import { quietly, say, step } from '../system/console.mjs';
import { attached } from '../system/exec.mjs';
import { provideNode } from './node.mjs';
import { providePackages } from './packages.mjs';

/** Commands that show each step. What the others print may be read by programs. */
const SHOWN = ['up', 'setup', 'test', 'test-faults', 'bench'];

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'cli', 'main.ts');

async function run() {
  const [name = '', ...args] = process.argv.slice(2);
  const show = SHOWN.includes(name) ? step : quietly;
  // Node.js compiles the packages once instead of at each start.
  nodeModule.enableCompileCache?.(cached('node-compile'));
  const node = await show('Node.js', (progress) => provideNode(process.env, progress));
  await show('npm packages', (progress) => providePackages(node.env, progress, root));
  if (node.program === process.execPath) await import('../cli/main.ts');
  else process.exitCode = await attached(node.program, [main, name, ...args], { env: node.env, cwd: root });
}

try {
  await run();
} catch (error) {
  say(describeError(error));
  process.exitCode = 1;
}
