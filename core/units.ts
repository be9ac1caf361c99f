/** Quantities that carry their unit, so that a bare number never needs a guess. */

/** A time span in whole seconds, minutes or hours: `"30s"`, `"2m"`, `"1h"`. */
export type Duration = `${number}${'s' | 'm' | 'h'}`;

/** A size in whole decimal units: `"512 KB"`, `"10 MB"`, `"2 GB"`. */
export type Size = `${number} ${'KB' | 'MB' | 'GB'}`;

/** An amount of memory in whole binary units: `"512 MiB"`, `"4 GiB"`. */
export type Memory = `${number} ${'MiB' | 'GiB'}`;

export const memoryPattern = /^([1-9]\d{0,8}) (MiB|GiB)$/;
export const durationPattern = /^(\d{1,9})(s|m|h)$/;
export const sizePattern = /^([1-9]\d{0,8}) (KB|MB|GB)$/;

const secondsPer = { s: 1, m: 60, h: 3600 };
const bytesPer = { KB: 1e3, MB: 1e6, GB: 1e9 };

function parts<Unit extends string>(text: string, pattern: RegExp, example: string): [number, Unit] {
  const match = pattern.exec(text);
  if (!match) throw new RangeError(`expected a quantity with its unit such as "${example}", got "${text}"`);
  return [Number(match[1]), match[2] as Unit];
}

/** Seconds of a {@link Duration}; throws a `RangeError` for anything else. */
export function toSeconds(duration: Duration): number {
  const [count, unit] = parts<keyof typeof secondsPer>(duration, durationPattern, '30s');
  return count * secondsPer[unit];
}

/** A {@link Size} as Docker's log options write it: `"1 MB"` is `"1m"`; throws a `RangeError` for anything else. */
export function toLogSize(size: Size): string {
  const [count, unit] = parts<'KB' | 'MB' | 'GB'>(size, sizePattern, '10 MB');
  return `${count}${unit.charAt(0).toLowerCase()}`;
}

/** Bytes of a {@link Size}; throws a `RangeError` for anything else. */
export function toBytes(size: Size): number {
  const [count, unit] = parts<keyof typeof bytesPer>(size, sizePattern, '10 MB');
  return count * bytesPer[unit];
}

/** Mebibytes of a {@link Memory}; throws a `RangeError` for anything else. */
export function toMebibytes(memory: Memory): number {
  const [count, unit] = parts<'MiB' | 'GiB'>(memory, memoryPattern, '512 MiB');
  return unit === 'GiB' ? count * 1024 : count;
}
