/** The command line: `node cli/main.ts COMMAND [ARGUMENTS]`. The only file that runs when it is imported. */

import { realpathSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeError, UserError } from '../core/errors.mjs';
import { withLongStack } from '../system/args.mjs';
import { cached } from '../system/cache.mjs';
import { say } from '../system/console.mjs';
import { which } from '../system/exec.mjs';
import type { Command, Context } from './command.ts';

/** Each is loaded only when it is called: some of them load what takes as long as their work. */
const commands: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  setup: () => import('./setup.ts'),
  up: () => import('./up.ts'),
  verify: () => import('./verify.ts'),
  drift: () => import('./drift.ts'),
  preview: () => import('./preview.ts'),
  rotate: () => import('./rotate.ts'),
  backup: () => import('./backup.ts'),
  restore: () => import('./restore.ts'),
  'move-database': () => import('./moveDatabase.ts'),
  'move-files': () => import('./moveFiles.ts'),
  down: () => import('./down.ts'),
  'new-stack': () => import('./newStack.ts'),
  pulumi: () => import('./pulumi.ts'),
  docs: () => import('./docs.ts'),
  package: () => import('./package.ts'),
  'release-check': () => import('./releaseCheck.ts'),
  test: () => import('./test.ts'),
  'test-faults': () => import('./testFaults.ts'),
  'test-languages': () => import('./testLanguages.ts'),
  'test-swarm': () => import('./testSwarm.ts'),
  bench: () => import('./bench.ts'),
  ci: () => import('./ci.ts'),
};

/** Commands whose arguments go to another program as they are. */
const OF_OTHERS = ['pulumi', 'test', 'test-faults', 'test-languages', 'test-swarm', 'bench', 'ci'];

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where Go's own installer puts it, which only some shells have on PATH. */
const GO = '/usr/local/go/bin';

/** The environment with this Node.js first on PATH, as Pulumi starts programs with the one that it finds there, and with Go where it is installed. */
function environment(): NodeJS.ProcessEnv {
  const { PATH: given = '', ...env } = process.env;
  const PATH = which('go', given) ? given : given + delimiter + GO;
  const present = which('node', PATH);
  const own = present !== undefined && realpathSync(present) === realpathSync(process.execPath);
  return {
    // Node.js compiles Pulumi's SDK once instead of in each run.
    NODE_COMPILE_CACHE: cached('node-compile'),
    ...env,
    PATH: own ? PATH : dirname(process.execPath) + delimiter + PATH,
  };
}

async function help(): Promise<void> {
  for (const load of Object.values(commands)) {
    const { summary, usage } = (await load()).command;
    console.log(`${usage}\n    ${summary}`);
  }
}

async function run([name = '', ...args]: string[], context: Context): Promise<number> {
  if (name === 'help') {
    await help();
    return 0;
  }
  const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!load) throw new UserError(`usage: npm run ${Object.keys(commands).join(' | ')}`);
  const { command } = await load();
  if (args.length === 1 && args[0] === '--help' && name !== 'pulumi') {
    console.log(`${command.usage}\n    ${command.summary}`);
    return 0;
  }
  return command.run(OF_OTHERS.includes(name) ? args : withLongStack(args), context);
}

try {
  process.exitCode = await run(process.argv.slice(2), { root, env: environment() });
} catch (error) {
  say(describeError(error));
  process.exitCode = 1;
}
