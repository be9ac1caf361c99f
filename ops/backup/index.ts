/** What the program needs of backups. Restores are in restore.ts, which loads what verifies a deployment. */

export { letLead, makeFirstPrimary } from '../valkeys.ts';
export { backupFolder, passphraseOfEnvironment, requireLasting } from './environment.ts';
export { settle } from './exchange.ts';
export { type Helper, isRestoring, withHelper } from './helper/helper.ts';
export type { Source } from './part.ts';
export { databaseRevisions } from './parts/database.ts';
export { type Database, lookAtDatabase, sqliteUsers } from './parts/webui.ts';
export { helperFor } from './source.ts';
export { isStarting, waitWhileStarting } from './starting.ts';
export { take } from './take.ts';
