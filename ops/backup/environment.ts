/** What backups take from the environment. */

import { join } from 'node:path';

/** The variable with the passphrase of archives. */
export const PASSPHRASE = 'OPEN_WEBUI_BACKUP_PASSPHRASE';

/**
 * Folder of backups unless a command names another: OPEN_WEBUI_BACKUP_DIR, else `backups/` in the project, which git ignores.
 *
 * @param root folder of the project. Default: the present one.
 */
export const backupFolder = ({ root = '.', env = process.env }: { root?: string; env?: NodeJS.ProcessEnv } = {}) =>
  env['OPEN_WEBUI_BACKUP_DIR'] || join(root, 'backups');

/** The passphrase in the environment; undefined when there is none: then archives are not encrypted. */
export const passphraseOfEnvironment = (env: NodeJS.ProcessEnv = process.env): string | undefined =>
  env[PASSPHRASE] || undefined;
