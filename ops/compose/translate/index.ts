/** From the description of a deployment to a stack file, and what there is to say about it. */

import { parse } from '../../../settings/parse.ts';
import { warningsOf } from '../../../settings/warnings.ts';
import type { Found } from '../find.ts';
import type { Source } from '../source.ts';
import { Draft, type Wanted } from './draft.ts';
import { judge } from './judge.ts';
import { networks, sidecars } from './networks.ts';
import { rest } from './rest.ts';
import { valkey } from './valkey.ts';
import { sayVariables, variables } from './variables.ts';
import { hardening, webui } from './webui.ts';

export interface Translation {
  draft: Draft;
  /** Whether the web UI starts as a newer release. */
  upgrades: boolean;
}

export interface TranslationOptions {
  project: string;
  stack: string;
  /** Settings that were asked for, whatever the deployment has. */
  wanted?: readonly Wanted[];
}

/** Makes the stack file. */
export function translate(
  source: Source,
  found: Found,
  { project, stack, wanted = [] }: TranslationOptions,
): Translation {
  const draft = new Draft(stack, wanted);
  hardening(draft, found.webui);
  const upgrades = webui(draft, found.webui);
  variables(draft, found.webui);
  valkey(draft, found);
  networks(draft, source, found);
  sidecars(draft, source, found);
  rest(draft, found.webui);
  if (found.redis) rest(draft, found.redis);
  draft.setAsked();
  judge(draft, project);
  sayVariables(draft);
  const secret = draft.secrets.length > 0;
  const settings = parse({ project, stack, given: draft.given, isSecret: (key) => secret && key === 'webui' });
  for (const warning of warningsOf(settings)) draft.say('differs', warning);
  return { draft, upgrades };
}
