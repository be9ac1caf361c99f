/** For `npm run up`: whether a stack is as it was left and works, told as JSON. Looks while Pulumi does, so that nobody waits for it. */

import { parseArgs } from 'node:util';
import { CONTAINER, compare } from './drift/compare.ts';
import { readState } from './drift/state.ts';
import { useEngine } from './engine.ts';
import { withPage } from './page.ts';
import { stackOf } from './stack.ts';
import { line, verify } from './verify.ts';

async function look(name: string): Promise<object> {
  const { resources, host, outputs } = await readState(name);
  const stack = stackOf(outputs);
  if (!stack) return { steady: false };
  useEngine(host);
  const { differences } = await compare(resources);
  if (differences.length > 0) return { steady: false };
  const results = await withPage(stack, verify);
  return {
    steady: results.every(({ ok }) => ok),
    text: results.map(line).join('\n'),
    // What was looked at; another container in its place would have to be looked at anew.
    containers: resources.filter(({ type }) => type === CONTAINER).map(({ id }) => id),
    url: stack.url,
    adminEmail: stack.adminEmail,
  };
}

const { values } = parseArgs({ options: { stack: { type: 'string', default: '' } } });
console.log(JSON.stringify(await look(values.stack)));
