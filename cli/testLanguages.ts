/** `npm run test:languages`: the examples in Python, Go, Java and C#, each as far as this machine can take it. */

import { join } from 'node:path';
import { buildLanguages, buildMoreLanguages } from '../setup/goModules.ts';
import { step } from '../system/console.mjs';
import { attached } from '../system/exec.mjs';
import { BUILT, chooseStack } from './chooseStack.ts';
import type { Command } from './command.ts';
import { prepareMachine } from './workspace.ts';

export const command: Command = {
  summary: 'Generates the SDKs for Python, Go, Java and C#, and deploys the examples that this machine can compile.',
  usage: 'npm run test:languages [-- ARGUMENTS OF jest]',
  async run(args, context) {
    const { root } = context;
    const machine = await prepareMachine(context, step);
    await chooseStack(machine, step, BUILT);
    await step('language hosts', async (progress) => {
      await buildLanguages({ ...machine, progress });
      await buildMoreLanguages({ ...machine, progress });
      return { text: 'of YAML, Java and .NET, and the generator of SDKs' };
    });
    const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
    return attached('node', [jest, '--selectProjects', 'languages', '--runInBand', ...args], {
      env: machine.env,
      cwd: root,
    });
  },
};
