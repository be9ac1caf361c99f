/** `npm run bench -- --load`: what people notice of a change, and what the gateway and the databases cost. */

import { changeSetting, underLoad, withNewImage } from './change.ts';
import { gatewayCost } from './cost.ts';
import { compareDatabases } from './databases.ts';
import { type Loaded, summarize } from './section.ts';
import { LoadStack, type Machine } from './stack.ts';

/** Measures all of it, one stack after the other; two at a time where they are compared. */
export async function measureLoad(machine: Machine, folder: string): Promise<Loaded> {
  const { docker } = machine;
  const changes: Record<string, Loaded['changes'][string]> = {};
  const note = async (name: string, work: () => Promise<Loaded['changes'][string]>) => {
    const figures = await work();
    changes[name] = figures;
    console.log(name, figures);
  };
  const changeBoth = async (stack: LoadStack, how: string) => {
    await note(`setting, ${how}`, () => underLoad(docker, stack, changeSetting(stack)));
    await withNewImage(docker, stack, (change) => note(`upgrade, ${how}`, () => underLoad(docker, stack, change)));
  };
  const deploy = <Result>(gateway: boolean, postgres: boolean, work: (stack: LoadStack) => Promise<Result>) =>
    LoadStack.with(machine, folder, { gateway, postgres }, work);

  const cost = await deploy(true, false, async (stack) => {
    const figures = await gatewayCost(stack);
    await changeBoth(stack, 'gateway');
    return figures;
  });
  await deploy(true, true, (stack) => changeBoth(stack, 'gateway and Postgres'));
  await deploy(false, false, (stack) => changeBoth(stack, 'no gateway'));
  const [sqlite, postgres] = await deploy(false, false, (one) =>
    deploy(false, true, (other) => compareDatabases([one, other])),
  );
  return {
    changes,
    cost: { gateway: summarize(cost.gateway), direct: summarize(cost.direct) },
    databases: { sqlite: summarize(sqlite), postgres: summarize(postgres) },
  };
}
