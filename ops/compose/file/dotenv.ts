/** Files with variables, `.env` and `env_file`, as Compose reads them: its quoting is neither a shell's nor that of `docker run`. */

import { UserError } from '../../../core/errors.mjs';
import { interpolate, type Variables } from './interpolate.ts';

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', $: '$$' };

const unescaped = (text: string): string =>
  text.replaceAll(/\\([\s\S])/g, (whole, letter: string) => ESCAPES[letter] ?? (/["\\]/.test(letter) ? letter : whole));

/** `NAME=`, `NAME:` or a name alone, at its place. */
const HEAD = /(?:export[ \t]+)?([^\s=:#'"]+)[ \t]*([=:]?)[ \t]*/y;
const QUOTED = /'((?:\\'|[^'])*)'|"((?:\\[\s\S]|[^"\\])*)"/y;

/**
 * The variables of a file.
 *
 * @param outside where a value takes others from that the file itself does not set.
 * @throws UserError that names the line which cannot be read.
 */
export function parseDotenv(text: string, outside: Variables): Record<string, string> {
  const found: Record<string, string> = {};
  const variables: Variables = {
    get: (name) => outside.get(name) ?? found[name],
    missing: (name, why) => outside.missing(name, why),
  };
  const source = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  let at = 0;
  for (;;) {
    // Empty lines and comments.
    at += /^(?:\s|#[^\n]*(?:\n|$))*/.exec(source.slice(at))?.[0].length ?? 0;
    if (at >= source.length) return found;
    HEAD.lastIndex = at;
    const head = HEAD.exec(source);
    const line = () => `line ${source.slice(0, at).split('\n').length}`;
    const [whole = '', name = '', sign] = head ?? [];
    if (!head) throw new UserError(`${line()} is not NAME=VALUE`);
    at += whole.length;
    if (!sign) {
      if (at < source.length && source[at] !== '\n') throw new UserError(`${line()} is not NAME=VALUE`);
      const inherited = outside.get(name);
      if (inherited !== undefined) found[name] = inherited;
      continue;
    }
    if (/['"]/.test(source[at] ?? '')) {
      QUOTED.lastIndex = at;
      const quoted = QUOTED.exec(source);
      if (!quoted) throw new UserError(`${line()} has an unclosed quote`);
      const [all, single, double = ''] = quoted;
      found[name] = single?.replaceAll("\\'", "'") ?? interpolate(unescaped(double), variables);
      at += all.length;
      continue;
    }
    const [rest = ''] = source.slice(at).split('\n', 1);
    found[name] = interpolate(rest.trim().replace(/\s+#.*$/, ''), variables);
    at += rest.length;
  }
}

/** The variables of a file in the form of `docker run --env-file`: whatever stands behind "=" is the value. */
export const parseRawEnv = (text: string, outside: Variables): Record<string, string> =>
  Object.fromEntries(
    text.split(/\r?\n/).flatMap((line): [string, string][] => {
      if (!line.trim() || line.trimStart().startsWith('#')) return [];
      const at = line.indexOf('=');
      if (at >= 0) return [[line.slice(0, at).trim(), line.slice(at + 1)]];
      const inherited = outside.get(line.trim());
      return inherited === undefined ? [] : [[line.trim(), inherited]];
    }),
  );
