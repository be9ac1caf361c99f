/** `npm run verify`: proves from outside that a deployed stack works, and leaves nothing behind in it. */

import { parseArgs } from 'node:util';
import { readStack } from '../ops/outputs.ts';
import { withPage } from '../ops/relay.ts';
import { line, verify } from '../ops/verify/verify.ts';
import type { Command } from './command.ts';
import { STACK_OPTIONS, STACK_USAGE, withDeployment } from './guest.ts';
import type { OpenStack } from './workspace.ts';

async function report(opened: OpenStack, json: boolean): Promise<number> {
  const stack = await readStack(opened);
  const results = await withPage(stack, (reachable) =>
    verify(reachable, (result) => {
      if (!json) console.log(line(result));
    }),
  );
  const ok = results.every((result) => result.ok);
  const notProved = results.filter((result) => result.notProved).map(({ name }) => name);
  if (json) console.log(JSON.stringify({ stack: stack.name, url: stack.url, ok, notProved, checks: results }, null, 2));
  else if (ok && notProved.length > 0) console.log('Every check with a result passed; – marks those without one.');
  return ok ? 0 : 1;
}

export const command: Command = {
  summary: 'Proves from outside that a deployed stack works; exits 1 when a check fails.',
  usage: `npm run verify [-- ${STACK_USAGE}] [--json]`,
  run(args, context) {
    const options = { ...STACK_OPTIONS, json: { type: 'boolean', default: false } } as const;
    const { values } = parseArgs({ args: [...args], options });
    return withDeployment(context, values, (stack) => report(stack, values.json));
  },
};
