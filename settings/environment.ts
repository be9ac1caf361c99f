/** Variables of Open WebUI that would break the deployment, or give a secret away. */

import { looksSecret } from '../core/secretPatterns.ts';
import { isKept, type Rule } from './rule.ts';
import { loopback, ownAddress } from './rules/addresses.ts';
import { origins } from './rules/origins.ts';
import { outside } from './rules/outside.ts';
import { places } from './rules/places.ts';
import { processes } from './rules/processes.ts';
import { WIRED, wiring } from './rules/wiring.ts';

const options: Rule = ({ webui: { env } }) => {
  const { WEBSOCKET_REDIS_OPTIONS: text } = env;
  if (text === undefined) return [];
  const problem = { path: ['webui', 'env', 'WEBSOCKET_REDIS_OPTIONS'], allowed: 'a JSON object as text' };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return [];
  } catch {
    // Reported below.
  }
  return [{ ...problem, reason: 'Open WebUI would ignore it', fix: `write it as '{"socket_timeout": null}'` }];
};

const secretsInClear: Rule = (settings, circumstances) =>
  Object.entries(settings.webui.env).flatMap(([name, value]) =>
    isKept(circumstances, ['webui', 'env', name]) || !looksSecret(name, value) || Object.hasOwn(WIRED, name)
      ? []
      : [
          {
            path: ['webui', 'env', name],
            reason: `in plain text it would show in ${circumstances.origin.shows}, in previews and in docker inspect`,
            allowed: circumstances.origin.kept,
            fix: circumstances.origin.secret(`webui.env.${name}`),
          },
        ],
  );

export const environmentRules: readonly Rule[] = [
  wiring,
  places,
  loopback,
  ownAddress,
  origins,
  processes,
  options,
  outside,
  secretsInClear,
];
