import { readFileSync } from 'node:fs';
import { RESTORE_AREA } from '../../core/restore.js';
import { VALKEY_DATA } from '../../core/valkey.js';
export const START = readFileSync(new URL('./start.sh', import.meta.url), 'utf8');
export const entrypoint = (form, { source, image }) => [
    ...['/bin/sh', '-c', START, 'valkey', form, source, image, `${VALKEY_DATA}/${RESTORE_AREA}`],
];
export const persistenceArguments = (form) => form === 'aof' ? ['--appendonly', 'yes', '--appendfsync', 'everysec'] : ['--appendonly', 'no'];
