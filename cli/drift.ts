/** `npm run drift -- --stack NAME`: what was changed on the engine past Pulumi. Changes nothing. */

import { parseArgs } from 'node:util';
import { compare, line } from '../ops/drift/compare.ts';
import { refreshed } from '../ops/drift/refresh.ts';
import { readState } from '../ops/drift/state.ts';
import { useEngine } from '../ops/engine.ts';

/** Ends with 0 where there is no drift, with 1 where there is some; who throws cannot tell. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      stack: { type: 'string' },
      json: { type: 'boolean', default: false },
      // For npm run up, which has no time for Pulumi's own look, and wants to know what to do.
      quick: { type: 'boolean', default: false },
    },
  });
  const { stack } = values;
  if (!stack) throw new Error('which stack? npm run drift -- --stack NAME');
  const { resources, host } = await readState(stack);
  useEngine(host);
  const [{ differences: own, repair }, theirs] = await Promise.all([
    compare(resources),
    values.quick ? [] : refreshed(stack),
  ]);
  const differences = [...own, ...theirs];
  if (values.json) console.log(JSON.stringify({ stack, differences, ...(values.quick && { repair }) }, null, 2));
  else if (differences.length === 0)
    console.log(`The engine has all of the stack ${stack} as the last npm run up has left it.`);
  else {
    console.log(`Changed on the engine since the last npm run up of the stack ${stack}:`);
    for (const one of differences) console.log(`- ${line(one)}`);
    console.log(`npm run up -- --stack ${stack} puts it right.`);
  }
  return differences.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(`✘ ${(error as Error).message}`);
  process.exitCode = 2;
}
