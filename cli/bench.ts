/** `npm run bench`: measures this project beside other tools, and writes docs/performance.md. */

import { parseArgs } from 'node:util';
import { run } from '../bench/run.ts';
import { UserError } from '../core/errors.mjs';
import { step } from '../system/console.mjs';
import { BUILT, chooseStack } from './chooseStack.ts';
import type { Command } from './command.ts';
import { PROGRAM } from './fingerprint.ts';
import { prepareMachine } from './workspace.ts';

export const command: Command = {
  summary: 'Measures this project beside other tools; --check writes nothing and exits 1 when it has become slower.',
  usage: 'npm run bench [-- --check] [--rounds N]',
  async run(args, context) {
    const options = { rounds: { type: 'string', default: '5' }, check: { type: 'boolean', default: false } } as const;
    const { values } = parseArgs({ args: [...args], options });
    const rounds = Number(values.rounds);
    if (!Number.isInteger(rounds) || rounds < 1) throw new UserError('--rounds takes a whole number from 1');
    const machine = await prepareMachine(context, step);
    // The images that are built where none can be pulled, so that every tool finds the same ones everywhere.
    const { images } = (await chooseStack(machine, step, BUILT)).needs;
    const parts = [...PROGRAM, 'bootstrap', 'setup', 'cli'];
    return run({ ...machine, images, parts, rounds, check: values.check });
  },
};
