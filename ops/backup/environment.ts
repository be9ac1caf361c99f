/** What backups take from the environment. */

import { join } from 'node:path';

/** A checkout, and the environment of a command on it. */
interface Place {
  root: string;
  env: NodeJS.ProcessEnv;
}

/** The variable with the passphrase of archives. */
export const PASSPHRASE = 'OPEN_WEBUI_BACKUP_PASSPHRASE';

/** Folder of backups unless a command names another: OPEN_WEBUI_BACKUP_DIR, else `backups/` in the project, which git ignores. */
export const backupFolder = ({ root, env }: Place): string => env['OPEN_WEBUI_BACKUP_DIR'] || join(root, 'backups');

/** The passphrase in the environment; undefined when there is none: then archives are not encrypted. */
export const passphraseIn = (env: NodeJS.ProcessEnv): string | undefined => env[PASSPHRASE] || undefined;
