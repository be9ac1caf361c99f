/** The session key that people have already. */

import { isKept, type Rule } from '../rule.ts';

/** Below this, all keys can be tried. */
const LENGTH = 16;
const CHARACTERS = 6;

/** What stands in examples, and Open WebUI's own default. */
const KNOWN =
  /t0p-s3cr3t|change[-_ ]?(me|this|it)|replace[-_ ]?(me|this|with)|(your|my|super|some)[-_ ]?((very|long|random)[-_ ]?)*(key|secr)/i;

const isWeak = (key: string) => key.length < LENGTH || new Set(key).size < CHARACTERS || KNOWN.test(key);

/** A key in clear shows in the stack file. */
export const sessionKey: Rule = ({ webui }, circumstances) =>
  webui.sessionKey === undefined || (isKept(circumstances, ['webui', 'sessionKey']) && !circumstances.allHidden)
    ? []
    : [
        {
          path: ['webui', 'sessionKey'],
          reason: `in plain text it would show in ${circumstances.origin.shows}, and anyone who knows it can sign in as any user`,
          allowed: circumstances.origin.kept,
          fix: circumstances.origin.secret('webui.sessionKey'),
          confidential: true,
        },
      ];

/** Sentences about a key that can be guessed, without it. */
export const sessionKeyWarnings = (key: string | undefined, another: string): string[] =>
  key === undefined || !isWeak(key)
    ? []
    : [
        `webui.sessionKey is short, or appears in many examples: anyone who guesses it can sign in as any user. After the move, ${another}; everyone then signs in again.`,
      ];
