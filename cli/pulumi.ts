/** `npm run pulumi`: the Pulumi CLI with its state, its passphrase and the engine of the stack. */

import { takeOptions, withLongStack } from '../system/args.mjs';
import { attached } from '../system/exec.mjs';
import type { Command } from './command.ts';
import { requireEngines } from './engines.ts';
import { type OpenStack, withStack } from './workspace.ts';

/** What looks at the engine or changes it before the program runs, or without it: nothing of that asks whose engine it is. */
const LOOKS = /^(destroy|refresh|--refresh(=true)?|-r)$/;

export const command: Command = {
  summary: 'Runs the Pulumi CLI with the state of this checkout and the engine of the stack.',
  usage: 'npm run pulumi -- ARGUMENTS OF PULUMI',
  run(args, context) {
    const { values } = takeOptions(withLongStack(args), { stack: { type: 'string' } });
    const work = async (stack: OpenStack) => {
      if (args.some((arg) => LOOKS.test(arg))) await requireEngines(stack);
      return attached('pulumi', args, { env: stack.env, cwd: stack.root });
    };
    return withStack(context, values['stack'] as string | undefined, work, { create: true });
  },
};
