/** `npm run pulumi`: the Pulumi CLI with its state, its passphrase and the engine of the stack. */

import { takeOptions } from '../system/args.mjs';
import { attached } from '../system/exec.mjs';
import type { Command } from './command.ts';
import { withStack } from './workspace.ts';

export const command: Command = {
  summary: 'Runs the Pulumi CLI with the state of this checkout and the engine of the stack.',
  usage: 'npm run pulumi -- ARGUMENTS OF PULUMI',
  run(args, context) {
    const { values } = takeOptions(args, { stack: { type: 'string', short: 's' } });
    const work = ({ env, root }: { env: NodeJS.ProcessEnv; root: string }) =>
      attached('pulumi', args, { env, cwd: root });
    return withStack(context, values['stack'] as string | undefined, work, { create: true });
  },
};
