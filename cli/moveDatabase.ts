/** `npm run move-database`: moves a stack from SQLite and Chroma to Postgres and pgvector. */

import { statSync } from 'node:fs';
import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type RemoteError, UserError } from '../core/errors.mjs';
import { MOVING } from '../core/move.ts';
import { NotDeployed } from '../core/notDeployed.ts';
import { deploysPostgres } from '../core/postgres.ts';
import { storageText } from '../core/storage.ts';
import { waitUntilHealthy } from '../docker/health.ts';
import { backupFolder, passphraseOfEnvironment, requireLasting } from '../ops/backup/environment.ts';
import { sizeText } from '../ops/backup/format.ts';
import { take } from '../ops/backup/take.ts';
import { notThere, type Plan, requireMovable, variablesOf } from '../ops/moveDatabase/movable.ts';
import { type Moved, type MoverOptions, withMover } from '../ops/moveDatabase/mover.ts';
import { movedText, progressText, remarks, wayBack } from '../ops/moveDatabase/report.ts';
import { requireEmpty, TARGETS, targetOf } from '../ops/moveDatabase/target.ts';
import { readStack, type Stack } from '../ops/outputs.ts';
import { preview } from '../ops/preview/preview.ts';
import { pulumiOn } from '../ops/pulumi.ts';
import type { Settings } from '../settings/parse.ts';
import { say, step } from '../system/console.mjs';
import { chooseStack } from './chooseStack.ts';
import type { Command, Context } from './command.ts';
import { deploy } from './deploy.ts';
import { exclusively } from './exclusive.ts';
import { finishEarlier } from './finishEarlier.ts';
import { shortName } from './paths.ts';
import { askPulumi, parseEntries } from './pulumiSettings.ts';
import { withMarker } from './recover.ts';
import { nameStack, type OpenStack, openStack, prepareStack } from './workspace.ts';

/** How long the old web UI may take when it has to serve again. */
const READY_SECONDS = 300;

/** A stack that is being moved. */
interface Move {
  opened: OpenStack;
  stack: Stack;
  settings: Settings;
  plan: Plan;
}

/** The stack as `pulumi` is run on it while SQLite has the data still. */
const moving = (opened: OpenStack): OpenStack => ({ ...opened, env: { ...opened.env, [MOVING]: 'true' } });

/** Every check of an update, on the stack as it is to become. @throws UserError with the first that fails. */
async function requireDeployable(opened: OpenStack): Promise<void> {
  const { code, errors, violations } = await preview(moving(opened), []);
  opened.tidy();
  const [first] = [...errors, ...violations.filter(({ mandatory }) => mandatory).map(({ message }) => message)];
  if (code !== 0 || first !== undefined)
    throw new UserError(
      `the stack could not be deployed with Postgres: ${first?.trim() ?? `pulumi preview ended with ${code}`}`,
    );
}

/** What the program needs that moves the data. */
const optionsOf = async ({ stack, settings, plan }: Omit<Move, 'opened'>): Promise<MoverOptions> => ({
  ...{ source: plan.source, image: plan.image, memory: settings.webui.memory },
  ...{ target: await targetOf(stack, settings), env: variablesOf(settings) },
});

async function check({ opened, stack, settings }: Omit<Move, 'plan'>, wantsVectors: boolean): Promise<Move> {
  const { result } = await step('check', async (progress) => {
    progress('looking at the data');
    const plan = await requireMovable(stack, settings, { wantsVectors });
    progress('previewing the stack with Postgres');
    await requireDeployable(opened);
    // One that is to be deployed is looked at when it is there.
    if (!plan.isMoved && !deploysPostgres(settings.database)) {
      progress('looking at the Postgres');
      await withMover(await optionsOf({ stack, settings, plan }), async (mover) =>
        requireEmpty(await mover.target(), settings),
      );
    }
    const { users, needed, free } = plan.old;
    const text = `${users === 1 ? 'one user' : `${users} users`}; takes ${sizeText(needed)} of ${sizeText(free)} on the engine's disk`;
    return { text, result: { opened, stack, settings, plan } };
  });
  for (const remark of result.plan.remarks) say(`! ${remark}`);
  return result;
}

/** @returns the file. @throws UserError in a pipeline in which it would not last. */
async function backup({ opened, plan }: Move): Promise<string> {
  const { root, env } = opened;
  requireLasting(env, root);
  const { file } = await step('backup', async (progress) => {
    const show = (done: number, total: number) => progress(`${sizeText(done)} of ${sizeText(Math.max(done, total))}`);
    const options = { to: backupFolder({ root, env }), passphrase: passphraseOfEnvironment(env), image: plan.image };
    const { file, manifest } = await take(plan.source, { ...options, progress: show });
    const notes = manifest.warnings.map((warning) => `; ${warning}`).join('');
    return { file, text: `${relative(root, file)}, ${sizeText(statSync(file).size)}${notes}` };
  });
  return file;
}

