/** Values that came out of a Compose file together with their quotes. */

import type { Problem } from '../problems.ts';

/** Text for people or models, which may well stand in quotes. */
const IS_TEXT = /(TEMPLATE|PROMPT|CONTENT|TITLE|WATERMARK|MESSAGE|DESCRIPTION)$/;

/** A value in quotes of its own, with none of the same kind inside. */
const QUOTED = /^(["'])((?:(?!\1).)*)\1$/s;

/** Variables of what was given whose values are in quotes. No rule looks at them: to each they would look like something else. */
export function inQuotes(given: Readonly<Record<string, unknown>>): Problem[] {
  const { env } = (given['webui'] ?? {}) as { env?: unknown };
  if (typeof env !== 'object' || env === null) return [];
  return Object.entries(env).flatMap(([name, value]): Problem[] => {
    const inner = typeof value === 'string' && !IS_TEXT.test(name) ? QUOTED.exec(value)?.[2] : undefined;
    if (inner === undefined) return [];
    return [
      {
        path: ['webui', 'env', name],
        reason:
          'these quotes are a part of the value; a Compose file keeps them in list entries such as - NAME="value"',
        allowed: 'a value without literal quotes',
        instead: inner.includes('"') ? undefined : inner,
        fix: 'remove them from the value',
      },
    ];
  });
}
