/** `npm run test:faults`: causes every fault of docs/faults.md; the tests write what they have seen into it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { step } from '../system/console.mjs';
import { attached } from '../system/exec.mjs';
import { BUILT, chooseStack } from './chooseStack.ts';
import type { Command } from './command.ts';
import { prepareMachine } from './workspace.ts';

export const command: Command = {
  summary: 'Causes every fault in docs/faults.md, records the results there, and prints its table.',
  usage: 'npm run test:faults [-- ARGUMENTS OF jest]',
  async run(args, context) {
    const { root } = context;
    const machine = await prepareMachine(context, step);
    await chooseStack(machine, step, BUILT);
    const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
    const env = { ...machine.env, FAULTS_TO_PAGE: '1' };
    const code = await attached('node', [jest, '--selectProjects', 'faults', ...args], { env, cwd: root });
    const page = readFileSync(join(root, 'docs', 'faults.md'), 'utf8');
    console.log(
      `\n${page
        .split('\n')
        .filter((line) => line.startsWith('| '))
        .join('\n')}`,
    );
    return code;
  },
};
