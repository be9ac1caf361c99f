/** A Compose file as YAML, with the values of its variables, and Compose's own two tags. */

import { isNode, parseDocument, Scalar, visit } from 'yaml';
import { UserError } from '../../../core/errors.mjs';
import { interpolate, type Variables } from './interpolate.ts';

/** `!reset`: takes away what an earlier file says. */
export const RESET = Symbol('reset');

/** `!override`: replaces what an earlier file says instead of adding to it. */
export class Override {
  readonly value: unknown;
  constructor(value: unknown) {
    this.value = value;
  }
}

export type Raw = Record<string, unknown>;

export const isRaw = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Override);

/** Every text with its variables, wherever it stands. */
function interpolated(value: unknown, path: readonly string[], at: (path: readonly string[]) => Variables): unknown {
  if (typeof value === 'string') {
    try {
      return interpolate(value, at(path));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(`${path.join('.')} has ${error.message}`, error.next);
    }
  }
  if (Array.isArray(value)) return value.map((one, index) => interpolated(one, [...path, String(index)], at));
  if (value instanceof Override) return new Override(interpolated(value.value, path, at));
  if (!isRaw(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, interpolated(one, [...path, key], at)]));
}

/**
 * What a file says.
 *
 * @param at the variables for the value at a path.
 * @throws UserError that says what is wrong with it as YAML.
 */
export function parseCompose(text: string, file: string, at: (path: readonly string[]) => Variables): Raw {
  // "<<" merges keys; Compose knows it whatever the version of YAML is.
  const document = parseDocument(text, { merge: true });
  const [wrong] = document.errors;
  if (wrong) throw new UserError(`${file} is not valid YAML: ${wrong.message.split('\n')[0]}`);
  visit(document, {
    Node: (_, node) => {
      if (node.tag === '!reset') return new Scalar(RESET);
      if (node.tag !== '!override') return undefined;
      delete node.tag;
      return new Scalar(new Override(isNode(node) ? node.toJS(document) : undefined));
    },
  });
  const value: unknown = document.toJS();
  if (!isRaw(value)) throw new UserError(`${file} is not a Compose file: it has no keys`);
  try {
    return interpolated(value, [], at) as Raw;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(`${file}: ${error.message}`, error.next);
  }
}
