/**
 * From a bare machine to a working `pulumi up`. Needs Node.js 18 or newer and nothing else: what is missing is found, fetched or
 * built, and kept outside the checkout.
 */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { takeOptions } from '../system/args.mjs';
import { cached } from '../system/cache.mjs';
import { say, step, UserError } from '../system/console.mjs';
import { attached, which } from '../system/exec.mjs';
import { deploy } from './steps/deploy.mjs';
import { downCommand } from './steps/down.mjs';
import { engineStep, tunnel } from './steps/engine.mjs';
import { faultsCommand } from './steps/faults.mjs';
import { imagesStep } from './steps/images.mjs';
import { needsOf } from './steps/needs.mjs';
import { nodeStep } from './steps/node.mjs';
import { packagesStep } from './steps/packages.mjs';
import { pulumiStep } from './steps/pulumi.mjs';
import { guarded, interrupted, recover } from './steps/recover.mjs';
import { hasState, rememberedStack, rememberStack, requireStackFile, stateStep, withoutSalt } from './steps/state.mjs';
import { asItWas } from './steps/steady.mjs';
import { testCommand } from './steps/test.mjs';
import { recall, remember } from './steps/verified.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What the commands share; the steps add to PATH and tell Pulumi where its state is. */
const env = {
  // Node.js compiles Pulumi's SDK once instead of in each run.
  NODE_COMPILE_CACHE: cached('node-compile'),
  ...process.env,
};

const tools = async (stack) => {
  await step('Node.js', (progress) => nodeStep(env, progress));
  await step('npm packages', (progress) => packagesStep(env, progress, root));
  await step('Pulumi', (progress) => pulumiStep(env, progress, root));
  await step('Docker engine', async (progress) => engineStep(env, progress, await engineOf(stack)));
};

/** The engine that a stack's file names. */
const engineOf = async (stack) => (stack ? { stack, engine: (await needsOf(stack, env, root)).engine } : {});

/** Makes the images present and returns the stack that is meant, with what else it needs of the engine. */
async function images(asked) {
  let chosen;
  await step('images', async (progress) => {
    chosen = await imagesStep(env, progress, root, { stack: asked, remembered: rememberedStack(root) });
    return chosen.text;
  });
  return chosen;
}

async function state(stack, image) {
  let found;
  await step('state', async (progress) => {
    found = await stateStep(env, progress, root, stack);
    // Half of a backup's data must not be started; and Pulumi is to find running what ran before.
    if (interrupted(root, stack) && (await operation('restore', stack, '--settle', '--image', image)) !== 0)
      throw new UserError('An earlier restore could not be brought to its end: see above.');
    const recovered = await recover(env, progress, root, stack, found);
    return recovered ? `${found.text}; ${recovered}` : found.text;
  });
  return found;
}

function named(asked) {
  const stack = asked ?? rememberedStack(root);
  if (!stack)
    throw new UserError('Which stack? Nothing was deployed from this checkout by npm run up; add -- --stack NAME');
  requireStackFile(root, stack);
  return stack;
}

/** For the commands that need a deployed stack, without making anything. */
async function existing(asked, { create = false } = {}) {
  const stack = named(asked);
  const found = await stateStep(env, () => {}, root, stack, { create });
  return { stack, ...found };
}

const pulumi = (...args) => attached(which('pulumi', env.PATH), args, { env, cwd: root });
const operation = (name, stack, ...args) =>
  attached(which('node', env.PATH), [join(root, 'ops', `${name}.ts`), '--stack', stack, ...args], { env, cwd: root });
const verify = (stack, ...args) => operation('verify', stack, ...args);

async function up({ stack: asked }) {
  if (asked) requireStackFile(root, asked);
  await tools(asked ?? rememberedStack(root));
  const { stack, needs } = await images(asked);
  const unchanged = recall(root, stack) !== undefined;
  const { embedded } = await state(stack, needs.images[1]);
  if (!asked) rememberStack(root, stack);
  const tidy = () => embedded && withoutSalt(root, stack);
  const { url, adminEmail } =
    (unchanged && (await asItWas(env, root, stack, tidy))) || (await deploy(env, root, stack, tidy));
  remember(root, stack, needs);
  const only = asked ? ` -- --stack ${stack}` : '';
  const way = tunnel(needs.engine, url);
  say(`
Open WebUI is at   ${url}${way ? ` of that host; from here with\n                   ${way}` : ''}
Sign in as         ${adminEmail}
with the password  npm run --silent pulumi -- stack output adminPassword --show-secrets --stack ${stack}
Check it again     npm run verify${only}
Remove it          npm run down${only}`);
  return 0;
}

async function setup() {
  const before = env.PATH;
  await tools();
  await images();
  const added = env.PATH.slice(0, env.PATH.length - before.length);
  say(
    added
      ? `\nFor pulumi in this shell:\n  export PATH="${added}$PATH"`
      : '\npulumi up and pulumi preview work as they are.',
  );
  return 0;
}

