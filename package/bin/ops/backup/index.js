export { letLead, makeFirstPrimary } from '../valkeys.js';
export { backupFolder, passphraseOfEnvironment, requireLasting } from './environment.js';
export { settle } from './exchange.js';
export { isRestoring, withHelper } from './helper/helper.js';
export { databaseRevisions } from './parts/database.js';
export { lookAtDatabase, sqliteUsers } from './parts/webui.js';
export { helperFor } from './source.js';
export { isStarting, waitWhileStarting } from './starting.js';
export { take } from './take.js';
