/** What might go wrong with settings that are accepted. What is known to break is refused by a rule. */

import { type Commands, NEW_SESSION_KEY } from './origin.ts';
import type { Settings } from './parse.ts';
import { loopbackWarnings, ownAddressWarnings } from './rules/addresses.ts';
import { neighbourWarnings } from './rules/neighbours.ts';
import { registryWarnings } from './rules/registries.ts';
import { sessionKeyWarnings } from './rules/sessionKey.ts';
import { swarmWarnings } from './rules/swarm.ts';
import { variableWarnings } from './rules/variables.ts';

/** One sentence for each doubt; no value is repeated, as it may be a secret. */
export function warningsOf(
  settings: Settings,
  { newSessionKey }: Pick<Commands, 'newSessionKey'> = { newSessionKey: NEW_SESSION_KEY },
): string[] {
  const webui = { ...settings.webui, env: { ...settings.webui.env, ...settings.webui.secretEnv } };
  return [
    ...loopbackWarnings(webui),
    ...ownAddressWarnings(webui),
    ...neighbourWarnings({ ...settings, webui }),
    ...variableWarnings(webui),
    ...sessionKeyWarnings(webui.sessionKey, newSessionKey),
    ...swarmWarnings(settings),
    ...registryWarnings(settings),
  ];
}
