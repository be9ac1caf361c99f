/** Where things are kept that outlive a checkout, and how they get there whole or not at all. */

import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

function root() {
  if (process.env.OPEN_WEBUI_CACHE_DIR) return process.env.OPEN_WEBUI_CACHE_DIR;
  if (process.platform === 'win32')
    return join(process.env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'pulumi-open-webui');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'pulumi-open-webui');
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pulumi-open-webui');
}

/** A path in the cache: `$OPEN_WEBUI_CACHE_DIR`, else the platform's place for caches. */
export const cached = (...parts) => join(root(), ...parts);

/** Whether the process of that id lives. */
export function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs `work` while no other process on this machine does the same; a lock left by a killed process is taken over. */
export async function locked(name, work) {
  const file = cached('locks', `${name}.pid`);
  const mine = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(mine, String(process.pid));
  try {
    // A hard link appears with its content or not at all, so nobody ever reads a lock without an owner.
    while (!linked(mine, file)) {
      if (!alive(ownerOf(file))) rmSync(file, { force: true });
      else await sleep(250);
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

function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/** The process id in a lock file; this process's own when the lock was released in the meantime (so: try again). */
function ownerOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return process.pid;
  }
}

/**
 * Makes sure that the folder `dir` exists, filled by `fill(temporary)`. It appears under its name only when it is complete, so a
 * run that was killed leaves nothing that a later one could take for done.
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
