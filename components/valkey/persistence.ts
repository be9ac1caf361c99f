import { readFileSync } from 'node:fs';
import type { Persistence } from '../../core/defaults.ts';
import { RESTORE_AREA } from '../../core/restore.ts';
import { VALKEY_DATA } from '../../core/valkey.ts';

/**
 * How Valkey's data outlives it. The server knows two forms, and at its start reads the one that it is configured to write: an append-only
 * file (AOF) when that is on, though there be none yet, and otherwise the snapshot. A mere restart with the other setting would
 * therefore begin without a single key. So this runs before the server, in its container, and turns one form into the other.
 */

/** Its arguments stand in the file. Exported for tests. */
export const START = readFileSync(new URL('./start.sh', import.meta.url), 'utf8');

/** What replaces the image's entrypoint, which it calls to become the image's user. Volume or folder, and image, are for what its log recommends. */
export const entrypoint = (form: Persistence, { source, image }: { source: string; image: string }): string[] => [
  ...['/bin/sh', '-c', START, 'valkey', form, source, image, `${VALKEY_DATA}/${RESTORE_AREA}`],
];

/** Arguments of the server. */
export const persistenceArguments = (form: Persistence): string[] =>
  // Said in both cases: the default is one of the image's.
  form === 'aof' ? ['--appendonly', 'yes', '--appendfsync', 'everysec'] : ['--appendonly', 'no'];
