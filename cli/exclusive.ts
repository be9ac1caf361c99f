/** One command at a time changes a stack: the second one is refused, with who is at it and since when, before it has touched anything. */

import { createHash } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { UserError } from '../core/errors.mjs';
import { abandoned, identity, locked } from '../system/cache.mjs';
import type { Context } from './command.ts';
import { backendOf, folderOf } from './state.ts';

/** Who works on a stack. */
export interface Holder {
  command: string;
  user: string;
  host: string;
  pid: number;
  /** Tells the process from a later one with the same id. */
  process: string;
  /** ISO 8601. */
  since: string;
}

/** `node cli/main.ts up` is `npm run up`. */
const commandLine = () => `npm run ${process.argv[2] ?? ''}`.trim();

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown'); // a user id without a name, as containers have it
  }
}

export const thisProcess = (): Holder => ({
  command: commandLine(),
  user: userName(),
  host: hostname(),
  pid: process.pid,
  process: identity(process.pid),
  since: new Date().toISOString(),
});

/** Whether a process of this machine is known to live; false as well for one of another machine, which cannot be seen from here. */
export const lives = ({ host, process }: Holder): boolean => host === hostname() && !abandoned(process);

type Described = Omit<Holder, 'command' | 'process'>;

/** "root@vm (pid 123) since 2026-11-26 16:20:11 UTC" */
export const describeHolder = ({ user, host, pid, since }: Described): string =>
  `${user}@${host} (pid ${pid}) since ${since.slice(0, 19).replace('T', ' ')} UTC`;

/** @param command what it runs, where that is known */
export const underWay = (stack: string, holder: Described, command = 'an update'): UserError =>
  new UserError(
    `The stack ${stack} is being changed: ${command} of ${describeHolder(holder)}. Nothing was touched here.`,
    'wait until that has ended, and try again',
  );

/** A backend by its own name, however its address was written. */
function canonical(backend: string, root: string): string {
  const folder = folderOf(backend, root);
  return folder === undefined ? backend.replace(/\/+$/, '') : existsSync(folder) ? realpathSync(folder) : folder;
}

/**
 * Runs `work` while no other command of this machine changes the same stack, from whichever checkout.
 *
 * @throws UserError at once when one does.
 */
export function exclusively<Result>(
  context: Context,
  { project, stack }: { project: string; stack: string },
  work: () => Promise<Result>,
): Promise<Result> {
  const name = [canonical(backendOf(context), context.root), project, stack].join('\n');
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return locked(`stack-${hash}`, work, {
    note: JSON.stringify(thisProcess()),
    busy(note) {
      const holder = JSON.parse(note) as Holder;
      throw underWay(stack, holder, holder.command);
    },
  });
}
