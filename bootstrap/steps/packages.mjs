import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { locked } from '../../system/cache.mjs';
import { UserError } from '../../system/console.mjs';
import { run } from '../../system/exec.mjs';
import { npm } from './node.mjs';

/** Whether node_modules holds just what package-lock.json names. npm writes its own copy of the lock there when it has finished. */
function complete(root) {
  const file = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(file)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(file, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || (present[path] ? present[path].version === version : optional === true),
  );
}

/** Installs the npm packages unless they are there. */
export async function packagesStep(env, progress, root) {
  if (complete(root)) return 'installed';
  const folder = join(root, 'node_modules');
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) {
    // npm would empty the folder that it leads to, which is somebody else's.
    throw new UserError(
      `${folder} is a link, and what it leads to is not what package-lock.json names.\nRun npm ci there, or remove the link.`,
    );
  }
  await locked('npm-ci', async () => {
    if (complete(root)) return;
    progress('npm ci');
    const [command, ...args] = npm(env);
    await run(command, [...args, 'ci', '--no-audit', '--no-fund'], { env, cwd: root });
  });
  return 'installed now';
}
