/** What backups take from the environment. */

import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { UserError } from '../../core/errors.mjs';

/** The variable with the folder of backups. */
const FOLDER = 'OPEN_WEBUI_BACKUP_DIR';

/** The variable with the passphrase of archives. */
export const PASSPHRASE = 'OPEN_WEBUI_BACKUP_PASSPHRASE';

/**
 * Folder of backups unless a command names another: OPEN_WEBUI_BACKUP_DIR, else `backups/` in the project, which git ignores.
 *
 * @param root folder of the project. Default: the present one.
 */
export const backupFolder = ({ root = '.', env = process.env }: { root?: string; env?: NodeJS.ProcessEnv } = {}) =>
  env[FOLDER] || join(root, 'backups');

/** The passphrase in the environment; undefined when there is none: then archives are not encrypted. */
export const passphraseOfEnvironment = (env: NodeJS.ProcessEnv = process.env): string | undefined =>
  env[PASSPHRASE] || undefined;

/** Where a path leads, through links; it need not exist yet. */
const real = (path: string): string =>
  existsSync(path) || path === dirname(path) ? realpathSync(path) : join(real(dirname(path)), basename(path));

/** Whether a path is a folder, or leads into it. */
function isInside(folder: string, path: string): boolean {
  const way = relative(real(folder), real(path));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * Why a backup before an upgrade would not last in a pipeline, each as a sentence that says what to do: the next checkout removes what lies in
 * it, and a runner's disk is no place for everybody's chats in clear.
 *
 * @param root folder of the checkout.
 */
export function unlasting(env: NodeJS.ProcessEnv, root: string): string[] {
  return [
    ...(isInside(root, resolve(root, backupFolder({ root, env })))
      ? [
          `The backup before an upgrade would be lost with the checkout: set ${FOLDER} to a persistent folder outside it.`,
        ]
      : []),
    ...(passphraseOfEnvironment(env) === undefined
      ? [`The backup before an upgrade would not be encrypted: set the secret ${PASSPHRASE}.`]
      : []),
  ];
}

/** @throws UserError when this is a pipeline (the variable CI is set), and a backup would not last. */
export function requireLasting(env: NodeJS.ProcessEnv = process.env, root = '.'): void {
  if (!env['CI'] || env['CI'] === 'false') return;
  const [first, ...more] = unlasting(env, root);
  if (first !== undefined)
    throw new UserError([first, ...more].join(' ').replace(/\.$/, ''), 'docs/ci.md says where to set it');
}
