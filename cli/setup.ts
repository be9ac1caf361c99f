/** `npm run setup`: makes present what deploying needs, and deploys nothing. */

import { parseArgs } from 'node:util';
import { say, step } from '../system/console.mjs';
import { chooseStack } from './chooseStack.ts';
import type { Command } from './command.ts';
import { rememberedStack } from './state.ts';
import { prepareMachine, prepareStack } from './workspace.ts';

export const command: Command = {
  summary: 'Installs Pulumi, a Docker engine and the images; deploys nothing.',
  usage: 'npm run setup',
  async run(args, context) {
    parseArgs({ args: [...args], options: {} });
    const stack = rememberedStack(context.root);
    const machine = stack ? (await prepareStack(context, step, stack)).machine : await prepareMachine(context, step);
    await chooseStack(machine, step, stack);
    const [before = '', after = ''] = [process.env['PATH'], machine.env['PATH']];
    const added = after.endsWith(before) ? after.slice(0, after.length - before.length) : '';
    say(
      added
        ? `\nFor pulumi in this shell:\n  export PATH="${added}$PATH"`
        : '\npulumi up and pulumi preview work as they are.',
    );
    return 0;
  },
};
