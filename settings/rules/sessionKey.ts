/** The session key that people have already. */

import type { Rule } from '../rule.ts';

/** Below this, all keys can be tried. */
const SHORT = 16;

/** What stands in examples, Open WebUI's own default among them. */
const KNOWN =
  /^(t0p-s3cr3t|(your|my|change|replace|put|some|a)[-_ ]?.*(key|secret|me|here|this).*|secret.*|(.)\3*|\d+)$/i;

/** A key in clear shows in the stack file. */
export const sessionKey: Rule = ({ webui }, { project, isSecret }) =>
  webui.sessionKey === undefined || isSecret('webui')
    ? []
    : [
        {
          path: ['webui', 'sessionKey'],
          reason: 'in clear it would show in the stack file, and whoever knows it signs in as anybody',
          allowed: 'an encrypted value',
          fix: `remove it from the file and set it with pulumi config set --secret --path ${project}:webui.sessionKey`,
          confidential: true,
        },
      ];

/** Sentences about a key that can be guessed, without it. */
export const sessionKeyWarnings = (key: string | undefined): string[] =>
  key === undefined || (key.length >= SHORT && !KNOWN.test(key))
    ? []
    : [
        'webui.sessionKey is short, or stands in many examples: whoever guesses it signs in as anybody. When everything has moved, npm run rotate -- --secret session puts a generated one in its place; everybody signs in again then.',
      ];
