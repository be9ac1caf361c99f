/** `npm run bench`: measures this project beside other tools, and writes docs/performance.md. */

import { parseArgs } from 'node:util';
import { run, runAtRest, runOnSwarm, runUnderLoad } from '../bench/run.ts';
import { SUBJECTS } from '../bench/swarm/index.ts';
import { UserError } from '../core/errors.mjs';
import { step } from '../system/console.mjs';
import { BUILT, chooseStack } from './chooseStack.ts';
import type { Command } from './command.ts';
import { PROGRAM } from './fingerprint.ts';
import { prepareMachine } from './workspace.ts';

const OPTIONS = {
  rounds: { type: 'string', default: '5' },
  check: { type: 'boolean', default: false },
  rest: { type: 'boolean', default: false },
  load: { type: 'boolean', default: false },
  swarm: { type: 'boolean', default: false },
  minutes: { type: 'string', default: '10' },
  only: { type: 'string' },
} as const;

function positive(option: string, text: string, whole: boolean): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value) && (!whole || Number.isInteger(value))) return value;
  throw new UserError(`--${option} takes a ${whole ? 'whole ' : ''}number above 0`);
}

/** What of several web UIs is measured; all of it by default. */
function subjectsOf(only: string | undefined): ReadonlySet<string> {
  const asked = only === undefined ? SUBJECTS : only.split(',');
  const unknown = asked.filter((one) => !(SUBJECTS as readonly string[]).includes(one));
  if (unknown.length > 0) throw new UserError(`--only takes ${SUBJECTS.join(', ')}, not ${unknown.join(', ')}`);
  // Their rate follows from what is carried.
  return new Set(asked.includes('changes') ? [...asked, 'requests'] : asked);
}

export const command: Command = {
  summary: 'Measures this project beside other tools; --check writes nothing and exits 1 when it has become slower.',
  usage:
    'npm run bench [-- --check] [--rounds N]   or   npm run bench -- --rest [--minutes N]   or   npm run bench -- --load   or   npm run bench -- --swarm [--only memory,requests,events,held,previews,changes]',
  async run(args, context) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const rounds = positive('rounds', values.rounds, true);
    const minutes = positive('minutes', values.minutes, false);
    const asked = subjectsOf(values.only);
    const machine = await prepareMachine(context, step);
    // The images that are built where none can be pulled, so that every tool finds the same ones everywhere.
    const { images } = (await chooseStack(machine, step, BUILT)).needs;
    const bench = { ...machine, images, parts: [...PROGRAM, 'bootstrap', 'setup', 'cli'] };
    if (values.load) return runUnderLoad(bench);
    if (values.swarm) return runOnSwarm(bench, asked);
    return values.rest ? runAtRest(bench, minutes) : run(bench, { rounds, check: values.check });
  },
};
