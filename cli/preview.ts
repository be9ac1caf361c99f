/** `npm run preview`: what an update would do, held against the policies; with `--markdown` as a report for the people who review it. */

import { preview, previewWithoutState } from '../ops/preview/preview.ts';
import { type Preview, report } from '../ops/preview/report.ts';
import { pulumiOn } from '../ops/pulumi.ts';
import { projectName } from '../settings/file.ts';
import { takeOptions } from '../system/args.mjs';
import { quietly } from '../system/console.mjs';
import type { Command, Context } from './command.ts';
import { shortName } from './paths.ts';
import { hasState } from './state.ts';
import { nameStack, openStack, prepareMachine } from './workspace.ts';

function print(found: Preview): number {
  console.log(report(found));
  for (const text of found.errors) console.error(`✘ ${text}`);
  for (const { mandatory, message } of found.violations) console.error(`${mandatory ? '✘' : '!'} ${message}`);
  return found.code;
}

async function run(context: Context, asked: string | undefined, markdown: boolean, flags: string[]): Promise<number> {
  const { root } = context;
  const name = nameStack(root, asked);
  // The provider asks for an engine, but nothing of it: the engine of production need not be reachable for a review.
  const machine = await prepareMachine(context, quietly);
  // A report on a change leaves nothing behind, not even an empty stack.
  if (markdown && !(await hasState(machine, name)))
    return print(await previewWithoutState({ root, env: machine.env, stack: shortName(name) }, flags));
  const stack = await openStack(machine, name, projectName(root), { create: true });
  try {
    if (markdown) return print(await preview(stack, flags));
    return await pulumiOn(stack).attached(['preview', '--policy-pack', 'policy', ...flags]);
  } finally {
    stack.tidy();
  }
}

export const command: Command = {
  summary: 'Shows what an update would do and which policies it violates; --markdown prints a report.',
  usage: 'npm run preview [-- --stack NAME] [--markdown] [OPTIONS OF pulumi preview]',
  run(args, context) {
    const { values, rest } = takeOptions(args, {
      stack: { type: 'string', short: 's' },
      markdown: { type: 'boolean' },
    });
    return run(context, values['stack'], values['markdown'] === true, rest);
  },
};
