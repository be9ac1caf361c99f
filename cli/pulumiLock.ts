/** Pulumi's own lock on a stack: its holder, on any machine, is at work on the stack. */

import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { RemoteError, UserError } from '../core/errors.mjs';
import type { Owner } from '../core/labels.ts';
import { pulumiOn, type Workspace } from '../ops/pulumi.ts';
import { alive } from '../system/cache.mjs';
import { describeHolder, underWay } from './exclusive.ts';
import { folderOf } from './state.ts';

/** A stack with the place of its state. */
export interface Locked extends Workspace {
  owner: Owner;
  backend: string;
}

interface Lock {
  file: string;
  user: string;
  host: string;
  pid: number;
  since: string;
  /** Whether its process has ended: known for one of this machine alone. */
  dead: boolean;
}

/** Locks of a state in a folder, as Pulumi writes them; undefined for any other backend. */
function locksInFolder({ root, backend, owner }: Locked): Lock[] | undefined {
  const folder = folderOf(backend, root);
  if (folder === undefined) return undefined;
  const dir = join(folder, '.pulumi', 'locks', 'organization', owner.project, owner.stack);
  if (!existsSync(dir)) return [];
  return readdirSync(dir).flatMap((name) => {
    if (!name.endsWith('.json')) return [];
    const file = join(dir, name);
    try {
      const { pid, username, hostname: host, timestamp } = JSON.parse(readFileSync(file, 'utf8'));
      const since = new Date(timestamp).toISOString();
      return [{ file, user: username, host, pid, since, dead: host === hostname() && !alive(pid) }];
    } catch {
      return []; // released in this moment
    }
  });
}

/** What the CLI says of each lock. */
const LINE = /created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/g;
const IS_LOCKED = /currently locked by|Another update is currently in progress|\[409\]/;

/**
 * Asks a backend that is no folder: only a command that takes the lock learns who holds it. This one refreshes a note in the state, which
 * no engine knows.
 */
async function locksByCommand(target: Locked): Promise<Lock[]> {
  const only = ['--target', '**::names', '--skip-pending-creates', '--suppress-outputs'];
  const args = ['refresh', '--yes', '--skip-preview', ...only];
  const { code, all } = await pulumiOn(target).capture(args);
  if (code === 0) return [];
  if (!IS_LOCKED.test(all)) throw new RemoteError(`could not ask whether the stack is locked: ${all.trim()}`);
  const locks = [...all.matchAll(LINE)].map(([, user = '', host = '', pid, at = '']): Lock => {
    const since = new Date(at).toISOString();
    return { file: '', user, host, pid: Number(pid), since, dead: host === hostname() && !alive(Number(pid)) };
  });
  // Pulumi Cloud names no holder.
  if (locks.length === 0)
    throw new UserError(`Another update of the stack ${target.stack} is in progress. Nothing was touched here.`);
  return locks;
}

/** Locks on a stack; without `ask`, those that can be seen without a command. */
async function locksOf(target: Locked, ask: boolean): Promise<Lock[]> {
  return locksInFolder(target) ?? (ask ? locksByCommand(target) : []);
}

/**
 * Refuses a stack that another user or process is at work on.
 *
 * @param ask whether a backend that is no folder is asked by a command of a second. Call it so before anything on the engine or in the
 *   state is cleared. Default: only a folder is looked at.
 * @returns locks that processes of this machine have left behind.
 * @throws UserError with who is at it, and since when.
 */
export async function requireUnlocked(target: Locked, { ask = false } = {}): Promise<Lock[]> {
  const locks = await locksOf(target, ask);
  const living = locks.find(({ dead }) => !dead);
  if (living) throw underWay(target.stack, living);
  return locks;
}

/** Whether another process holds the lock. */
export const isLocked = (target: Locked): Promise<boolean> =>
  requireUnlocked(target, { ask: true }).then(
    () => false,
    (error: unknown) => error instanceof UserError,
  );

/**
 * Removes locks that processes of this machine have left behind.
 *
 * @param own whether they are known to be of a command of this checkout, as its state is here, or as it has left its marker.
 * @throws UserError for those that may be another's.
 */
export async function release(target: Locked, locks: readonly Lock[], own: boolean): Promise<void> {
  const [first] = locks;
  if (!first) return;
  if (!own) {
    throw new UserError(
      `The stack ${target.stack} is locked by ${describeHolder(first)}, which has ended without releasing it. Nothing was touched here.`,
      `if no deployment of it runs anywhere, npm run pulumi -- cancel --stack ${target.stack}`,
    );
  }
  if (locks.every(({ file }) => file)) for (const { file } of locks) rmSync(file, { force: true });
  else await pulumiOn(target).run(['cancel', '--yes']);
}
