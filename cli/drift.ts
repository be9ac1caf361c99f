/** `npm run drift`: what was changed on the engine outside Pulumi. Changes nothing. */

import { parseArgs } from 'node:util';
import { describeError } from '../core/errors.mjs';
import { connect } from '../docker/client.ts';
import { resolveHost } from '../docker/contexts.ts';
import { type Comparison, compare, line, type Repair } from '../ops/drift/compare.ts';
import { refreshed } from '../ops/drift/refresh.ts';
import { readState } from '../ops/drift/state.ts';
import { requireSameEngine } from '../ops/engine.ts';
import { commandsOf, pulumiOn } from '../ops/pulumi.ts';
import { say } from '../system/console.mjs';
import type { Command } from './command.ts';
import { requireEngines } from './engines.ts';
import { STACK_OPTIONS, STACK_USAGE, withDeployment } from './guest.ts';
import type { OpenStack } from './workspace.ts';

async function look(opened: OpenStack): Promise<Comparison> {
  const pulumi = pulumiOn(opened);
  const { resources, host, engine, updating } = await readState(pulumi);
  const docker = connect(resolveHost(host, `Pulumi.${opened.stack}.yaml`, opened.env), opened.env);
  if (opened.guest) await requireSameEngine(docker, opened.stack, engine);
  else await requireEngines({ ...opened, docker }, { resources, update: false });
  if (updating) say('! An update of the stack is in progress, or was killed: it may have caused the differences.');
  const [own, theirs] = await Promise.all([compare(docker, resources), refreshed(pulumi)]);
  const urns = new Set(resources.map(({ urn }) => urn));
  const ofDeployment = theirs.filter(({ urn }) => !opened.guest || urns.has(urn));
  return {
    differences: [...own.differences, ...ofDeployment.map(({ urn: _, ...one }) => one)],
    kept: own.kept,
    repair: own.repair,
  };
}

/** What the next `pulumi up` of a program that is not this project's own needs. */
const optionsOf = ({ refresh, replace }: Repair): string[] => [
  ...(refresh || replace.length === 0 ? ['--refresh'] : []),
  ...replace.map((urn) => `--replace '${urn}'`),
];

async function report(opened: OpenStack, json: boolean): Promise<number> {
  const { stack } = opened;
  const { up } = commandsOf(opened);
  const update = opened.guest ? up : 'npm run up';
  const { differences, kept, repair } = await look(opened);
  if (json) console.log(JSON.stringify({ stack, differences, kept }, null, 2));
  else if (differences.length === 0)
    console.log(`The engine has all of the stack ${stack} as the last ${update} left it.`);
  else {
    console.log(`Changed on the engine since the last ${update} of the stack ${stack}:`);
    for (const one of differences) console.log(`- ${line(one)}`);
    const byHand = differences.filter((one) => one.byHand).length;
    if (byHand < differences.length)
      console.log(
        `${opened.guest ? [up, ...optionsOf(repair)].join(' ') : up} repairs ${byHand > 0 ? 'the rest' : 'it'}.`,
      );
  }
  if (!json) for (const text of kept) console.log(`Joined by hand, and kept: ${text}.`);
  return differences.length === 0 ? 0 : 1;
}

export const command: Command = {
  summary: 'Lists what was changed on the engine outside Pulumi; exits 1 on drift, 2 when it cannot tell.',
  usage: `npm run drift [-- ${STACK_USAGE}] [--json]`,
  async run(args, context) {
    const options = { ...STACK_OPTIONS, json: { type: 'boolean', default: false } } as const;
    const { values } = parseArgs({ args: [...args], options });
    try {
      return await withDeployment(context, values, (stack) => report(stack, values.json));
    } catch (error) {
      say(describeError(error));
      return 2;
    }
  },
};
