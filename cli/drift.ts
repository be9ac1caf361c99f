/** `npm run drift`: what was changed on the engine outside Pulumi. Changes nothing. */

import { parseArgs } from 'node:util';
import { describeError } from '../core/errors.mjs';
import { connect } from '../docker/client.ts';
import { resolveHost } from '../docker/contexts.ts';
import { type Comparison, compare, line } from '../ops/drift/compare.ts';
import { refreshed } from '../ops/drift/refresh.ts';
import { readState } from '../ops/drift/state.ts';
import { pulumiOn } from '../ops/pulumi.ts';
import { say } from '../system/console.mjs';
import type { Command } from './command.ts';
import { requireEngines } from './engines.ts';
import { type OpenStack, withStack } from './workspace.ts';

async function look(opened: OpenStack): Promise<Pick<Comparison, 'differences' | 'kept'>> {
  const pulumi = pulumiOn(opened);
  const { resources, host, updating } = await readState(pulumi);
  const docker = connect(resolveHost(host, `Pulumi.${opened.stack}.yaml`, opened.env), opened.env);
  await requireEngines({ ...opened, docker }, { resources, update: false });
  if (updating) say('! An update of the stack is under way, or was killed: differences may be of its making.');
  const [own, theirs] = await Promise.all([compare(docker, resources), refreshed(pulumi)]);
  return { differences: [...own.differences, ...theirs], kept: own.kept };
}

async function report(opened: OpenStack, json: boolean): Promise<number> {
  const { stack } = opened;
  const { differences, kept } = await look(opened);
  if (json) console.log(JSON.stringify({ stack, differences, kept }, null, 2));
  else if (differences.length === 0)
    console.log(`The engine has all of the stack ${stack} as the last npm run up has left it.`);
  else {
    console.log(`Changed on the engine since the last npm run up of the stack ${stack}:`);
    for (const one of differences) console.log(`- ${line(one)}`);
    const byHand = differences.filter((one) => one.byHand).length;
    if (byHand < differences.length)
      console.log(`npm run up -- --stack ${stack} puts ${byHand > 0 ? 'the rest' : 'it'} right.`);
  }
  if (!json) for (const text of kept) console.log(`Joined by hand, and kept: ${text}.`);
  return differences.length === 0 ? 0 : 1;
}

export const command: Command = {
  summary: 'Lists what was changed on the engine outside Pulumi; exits 1 on drift, 2 when it cannot tell.',
  usage: 'npm run drift [-- --stack NAME] [--json]',
  async run(args, context) {
    const options = { stack: { type: 'string' }, json: { type: 'boolean', default: false } } as const;
    const { values } = parseArgs({ args: [...args], options });
    try {
      return await withStack(context, values.stack, (stack) => report(stack, values.json));
    } catch (error) {
      say(describeError(error));
      return 2;
    }
  },
};
