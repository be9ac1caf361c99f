/** Quantities as a stack file has them. */

import type { Duration, Memory, Size } from '../../../core/units.ts';
import { toBytes } from '../file/quantities.ts';

const [KIB, MIB, GIB] = [1024, 1024 ** 2, 1024 ** 3];

/** Memory in the largest unit that it is a whole number of. */
export const bytes = (count: number): Memory =>
  count % GIB === 0 ? `${count / GIB} GiB` : `${Math.max(1, Math.ceil(count / MIB))} MiB`;

/** Whole seconds, rounded up. */
export const seconds = (count: number | undefined, least = 1): Duration | undefined =>
  count === undefined ? undefined : `${Math.max(least, Math.ceil(count))}s`;

/** A size of a log file as Docker writes it, in the same unit: `10m` is `10 MB`. */
export function logSize(text: string): Size | undefined {
  const count = toBytes(text);
  if (!count) return undefined;
  const [unit, name] =
    count % GIB === 0 ? ([GIB, 'GB'] as const) : count % MIB === 0 ? ([MIB, 'MB'] as const) : ([KIB, 'KB'] as const);
  return `${Math.max(1, Math.ceil(count / unit))} ${name}`;
}
