/** What might go wrong with settings that are accepted. What is known to break is refused by a rule. */

import type { Settings } from './parse.ts';
import { loopbackWarnings, ownAddressWarnings } from './rules/addresses.ts';
import { neighbourWarnings } from './rules/neighbours.ts';
import { sessionKeyWarnings } from './rules/sessionKey.ts';
import { variableWarnings } from './rules/variables.ts';

/** One sentence for each doubt; no value is repeated, as it may be a secret. */
export function warningsOf(settings: Settings): string[] {
  const webui = { ...settings.webui, env: { ...settings.webui.env, ...settings.webui.secretEnv } };
  return [
    ...loopbackWarnings(webui),
    ...ownAddressWarnings(webui),
    ...neighbourWarnings({ ...settings, webui }),
    ...variableWarnings(webui),
    ...sessionKeyWarnings(webui.sessionKey),
  ];
}
