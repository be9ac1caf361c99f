/** `${NAME:-default}` and its other forms, in the values of a Compose file and of a file with variables. */

import { UserError } from '../../../core/errors.mjs';

/** Where the values of variables come from. */
export interface Variables {
  get(name: string): string | undefined;
  /** Called for a variable that has no value and no default; `why` is what the file itself says of one that it requires. */
  missing(name: string, why?: string): void;
}

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-?+]/y;

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** The end of what stands in braces: the place of the closing one. */
function closing(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('$$', at)) at++;
    else if (text.startsWith('${', at)) depth++;
    else if (text[at] === '}' && depth-- === 0) return at;
  }
  return -1;
}

function braced(inner: string, variables: Variables): string | undefined {
  const name = match(NAME, inner, 0);
  if (name === undefined) return undefined;
  const value = variables.get(name);
  if (name.length === inner.length) {
    if (value === undefined) variables.missing(name);
    return value ?? '';
  }
  const operator = match(OPERATOR, inner, name.length);
  if (operator === undefined) return undefined;
  const rest = inner.slice(name.length + operator.length);
  const isSet = value !== undefined && !(operator.startsWith(':') && value === '');
  // The other side is looked at only where it counts: its variables need not exist.
  if (operator.endsWith('+')) return isSet ? interpolate(rest, variables) : '';
  if (isSet) return value;
  if (operator.endsWith('-')) return interpolate(rest, variables);
  variables.missing(name, interpolate(rest, variables));
  return '';
}

/**
 * A text with the values of its variables.
 *
 * @throws UserError for a `$` that begins none of the forms.
 */
export function interpolate(text: string, variables: Variables): string {
  let out = '';
  let at = 0;
  for (;;) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) return out + text.slice(at);
    out += text.slice(at, dollar);
    const next = text[dollar + 1];
    if (next === '$') {
      out += '$';
      at = dollar + 2;
      continue;
    }
    const name = match(NAME, text, dollar + 1);
    const end = next === '{' ? closing(text, dollar + 2) : -1;
    const value =
      name !== undefined
        ? braced(name, variables)
        : end < 0
          ? undefined
          : braced(text.slice(dollar + 2, end), variables);
    if (value === undefined)
      throw new UserError('a "$" that does not begin a variable', 'write "$$" for a dollar sign');
    out += value;
    at = name !== undefined ? dollar + 1 + name.length : end + 1;
  }
}
