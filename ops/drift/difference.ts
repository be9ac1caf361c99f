/** What is not as it was asked for, in words. */

import type { Facts } from './facts.ts';

/** Something on the engine that is not as the last `pulumi up` has left it. */
export interface Difference {
  /** Kind and name on the engine, such as "container open-webui". */
  object: string;
  what: string;
  /** Undefined where there should be nothing. */
  expected: string | undefined;
  /** Undefined where there is nothing. */
  found: string | undefined;
  /** What to do where no update repairs it, because it belongs to another owner. */
  byHand?: string;
}

const SECRET = '(secret)';
const LONGEST = 100;
const short = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** What two lists of facts do not share. */
export function differencesOf(object: string, asked: Facts, found: Facts, secret: ReadonlySet<string>): Difference[] {
  return [...new Set([...asked.keys(), ...found.keys()])].flatMap((what) => {
    const [one, other] = [asked.get(what), found.get(what)];
    if (one === other) return [];
    const shown = (text: string | undefined) =>
      text === undefined ? undefined : secret.has(what) ? SECRET : short(text);
    return [{ object, what, expected: shown(one), found: shown(other) }];
  });
}

/** A difference as a line for people. */
export const line = ({ object, what, expected: asked, found, byHand }: Difference): string =>
  byHand
    ? `${object}, ${found}\n    to do: ${byHand}`
    : `${object}: ${what} ${what === 'itself' ? '' : 'is '}${found ?? 'missing'}${asked === undefined ? ', and should not be there' : `; expected: ${asked}`}`;
