/** `npm run rotate -- --secret valkey|database|session|admin`: puts a new secret in the place of an old one. */

import { parseArgs } from 'node:util';
import { UserError } from '../core/errors.mjs';
import { isSecret, prepareRotation, SECRETS } from '../ops/rotate.ts';
import type { Command } from './command.ts';
import { requireEngines } from './engines.ts';
import { stateFolder } from './paths.ts';
import { withMarker } from './recover.ts';
import { type OpenStack, withStack } from './workspace.ts';

const names = Object.keys(SECRETS).join('|');

export const command: Command = {
  summary: 'Generates a secret again and puts it in the place of the old one everywhere.',
  usage: `npm run rotate -- --secret ${names} [--stack NAME]`,
  run(args, context) {
    const options = { stack: { type: 'string' }, secret: { type: 'string' } } as const;
    const { secret, stack: asked } = parseArgs({ args: [...args], options }).values;
    if (!isSecret(secret)) {
      throw new UserError(
        `which secret${secret ? `, as there is no ${secret}` : ''}? npm run rotate -- --secret ${names}`,
      );
    }
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
