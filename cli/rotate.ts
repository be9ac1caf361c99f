/** `npm run rotate -- --secret valkey|database|session|admin`: replaces a secret with a new one. */

import { parseArgs } from 'node:util';
import { UserError } from '../core/errors.mjs';
import { COMPONENTS } from '../core/resourceTypes.ts';
import { isSecret, prepareRotation, SECRETS, type Secret } from '../ops/rotate.ts';
import type { Command } from './command.ts';
import { requireEngines } from './engines.ts';
import { stateFolder } from './paths.ts';
import { withMarker } from './recover.ts';
import { type OpenStack, withStack } from './workspace.ts';

const names = Object.keys(SECRETS).join('|');

/** What to do instead of a rotation. */
function instead(secret: Secret): string {
  if (secret === 'admin') return 'change the password in the page';
  const targets = SECRETS[secret].resources.map((name) => `--replace '**${COMPONENTS.secrets}$**::*${name}'`);
  const unless = secret === 'session' ? ', unless users have a second factor, which the session key encrypts' : '';
  return `in that folder, pulumi up ${targets.join(' ')}${unless}`;
}

export const command: Command = {
  summary: 'Generates a new secret and replaces the old one everywhere.',
  usage: `npm run rotate -- --secret ${names} [--stack NAME]`,
  run(args, context) {
    const options = { stack: { type: 'string' }, secret: { type: 'string' }, cwd: { type: 'string' } } as const;
    const { secret, cwd, stack: asked } = parseArgs({ args: [...args], options }).values;
    if (!isSecret(secret)) {
      throw new UserError(
        `which secret${secret ? `, as there is no ${secret}` : ''}? npm run rotate -- --secret ${names}`,
      );
    }
    if (cwd !== undefined)
      throw new UserError("rotate works only on stacks of this project's own program", instead(secret));
    const work = async (stack: OpenStack) => {
      await requireEngines(stack);
      const rotate = await prepareRotation(stack, secret, stateFolder(stack.root));
      console.log(`${secret}: ${SECRETS[secret].cost}.`);
      return withMarker(stack, async () => {
        const note = await rotate();
        console.log(`\nThe new secret is in use, and the old one is refused: ${secret}.${note ? `\n${note}` : ''}`);
        return 0;
      });
    };
    return withStack(context, asked, work, { changes: true });
  },
};