/** Deploys Postgres and nothing else: people work on meanwhile. */
async function deployPostgres({ opened, settings }: Move): Promise<void> {
  if (!deploysPostgres(settings.database)) return;
  say(`\npulumi up --stack ${opened.stack}, Postgres only`);
  const targets = TARGETS.flatMap((pattern) => ['--target', pattern]);
  const code = await withMarker(opened, () =>
    pulumiOn(moving(opened)).attached(['up', '--yes', '--skip-preview', ...targets]),
  );
  opened.tidy();
  if (code !== 0)
    throw new UserError(
      `pulumi up exited with ${code}. See its output above. The web UI keeps running with SQLite`,
      `npm run move-database -- --stack ${opened.stack} continues from here`,
    );
  say();
}

/** Rejects on Ctrl-C and when this is to end: what was stopped has to start again. */
function interruption(): { promise: Promise<never>; end: () => void } {
  let interrupt = () => {};
  const promise = new Promise<never>((_, reject) => {
    interrupt = () => reject(new UserError('interrupted'));
  });
  promise.catch(() => {});
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  return { promise, end: () => void process.off('SIGINT', interrupt).off('SIGTERM', interrupt) };
}

/** Copies and compares, while the web UI stands still. */
async function copy(move: Move): Promise<Moved> {
  const { stack, settings, plan } = move;
  const { container } = stack.servers.webui;
  const { docker } = stack;
  const options = await optionsOf(move);
  let stopped = false;
  const interrupted = interruption();
  const work = () =>
    withMover(options, async (mover) => {
      await step('schema', async (progress) => {
        progress('making it in Postgres');
        requireEmpty(await mover.target(), settings);
        await mover.prepare();
        return { text: 'there, and empty' };
      });
      return step('copy', async (progress) => {
        progress(`stopping ${container}`);
        stopped = true;
        await docker.capture(['stop', container]);
        const show = (seen: Parameters<typeof progressText>[0]) => progress(progressText(seen));
        const moved = await Promise.race([mover.move({ withVectors: plan.withVectors, show }), interrupted.promise]);
        return { text: movedText(moved), moved };
      });
    });
  try {
    return (await work()).moved;
  } catch (error) {
    const { message, next } = error as RemoteError;
    if (stopped) {
      await docker.run(['start', container]);
      await waitUntilHealthy(docker, container, READY_SECONDS);
    }
    throw new UserError(`the data was not moved: ${message}. The web UI keeps running with SQLite`, next);
  } finally {
    interrupted.end();
  }
}

/** The servers follow their data. */
async function follow({ opened, settings }: Move): Promise<void> {
  const { stack: name } = opened;
  await deploy(opened, { isChecked: true }).catch((error: UserError | RemoteError) => {
    throw new UserError(
      `${error.message}\n  The data is in Postgres, and the old files are as they were.\n  Go on:    npm run up -- --stack ${name}\n  Go back:  ${wayBack(name, settings)}`,
    );
  });
}

async function moveDatabase(found: Omit<Move, 'plan'>, wantsVectors: boolean): Promise<number> {
  const move = await check(found, wantsVectors);
  const { plan, settings, stack } = move;
  const since = new Date();
  let moved: Moved | undefined;
  if (!plan.isMoved) {
    await backup(move);
    await deployPostgres(move);
    moved = await copy(move);
    for (const line of remarks(moved)) say(`! ${line}`);
  }
  await follow(move);
  const { name, servers } = stack;
  console.log(`
The stack ${name} has its database in Postgres${moved ? `: ${movedText(moved)}` : ''}.
Left as it was  webui.db and vector_db in the ${storageText(servers.webui)}
Go back         ${wayBack(name, settings)}
                to what was there at ${since.toISOString().slice(0, 16).replace('T', ' ')} UTC; what was written since stays in Postgres`);
  return 0;
}

async function open(context: Context, name: string, wantsVectors: boolean): Promise<number> {
  const { machine, needs } = await prepareStack(context, step, name);
  const place = { project: needs.project, stack: shortName(name) };
  return exclusively(context, place, async () => {
    const opened = await openStack(machine, name, place.project, {
      create: false,
      show: step,
      before: (stack, progress) => finishEarlier(stack, needs.images.webui, progress),
    });
    try {
      const stack = await readStack(opened);
      const entries = await askPulumi(machine, { ...place, stack: name, create: false });
      await chooseStack(machine, step, name);
      return await moveDatabase({ opened, stack, settings: parseEntries(entries, place).settings }, wantsVectors);
    } finally {
      opened.tidy();
    }
  });
}

async function run(args: readonly string[], context: Context): Promise<number> {
  const options = {
    stack: { type: 'string', short: 's' },
    'without-vectors': { type: 'boolean', default: false },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  const name = nameStack(context.root, values.stack);
  return open(context, name, !values['without-vectors']).catch((error: unknown) => {
    if (!(error instanceof NotDeployed)) throw error;
    throw notThere(`the stack ${name}`, name);
  });
}

export const command: Command = {
  summary: 'Moves the database of a stack from SQLite and Chroma to Postgres, and keeps the old files.',
  usage: 'npm run move-database [-- --stack NAME] [--without-vectors]',
  run,
};
