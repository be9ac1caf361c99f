/** What might go wrong with settings that are accepted. What is known to break is refused by a rule. */

import type { Settings } from './parse.ts';
import { loopbackWarnings } from './rules/addresses.ts';

/** One sentence for each doubt; no value is repeated, as it may be a secret. */
export const warningsOf = ({ webui }: Settings): string[] =>
  loopbackWarnings({ image: webui.image, env: { ...webui.env, ...webui.secretEnv } });
