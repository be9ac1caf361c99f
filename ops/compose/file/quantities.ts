/** Quantities and words as Compose and Docker write them. */

const BYTES: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Bytes of `512m`, `2g`, `1.5gb` or a bare number; undefined for anything else. */
export function toBytes(text: unknown): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?) ?([bkmgt]?)i?b?$/i.exec(String(text ?? '').trim()) ?? [];
  return count === undefined ? undefined : Number(count) * (BYTES[unit.toLowerCase()] ?? 1);
}

const SECONDS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };

/** Seconds of `1m30s`, `500ms`, or a bare number of nanoseconds; undefined for anything else. */
export function toSeconds(text: unknown): number | undefined {
  const written = String(text ?? '').trim();
  if (/^\d+$/.test(written)) return Number(written) * 1e-9;
  const parts = [...written.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)];
  if (written === '' || parts.map(([whole]) => whole).join('') !== written) return undefined;
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (SECONDS[unit] ?? 0), 0);
}

/** A number from a number or its text. */
export const toNumber = (value: unknown): number | undefined => {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
};

/** Words of a command line: blanks part them, quotes keep them together. No variable, no shell. */
export function wordsOf(line: string): string[] {
  const words = line.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/gs) ?? [];
  return words.map((word) =>
    word.replaceAll(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs, (_, double?: string, single?: string, escaped?: string) =>
      double !== undefined ? double.replaceAll(/\\(["\\$`])/g, '$1') : (single ?? escaped ?? ''),
    ),
  );
}