/** Runs work with all tools; with the engine of the stack, unless any will do. */
async function quietly(asked, work, { anyEngine = false } = {}) {
  // These print for programs as well; only what goes wrong is told.
  const silent = () => {};
  const stack = asked ?? rememberedStack(root);
  if (stack) requireStackFile(root, stack);
  await nodeStep(env, silent);
  await packagesStep(env, silent, root);
  await pulumiStep(env, silent, root);
  await engineStep(env, silent, await engineOf(anyEngine ? undefined : stack));
  return work();
}

const commands = {
  setup,
  up,
  verify: ({ stack: asked, json }) =>
    quietly(asked, async () => {
      const { stack } = await existing(asked);
      return verify(stack, ...(json ? ['--json'] : []));
    }),
  drift: ({ stack: asked, json }) =>
    quietly(asked, async () => {
      const { stack, embedded } = await existing(asked);
      const code = await operation('drift', stack, ...(json ? ['--json'] : []));
      if (embedded) withoutSalt(root, stack);
      return code;
    }),
  preview: (_, args) => {
    const { values, rest } = takeOptions(args, {
      stack: { type: 'string', short: 's' },
      markdown: { type: 'boolean' },
    });
    const show = async () => {
      // A report on a change leaves nothing behind, not even an empty stack.
      if (values.markdown && !(await hasState(env, root, named(values.stack))))
        return operation('preview', named(values.stack), '--no-state', '--', ...rest);
      const { stack, embedded } = await existing(values.stack, { create: true });
      const code = values.markdown
        ? await operation('preview', stack, '--', ...rest)
        : await pulumi('preview', '--policy-pack', 'policy', '--stack', stack, ...rest);
      if (embedded) withoutSalt(root, stack);
      return code;
    };
    // The plugin asks for an engine, but nothing of it; that of production need not be reached for a review.
    return quietly(values.stack, show, { anyEngine: true });
  },
  rotate: ({ stack: asked, secret }) =>
    quietly(asked, async () => {
      const { stack, embedded } = await existing(asked);
      const code = await guarded(env, root, stack, () =>
        operation('rotate', stack, ...(secret ? ['--secret', secret] : [])),
      );
      if (embedded) withoutSalt(root, stack);
      return code;
    }),
  backup: (_, args) => {
    const { values, rest } = takeOptions(args, { stack: { type: 'string', short: 's' } });
    return quietly(values.stack, async () => {
      const { stack } = await existing(values.stack);
      return operation('backup', stack, ...rest);
    });
  },
  restore: (_, args) => {
    const { values, rest } = takeOptions(args, { stack: { type: 'string', short: 's' } });
    return quietly(values.stack, async () => {
      const { stack, embedded } = await existing(values.stack);
      const { images } = await needsOf(stack, env, root);
      const work = () => operation('restore', stack, '--image', images[1], ...rest);
      // What an earlier update has left is still to be done, and its note of what was there before still holds. An end with 1: the restore
      // was refused, or has undone itself.
      const code = interrupted(root, stack)
        ? await work()
        : await guarded(env, root, stack, work, (ended) => ended <= 1);
      if (embedded) withoutSalt(root, stack);
      return code;
    });
  },
  down: ({ stack: asked, volumes }) =>
    quietly(asked, async () => {
      const { stack, embedded } = await existing(asked);
      const code = await guarded(env, root, stack, () => downCommand(env, root, stack, { volumes }));
      if (embedded) withoutSalt(root, stack);
      return code;
    }),
  pulumi: (_, rest) => {
    const at = rest.indexOf('--stack');
    const asked = at < 0 ? undefined : rest[at + 1];
    return quietly(asked, async () => {
      const { stack, embedded } = await existing(asked, { create: true });
      const code = await pulumi(...rest);
      if (embedded) withoutSalt(root, stack);
      return code;
    });
  },
  'new-stack': async (_, rest) => {
    await nodeStep(env, () => {});
    await packagesStep(env, () => {}, root);
    return attached(which('node', env.PATH), [join(root, 'settings', 'newStack.ts'), ...rest], { env, cwd: root });
  },
  bench: async (_, rest) => {
    await tools();
    await images('local');
    return attached(which('node', env.PATH), [join(root, 'bench', 'run.ts'), ...rest], { env, cwd: root });
  },
  'test-faults': async (_, rest) => {
    await tools();
    await images('local');
    return faultsCommand(env, root, rest);
  },
  test: async (_, rest) => {
    await tools();
    await images('local');
    return testCommand(env, root, rest);
  },
};

const [name, ...rest] = process.argv.slice(2);
try {
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : undefined;
  if (!command) throw new UserError(`usage: npm run ${Object.keys(commands).join(' | ')}`);
  const free = ['preview', 'backup', 'restore', 'pulumi', 'new-stack', 'bench', 'test', 'test-faults'].includes(name);
  const options = {
    stack: { type: 'string' },
    json: { type: 'boolean' },
    volumes: { type: 'boolean' },
    secret: { type: 'string' },
  };
  const { values } = free ? { values: {} } : parseArgs({ args: rest, options });
  process.exitCode = await command(values, rest);
} catch (error) {
  say(error instanceof UserError || error.code?.startsWith('ERR_PARSE_ARGS') ? `\n✘ ${error.message}` : error.stack);
  process.exitCode = 1;
}
