/** What requests take of the gateway while they wait in it because no web UI runs. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../load/client.ts';
import type { SwarmStack } from './stack.ts';
import { memory } from './usage.ts';

/** Requests that wait at the same time, each on a connection of its own: the worst case. */
const COUNTS = [1000, 2000];

/** Opened at once, and the pause after them, in milliseconds: all of them have to come within the time that the first may wait. */
const BATCH = 50;
const PAUSE_MS = 250;

/** Memory of the gateway in MiB by the number of requests that wait. */
export type Held = Readonly<Record<string, number>>;

/** Measures it without a web UI, and starts the web UIs again. @throws Error when a request does not wait. */
export async function holdRequests(client: Client, stack: SwarmStack): Promise<Held> {
  const containers = await stack.containers();
  const gateway = async () => (await memory(stack.place.docker, { ...containers, 'web UI': [] })).gateway;
  return stack.withoutWebuis(async () => {
    const held: Record<string, number> = { 0: await gateway() };
    const ended: string[] = [];
    let waiting = 0;
    for (const count of COUNTS) {
      while (waiting < count) {
        for (let one = 0; one < BATCH; one++, waiting++)
          void client.ask('/api/v1/chats/?page=1').then(
            ({ status }) => ended.push(`answered ${status}`),
            ({ message }: Error) => ended.push(message),
          );
        await sleep(PAUSE_MS);
      }
      held[count] = await gateway();
      if (ended.length > 0) throw new Error(`${ended.length} of ${count} requests did not wait: ${ended[0]}`);
    }
    return held;
  });
}
