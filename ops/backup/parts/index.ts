import type { Part } from '../part.ts';
import { valkey } from './valkey.ts';
import { webui } from './webui.ts';

/**
 * The parts of a backup, in the order in which they are taken. Servers stop in this order and start in the reverse one. The volume of the
 * first part, the anchor, holds the note of how far a restore has come.
 */
export const PARTS: readonly Part[] = [webui, valkey];
