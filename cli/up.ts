/** `npm run up`: sets up what is missing, deploys a stack and proves that it works. */

import { parseArgs } from 'node:util';
import { say, step } from '../system/console.mjs';
import { chooseStack } from './chooseStack.ts';
import type { Command, Context } from './command.ts';
import { exclusively } from './exclusive.ts';
import { type Needs, recall, remember } from './fingerprint.ts';
import { finishEarlier } from './finishEarlier.ts';
import { requireStackFile } from './needs.ts';
import { shortName } from './paths.ts';
import { rememberedStack, rememberStack } from './state.ts';
import { confirmUnchanged } from './unchanged.ts';
import { whereaboutsOf } from './whereabouts.ts';
import { type Machine, openStack, prepareMachine, prepareStack } from './workspace.ts';

async function up(asked: string | undefined, context: Context): Promise<number> {
  const { root } = context;
  if (asked) requireStackFile(root, asked);
  const named = asked ?? rememberedStack(root);
  const machine =
    named === undefined
      ? await prepareMachine(context, step)
      : (await prepareStack(context, step, named, { create: true })).machine;
  const { stack: name, needs } = await chooseStack(machine, step, named);
  const { project } = needs;
  return exclusively(context, { project, stack: shortName(name) }, () => deployStack(machine, { asked, name, needs }));
}

interface Choice {
  /** The stack that was named on the command line, and the one that is meant. */
  asked: string | undefined;
  name: string;
  needs: Needs;
}

async function deployStack(machine: Machine, { asked, name, needs }: Choice): Promise<number> {
  const { root } = machine;
  const note = shortName(name);
  const isUnchanged = !needs.partial && recall(root, note) !== undefined;
  const stack = await openStack(machine, name, needs.project, {
    create: true,
    show: step,
    before: (opened, progress) => finishEarlier(opened, needs.images.webui, progress),
  });
  if (!asked) rememberStack(root, name);
  const seen = isUnchanged ? await confirmUnchanged(stack, Object.values(needs.images)) : undefined;
  const deployed = seen ?? (await (await import('./deploy.ts')).deploy(stack));
  if (!needs.isDecrypted) remember(root, note, needs);
  const only = asked ? ` -- --stack ${name}` : '';
  say(`
Open WebUI is at   ${whereaboutsOf(deployed, machine.docker.endpoint).join(`\n${' '.repeat(19)}`)}
Sign in as         ${deployed.adminEmail}
with the password  npm run --silent pulumi -- stack output adminPassword --show-secrets --stack ${name}
Check it again     npm run verify${only}
Remove it          npm run down${only}`);
  return 0;
}

export const command: Command = {
  summary: 'Sets up what is missing, deploys a stack and proves that it works.',
  usage: 'npm run up [-- --stack NAME]',
  run(args, context) {
    const { values } = parseArgs({ args: [...args], options: { stack: { type: 'string' } } });
    return up(values.stack, context);
  },
};
