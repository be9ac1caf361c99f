/** The session key that people have already. */

import type { Rule } from '../rule.ts';

/** Below this, all keys can be tried. */
const LENGTH = 16;
const CHARACTERS = 6;

/** What stands in examples, and Open WebUI's own default. */
const KNOWN =
  /t0p-s3cr3t|change[-_ ]?(me|this|it)|replace[-_ ]?(me|this|with)|(your|my|super|some)[-_ ]?((very|long|random)[-_ ]?)*(key|secr)/i;

const isWeak = (key: string) => key.length < LENGTH || new Set(key).size < CHARACTERS || KNOWN.test(key);

/** A key in clear shows in the stack file. */
export const sessionKey: Rule = ({ webui }, { project, isSecret, allHidden }) =>
  webui.sessionKey === undefined || (isSecret('webui') && !allHidden)
    ? []
    : [
        {
          path: ['webui', 'sessionKey'],
          reason: 'in clear it would show in the stack file, and anyone who knows it signs in as anybody',
          allowed: 'an encrypted value',
          fix: `remove it from the file and set it with pulumi config set --secret --path ${project}:webui.sessionKey`,
          confidential: true,
        },
      ];

/** Sentences about a key that can be guessed, without it. */
export const sessionKeyWarnings = (key: string | undefined): string[] =>
  key === undefined || !isWeak(key)
    ? []
    : [
        'webui.sessionKey is short, or stands in many examples: anyone who guesses it signs in as anybody. When everything has moved, npm run rotate -- --secret session puts a generated one in its place; everybody signs in again then.',
      ];
