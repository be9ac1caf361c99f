/** Where things are kept that outlive a checkout, and how they get there whole or not at all. */

import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

function root() {
  if (process.env['OPEN_WEBUI_CACHE_DIR']) return process.env['OPEN_WEBUI_CACHE_DIR'];
  if (process.platform === 'win32')
    return join(process.env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'pulumi-open-webui');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'pulumi-open-webui');
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'pulumi-open-webui');
}

/**
 * A path in the cache: `$OPEN_WEBUI_CACHE_DIR`, else the platform's place for caches.
 *
 * @param {...string} parts
 */
export const cached = (...parts) => join(root(), ...parts);

/**
 * State and start of a process as Linux reports them; undefined where it does not, or there is no such process.
 *
 * @param {number} pid
 */
function stat(pid) {
  try {
    // The second field, the program's name, may hold spaces and parentheses.
    const [state, ...fields] = (readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '').split(' ');
    return { state, start: fields[18] };
  } catch {
    return undefined;
  }
}

/**
 * Whether the process of that id lives. A zombie does not.
 *
 * @param {number} pid
 */
export function alive(pid) {
  try {
    process.kill(pid, 0);
    return stat(pid)?.state !== 'Z';
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

/**
 * What tells a process from a later one with the same id, where the system reports it.
 *
 * @param {number} pid
 */
export const identity = (pid) => `${pid} ${stat(pid)?.start ?? ''}`;

/**
 * Whether the process that wrote its {@link identity} into a file is gone.
 *
 * @param {string} owner
 */
export function abandoned(owner) {
  const pid = Number.parseInt(owner, 10);
  return !alive(pid) || identity(pid) !== owner;
}

/** @param {unknown} error */
const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code;

let attempts = 0;

/**
 * Runs `work` while nothing else on this machine holds the lock; one that a killed process has left is taken over.
 *
 * @template Result
 * @param {string} name
 * @param {() => Promise<Result>} work
 * @param {object} [options]
 * @param {string} [options.note] a line for the next process that finds the lock taken
 * @param {(note: string) => void} [options.busy] called with the note of the process that holds it; throws where that is not to be waited
 *   for. Default: it is waited for
 * @returns {Promise<Result>}
 */
export async function locked(name, work, { note = '', busy = () => {} } = {}) {
  const file = cached('locks', name);
  const mine = `${file}.${process.pid}.${attempts++}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(mine, note ? `${identity(process.pid)}\n${note}` : identity(process.pid));
  try {
    // A hard link appears with its content or not at all, so a lock without an owner is never read.
    while (!linked(mine, file)) {
      const owner = read(file);
      const [holder = '', its = ''] = owner?.split('\n') ?? [];
      if (owner !== undefined && abandoned(holder)) takeAway(file, owner);
      else {
        if (owner !== undefined) busy(its);
        await sleep(250);
      }
    }
    try {
      return await work();
    } finally {
      rmSync(file, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** @type {(from: string, to: string) => boolean} */
function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // released in this moment
  }
}

/**
 * Removes an abandoned lock. Of several that try, one does; a lock that was taken again in the meantime is put back.
 *
 * @type {(file: string, owner: string) => void}
 */
function takeAway(file, owner) {
  const aside = `${file}.abandoned.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // another process was faster
  }
  if (read(aside) !== owner) linked(aside, file);
  rmSync(aside, { force: true });
  // What the dead process had not yet linked goes with it.
  rmSync(`${file}.${Number.parseInt(owner, 10)}.0`, { force: true });
}

/**
 * Makes sure that the folder `dir` exists, filled by `fill(temporary)`. It appears under its name only when it is complete, so a
 * run that was killed leaves nothing that a later one could take for done.
 *
 * @param {string} dir
 * @param {(temporary: string) => Promise<void>} fill
 * @returns {Promise<string>}
 */
export async function folder(dir, fill) {
  if (existsSync(dir)) return dir;
  return locked(dir.replace(/[^\w.-]+/g, '_').slice(-100), async () => {
    if (existsSync(dir)) return dir;
    const temporary = `${dir}.partial`;
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    await fill(temporary);
    renameSync(temporary, dir);
    return dir;
  });
}
