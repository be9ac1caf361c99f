/** Encrypted variables that a proxy or the container runtime would read through the engine, where each of them shows. */

import { isForOthers } from '../../core/engineVariables.ts';
import { isHidden } from '../opaque.ts';
import type { Rule } from '../rule.ts';

const given = (config: Readonly<Record<string, unknown>>): string[] => {
  const webui = config['webui'] as { env?: unknown } | null | undefined;
  return Object.keys(Object(webui?.env)).filter(isForOthers);
};

export const outside: Rule = (_, { project, given: config, encrypted }) =>
  given(config)
    .filter((name) => isHidden(encrypted, ['webui', 'env', name]))
    .map((name) => ({
      path: ['webui', 'env', name],
      reason: 'it is encrypted, and the program that reads it finds it only where docker inspect shows it',
      allowed: 'a value in clear',
      fix: `set it with pulumi config set --plaintext --path ${project}:webui.env.${name}`,
    }));
