/** What the program needs of backups. Restores are in restore.ts, which loads what verifies a deployment. */

export { backupFolder, passphraseOfEnvironment } from './environment.ts';
export { isRestoring } from './helper/helper.ts';
export type { Source } from './part.ts';
export { take } from './take.ts';
