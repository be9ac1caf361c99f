/** Python packages for an image, fetched as this machine fetches its own: by its pip, with its pip's configuration. */

import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InternalError } from '../../core/errors.mjs';
import { capture } from '../../system/exec.mjs';
import { aptInstall } from '../apt.ts';
import { type Building, runBound } from './machine.ts';

/** Debian 12, whose Python the image has. */
const PYTHON = '3.11';
const GLIBC_MINOR = 36;
const MACHINES = { amd64: 'x86_64', arm64: 'aarch64' } as const;

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

/** The version of Open WebUI that a lock names. */
export function lockedVersion(lock: string): string {
  const version = /^open-webui==(\S+)/m.exec(readFileSync(lock, 'utf8'))?.[1];
  if (!version) throw new InternalError(`${lock} does not name open-webui`);
  return version;
}

/** Fills `dir` with the wheels that `lock` names. */
export async function downloadWheels(lock: string, dir: string, building: Building): Promise<void> {
  const { architecture, progress, env, log } = building;
  const total = count(readFileSync(lock, 'utf8'), /^\S+==/gm);
  const said = join(dirname(log), 'wheels.log');
  rmSync(said, { force: true });
  progress(`wheels 0/${total}`);
  // pip saves all files at its end; what it says on the way is the only sign of how far it is.
  const timer = setInterval(() => progress(`wheels ${collected(said)}/${total}`), 3000);
  try {
    const python = await pythonWithPip(building);
    const options = ['--no-deps', '--require-hashes', '--only-binary', ':all:', '--progress-bar', 'off', '--dest', dir];
    const target = ['--implementation', 'cp', '--python-version', PYTHON, ...platforms(MACHINES[architecture])];
    await runBound(python, ['-m', 'pip', 'download', ...options, ...target, '--requirement', lock], { env, log: said });
  } finally {
    clearInterval(timer);
  }
}

/** Packages that pip has named so far. */
function collected(log: string): number {
  try {
    return count(readFileSync(log, 'utf8'), /^Collecting /gm);
  } catch {
    return 0;
  }
}

/** Each glibc up to the image's, because pip takes a platform literally; the first two years' names are aliases without a number. */
function platforms(machine: string): string[] {
  const names = Array.from({ length: GLIBC_MINOR - 4 }, (_, index) => `manylinux_2_${GLIBC_MINOR - index}`);
  return [...names, 'manylinux2014', 'manylinux2010', 'manylinux1'].flatMap((name) => [
    '--platform',
    `${name}_${machine}`,
  ]);
}

async function pythonWithPip({ env, log }: Building): Promise<string> {
  const isUsable = async (python: string) => {
    const { code } = await capture(python, ['-m', 'pip', '--version'], { env }).catch(() => ({ code: 1 }));
    return code === 0;
  };
  if (await isUsable('python3')) return 'python3';
  // Debian's own: a python3 before it on PATH would not see the package.
  const debian = '/usr/bin/python3';
  if (!(await isUsable(debian))) await aptInstall(['python3-pip'], { env, log });
  return debian;
}
