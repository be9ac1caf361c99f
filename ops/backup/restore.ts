/** Replaces a stack's data: by an archive's, or by what an earlier restore has kept. */

import { RemoteError, UserError } from '../../core/errors.mjs';
import { RESTORING } from '../../core/restore.ts';
import { waitUntilHealthy } from '../../docker/health.ts';
import { inspectContainer } from '../../docker/inspect.ts';
import type { Commands } from '../../settings/origin.ts';
import { readStack, type Stack, withTasks } from '../outputs.ts';
import { pulumiOn, type Workspace } from '../pulumi.ts';
import { withPage } from '../relay.ts';
import { verify } from '../verify/verify.ts';
import { needsPassphrase, readArchive } from './archive.ts';
import { exchange, forget, look, settle, stage, start, takeKept, Unfinished } from './exchange.ts';
import { archivedOf, bytesOf, countsOf, entryOf, remarks, requireFit } from './fit.ts';
import { countText } from './format.ts';
import { type Helper, haveData, withHelper } from './helper/helper.ts';
import type { Manifest } from './manifest.ts';
import type { Source } from './part.ts';
import { databaseCounts } from './parts/database.ts';
import { serversOf } from './parts/index.ts';
import { presentCounts } from './parts/webui.ts';
import { helperFor, sourceOf } from './source.ts';

/** An older release's database is migrated at the first start, which takes the longer the more chats there are. */
const READY_SECONDS = 600;

/** How a restore speaks with people. */
export interface Dialogue {
  say(line: string): void;
  confirm(question: string): Promise<boolean>;
  meter(what: string): { show: (done: number, total: number) => void; end: () => void };
}

/** An archive that was read to its end. */
export interface Checked {
  file: string;
  manifest: Manifest;
  passphrase: string | undefined;
}

/** A stack whose volumes a restore holds. */
export interface Session {
  stack: Stack;
  source: Source;
  helper: Helper;
  /** Whether the program names another image by now, so that `pulumi up` has to start the servers. */
  imageChanged: boolean;
  dialogue: Dialogue;
}

/** What was put in place. */
export interface Restored {
  /** In words. */
  what: string;
  /** What could not be proved, and why; absent when all was proved. */
  notProved?: { text: string; next: string | undefined } | undefined;
}

/**
 * Reads an archive to its end. Done first of all: most of what can be wrong is wrong with the file.
 *
 * @param askPassphrase is called for an encrypted archive.
 * @throws UserError that says why it cannot be used.
 */
export async function checkArchive(
  file: string,
  askPassphrase: () => Promise<string>,
  { meter }: Pick<Dialogue, 'meter'>,
): Promise<Checked> {
  const passphrase = (await needsPassphrase(file)) ? await askPassphrase() : undefined;
  const { show, end } = meter(`checking ${file}`);
  let done = 0;
  const take = async (chunk: Uint8Array) => {
    done += chunk.length;
    show(done, 0);
  };
  return { file, manifest: await readArchive(file, { passphrase, take }).finally(end), passphrase };
}

/**
 * Holds the volumes of a stack for a restore. What an earlier one has left is settled first.
 *
 * @param image of the helper, and what the program names. Default: that of the web UI's container.
 * @param update whether the program names another one, where that is not known. Default: false
 * @param work  gets what was settled, in words.
 * @throws UserError when another command works on the volumes.
 */
export async function withRestore<Result>(
  stack: Stack,
  { image, update = false, dialogue }: { image?: string | undefined; update?: boolean; dialogue: Dialogue },
  work: (session: Session, settled: string | undefined) => Promise<Result>,
): Promise<Result> {
  const source = sourceOf(stack);
  const { container } = source.servers.webui;
  const webui = await inspectContainer(source.docker, container);
  const chosen = image ?? webui?.Image;
  if (!chosen) throw new UserError(`there is no container ${container}`, source.commands.up);
  const imageChanged = update || (webui !== undefined && image !== undefined && image !== webui.Config.Image);
  return withHelper({ ...helperFor(source), operation: 'restore', image: chosen }, async (helper) => {
    const settled = await settle(helper, source);
    return work({ stack, source, helper, imageChanged, dialogue }, settled);
  });
}

/**
 * Completes or undoes what a killed restore has left. Does nothing for a stack that is not deployed.
 *
 * @param image an image of the web UI that the engine has. Default: that of the container.
 * @returns what was done, in words; undefined when there was nothing to do.
 * @throws UserError when it cannot.
 */
export async function settleRestore(workspace: Workspace, image?: string): Promise<string | undefined> {
  const stack = await readStack(workspace).catch(() => undefined);
  if (!stack || !(await haveData(helperFor(sourceOf(stack))))) return undefined;
  const silent: Dialogue = {
    say: () => {},
    confirm: async () => false,
    meter: () => ({ show: () => {}, end: () => {} }),
  };
  try {
    return await withRestore(stack, { image, dialogue: silent }, async (_, settled) => settled);
  } catch (error) {
    const { message, next } = error as UserError;
    throw new UserError(`an earlier restore could not be completed: ${message}`, next);
  }
}

