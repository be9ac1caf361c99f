/** `npm run bench`: measures this project beside other tools, and writes docs/performance.md. */

import { join } from 'node:path';
import { step } from '../system/console.mjs';
import { attached } from '../system/exec.mjs';
import { BUILT, chooseStack } from './chooseStack.ts';
import type { Command } from './command.ts';
import { prepareMachine } from './workspace.ts';

export const command: Command = {
  summary: 'Measures this project beside other tools; --check writes nothing and exits 1 when it has become slower.',
  usage: 'npm run bench [-- --check] [--rounds N]   or   npm run bench -- --rest [--minutes N]',
  async run(args, context) {
    const { root } = context;
    const machine = await prepareMachine(context, step);
    await chooseStack(machine, step, BUILT);
    // A process of its own: what it measures runs in the environment of that.
    return attached('node', [join(root, 'bench', 'run.ts'), ...args], { env: machine.env, cwd: root });
  },
};
