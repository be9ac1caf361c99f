/** Encrypted variables that a proxy or the container runtime would read through the engine, where each of them shows. */

import { isForOthers } from '../../core/engineVariables.ts';
import { looksSecret } from '../../core/secretPatterns.ts';
import { isHidden } from '../opaque.ts';
import type { Rule } from '../rule.ts';

/** Stands for a value: here the name alone decides. */
const HIDDEN = 'hidden';

const given = (config: Readonly<Record<string, unknown>>): string[] => {
  const webui = config['webui'] as { env?: unknown } | null | undefined;
  return Object.keys(Object(webui?.env)).filter(isForOthers);
};

/** What to do about one; a secret among them can be given to its reader alone. */
const remedy = (name: string, fix: string) =>
  looksSecret(name, HIDDEN)
    ? {
        allowed: 'nothing',
        fix: 'remove it, and give it to the program that reads it, in a separate file or variable',
      }
    : { allowed: 'a value in plain text', fix };

export const outside: Rule = (_, { origin, given: config, encrypted }) =>
  given(config)
    .filter((name) => isHidden(encrypted, ['webui', 'env', name]))
    .map((name) => ({
      path: ['webui', 'env', name],
      reason: 'it is encrypted, and the program that reads it finds it only where docker inspect shows it',
      ...remedy(name, origin.plain(`webui.env.${name}`)),
    }));