/**
 * Proves what can be proved: the users are those of the backup, with their passwords, so perhaps no known password works.
 *
 * @throws RemoteError with the check that fails.
 */
async function prove(stack: Stack, { verify: again }: Commands): Promise<Restored['notProved']> {
  const results = await withPage(stack, (reachable) => verify(reachable));
  const failed = results.find(({ ok, notProved }) => !ok && !notProved);
  if (failed) {
    throw new RemoteError(`the stack does not work with this data: ${failed.detail}`, {
      next: failed.next ?? again,
    });
  }
  const { ok, detail, notProved, next } = results.find((result) => result.notProved) ?? {};
  return notProved ? { text: ok ? notProved : `${notProved}: ${detail}`, next } : undefined;
}

/** Starts the servers that were stopped; by `pulumi up` where the program names another image by now. */
async function startAgain({ stack, source, imageChanged }: Session): Promise<void> {
  const { docker } = source;
  const servers = serversOf(source);
  if (!imageChanged) {
    await start(source);
    const containers = servers.filter(({ service }) => service === undefined).toReversed();
    for (const { container } of containers) await waitUntilHealthy(docker, container, READY_SECONDS);
    return;
  }
  await start(source, 'webui');
  const { workspace } = stack.pulumi;
  const marked = pulumiOn({ ...workspace, env: { ...workspace.env, [RESTORING]: 'true' } });
  const code = await marked.attached(['up', '--yes', '--skip-preview']);
  if (code !== 0) throw new RemoteError(`pulumi up exited with ${code}; see its output above`);
}

/** @throws UserError when the data of before is back. @throws Unfinished when it is not. */
async function replace(session: Session, what: string): Promise<Restored> {
  const { helper, source, stack, dialogue } = session;
  let notProved: Restored['notProved'];
  // What was begun is finished, one way or the other.
  const hold = () => dialogue.say('… the data is being swapped; this finishes by itself in a moment');
  process.on('SIGINT', hold).on('SIGTERM', hold);
  try {
    dialogue.say('… stopping the web UI and Valkey, swapping the data, starting them, verifying');
    await exchange(helper, source, {
      started: () => startAgain(session),
      proved: async () => {
        // Those of a service are others by now.
        notProved = await prove(await withTasks(stack), source.commands);
      },
    });
  } catch (error) {
    if (error instanceof Unfinished) throw error;
    const { message, next } = error as UserError;
    throw new UserError(`${message}. The previous data is back`, next ?? source.commands.verify);
  } finally {
    process.off('SIGINT', hold).off('SIGTERM', hold);
  }
  return { what, notProved };
}

async function requireConsent({ dialogue }: Session, question: string): Promise<void> {
  if (!(await dialogue.confirm(question))) throw new UserError('nothing was changed', 'add --yes to do it');
}

/**
 * Replaces a stack's data with that of an archive, and keeps the old data.
 *
 * @throws UserError when it does not fit the stack, when it is refused, or when it does not work: then the old data is back.
 */
export async function restoreArchive(session: Session, { file, manifest, passphrase }: Checked): Promise<Restored> {
  const { helper, source, dialogue } = session;
  const present = await look(helper);
  const owners = await requireFit(helper, source, manifest, present);
  const { version } = entryOf(manifest, 'webui');
  const facts = countsOf(manifest);
  const counts = source.servers.database ? await databaseCounts(source) : await presentCounts(helper);
  dialogue.say(`In the stack   ${countText(counts)}; ${present.kept ? 'and what the last restore kept, which this one removes' : 'this will be kept'}
In the backup  ${countText(facts)}, of ${manifest.created}, Open WebUI ${version ?? '(release not known)'}`);
  for (const remark of await remarks(manifest, source)) dialogue.say(`! ${remark}`);
  await requireConsent(session, `Replace the data of ${source.owner.stack}?`);
  const { show, end } = dialogue.meter('unpacking next to the current data');
  const total = bytesOf(manifest);
  let done = 0;
  const progress = (bytes: number) => {
    done += bytes;
    show(done, total);
  };
  await stage(helper, file, { passphrase, owners, archived: archivedOf(manifest), progress }).finally(end);
  return replace(session, `The backup of ${manifest.created} (${countText(facts)})`);
}

/** Whether an earlier restore has kept what was there before it. */
export const hasKept = async ({ helper }: Session): Promise<boolean> => (await look(helper)).kept;

/** Brings back what was there before the last restore, and keeps the present data. @throws UserError as {@link restoreArchive}. */
export async function restoreKept(session: Session): Promise<Restored> {
  if (!(await hasKept(session)))
    throw new UserError(
      'no restore has kept anything in this stack',
      `${session.source.commands.restore('FILE')} takes a backup`,
    );
  await requireConsent(session, `Bring back what was in ${session.source.owner.stack} before the last restore?`);
  await takeKept(session.helper);
  return replace(session, 'What was there before the last restore');
}

/** Removes what the last restore has kept. */
export async function forgetKept({ helper }: Session): Promise<void> {
  await forget(helper);
}
