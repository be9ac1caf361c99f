import { isHidden, type Path } from './opaque.ts';
import type { Origin } from './origin.ts';
import type { Problem } from './problems.ts';
import type { Checked } from './schema.ts';

/** What a rule may know besides the settings. */
export interface Circumstances {
  stack: string;
  origin: Origin;
  isSecret: (key: string) => boolean;
  /** Whether all that is encrypted was left out, so that whatever can be seen is in clear. Default: false */
  allHidden?: boolean;
  /** What the stack file says, without defaults. */
  given: Readonly<Record<string, unknown>>;
  /** Settings that are known to be encrypted. */
  encrypted: readonly Path[];
}

/** Whether a setting is a secret, as far as that is known: for a stack file, Pulumi says so of whole sections only. */
export const isKept = ({ isSecret, encrypted }: Circumstances, path: Path): boolean =>
  isSecret(path[0] ?? '') || isHidden(encrypted, path);

export type Rule = (settings: Checked, circumstances: Circumstances) => Problem[];

/** Two settings that must not have the same value: the second one is the problem. */
export function distinct(what: string, first: readonly string[], second: readonly string[], same: boolean): Problem[] {
  if (!same) return [];
  return [
    {
      path: second,
      reason: `${first.join('.')} has the same ${what}`,
      allowed: `another ${what} than that of ${first.join('.')}`,
      fix: `change one of the two`,
    },
  ];
}
