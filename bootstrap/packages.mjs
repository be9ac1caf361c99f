import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../core/errors.mjs';
import { locked } from '../system/cache.mjs';
import { run } from '../system/exec.mjs';
import { npm } from './node.mjs';

/** @typedef {Record<string, { version?: string, optional?: boolean } | undefined>} Packages by their paths */

/**
 * @param {string} file a package-lock.json
 * @returns {Packages}
 */
const packagesIn = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;

/**
 * Whether node_modules holds just what package-lock.json names. npm writes its own copy of the lock there when it has finished.
 *
 * @param {string} root
 */
function complete(root) {
  const file = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(file)) return false;
  const present = packagesIn(file);
  return Object.entries(packagesIn(join(root, 'package-lock.json'))).every(([path, wanted]) => {
    const found = present[path];
    return path === '' || (found ? found.version === wanted?.version : wanted?.optional === true);
  });
}

/**
 * Installs the npm packages unless they are there.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {import('../system/console.mjs').Progress} progress
 * @param {string} root
 * @returns {Promise<{ text: string }>}
 */
export async function providePackages(env, progress, root) {
  if (complete(root)) return { text: 'installed' };
  const folder = join(root, 'node_modules');
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) {
    // npm would empty the folder to which it leads, and that is another checkout's.
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
  return { text: 'installed now' };
}
