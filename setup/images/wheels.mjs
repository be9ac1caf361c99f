/** Python packages for an image, fetched as this machine fetches its own: by its pip, with its pip's configuration. */

import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { capture } from '../../system/exec.mjs';
import { aptInstall, runBound } from './machine.mjs';

/** Debian 12, whose Python the image has. */
const PYTHON = '3.11';
const GLIBC_MINOR = 36;
const MACHINES = { amd64: 'x86_64', arm64: 'aarch64' };

/** Fills `dir` with the wheels that `lock` names. */
export async function downloadWheels(lock, dir, { architecture, progress, env, log }) {
  const total = readFileSync(lock, 'utf8').match(/^\S+==/gm).length;
  const said = join(dirname(log), 'wheels.log');
  rmSync(said, { force: true });
  progress(`wheels 0/${total}`);
  // pip saves all files at its end; what it says on the way is the only sign of how far it is.
  const timer = setInterval(() => progress(`wheels ${seen(said)}/${total}`), 3000);
  try {
    const python = await pythonWithPip({ env, log });
    const options = ['--no-deps', '--require-hashes', '--only-binary', ':all:', '--progress-bar', 'off', '--dest', dir];
    const target = ['--implementation', 'cp', '--python-version', PYTHON, ...platforms(MACHINES[architecture])];
    await runBound(python, ['-m', 'pip', 'download', ...options, ...target, '--requirement', lock], { env, log: said });
  } finally {
    clearInterval(timer);
  }
}

function seen(log) {
  try {
    return readFileSync(log, 'utf8').match(/^Collecting /gm)?.length ?? 0;
  } catch {
    return 0;
  }
}

/** Each glibc up to the image's, because pip takes a platform literally; the first two years' names are aliases without a number. */
function platforms(machine) {
  const names = Array.from({ length: GLIBC_MINOR - 4 }, (_, index) => `manylinux_2_${GLIBC_MINOR - index}`);
  return [...names, 'manylinux2014', 'manylinux2010', 'manylinux1'].flatMap((name) => [
    '--platform',
    `${name}_${machine}`,
  ]);
}

async function pythonWithPip({ env, log }) {
  const usable = async (python) => {
    const { code } = await capture(python, ['-m', 'pip', '--version'], { env }).catch(() => ({ code: 1 }));
    return code === 0;
  };
  if (await usable('python3')) return 'python3';
  // Debian's own: a python3 before it on PATH would not see the package.
  const debian = '/usr/bin/python3';
  if (!(await usable(debian))) await aptInstall(['python3-pip'], { env, log });
  return debian;
}
