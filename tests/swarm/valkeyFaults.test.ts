/** A Valkey on each of three nodes: the primary is killed, hangs, is cut off, and loses its node; all of them are killed; and twenty failovers. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Interrupted, valkeyFault } from '../support/faults.ts';
import type { SwarmNode } from '../support/swarmNodes.ts';
import { ThreeValkeys } from '../support/threeValkeys.ts';

jest.setTimeout(2_700_000);

/** How long a node is away, in milliseconds. */
const AWAY = 60_000;

/** How often in a row the primary is killed. */
const FAILOVERS = 20;

let three: ThreeValkeys;

beforeAll(async () => {
  three = await ThreeValkeys.start('valkeyfaults');
  await three.nodes.life.up();
  await three.nodes.settled();
  await three.nodes.leave();
});
afterAll(() => three?.stop());

/** In seconds: more than on a machine that does nothing else. */
const FAILOVER = { silence: 20, longest: 60 };
/** Servers that start again need longer than requests wait for one answer, and a request asks Valkey several times. */
const RESTART = { silence: 60, longest: 120 };

/**
 * What people notice until everything works again; afterwards nothing is lost.
 *
 * @param nodes those that stay. Default: all
 * @param limits of the time without events, and of the longest request.
 */
async function interrupted(
  work: () => Promise<unknown>,
  { nodes, limits = FAILOVER }: { nodes?: readonly SwarmNode[]; limits?: typeof FAILOVER } = {},
): Promise<Interrupted> {
  let seconds = 0;
  const seen = await three.watched(async () => {
    const start = Date.now();
    await work();
    await three.expectWhole();
    seconds = (Date.now() - start) / 1000;
  }, nodes);
  await three.nodes.expectAllThere();
  expect(seen.failed).toEqual([]);
  expect(seen.silence).toBeLessThan(limits.silence);
  expect(seen.longest).toBeLessThan(limits.longest);
  return { ...seen, seconds };
}

/** Waits until another server than this one is the primary, after something was done to it. */
async function failover(name: 'KILL' | 'STOP'): Promise<void> {
  const { valkeys } = three;
  const primary = await valkeys.primary();
  valkeys.signal(primary, name);
  await valkeys.taken(primary);
}

valkeyFault('Swarm primary killed', () => interrupted(() => failover('KILL')));

valkeyFault('Swarm primary hangs', () => interrupted(() => failover('STOP')));

/** Takes the node with the primary away, a worker, and brings it back. */
async function away(lose: (node: SwarmNode) => unknown, bring: (node: SwarmNode) => unknown): Promise<Interrupted> {
  const { service: primary, node } = await three.valkeys.moveToWorker();
  return interrupted(
    async () => {
      await lose(node);
      await three.valkeys.taken(primary);
      await sleep(AWAY);
      await bring(node);
      await three.nodes.swarm.wait('ready');
    },
    { nodes: three.nodes.swarm.nodes.filter((one) => one !== node) },
  );
}

valkeyFault('node with the primary cut off', () =>
  away(
    (node) => node.cut(),
    (node) => node.reconnect(),
  ),
);

valkeyFault('node with the primary lost', () =>
  away(
    (node) => node.lose(),
    (node) => node.start(),
  ),
);

valkeyFault('Swarm Valkeys killed', () =>
  interrupted(
    async () => {
      for (const service of three.valkeys.services) three.valkeys.signal(service, 'KILL');
    },
    { limits: RESTART },
  ),
);

valkeyFault('twenty Swarm failovers', () =>
  interrupted(async () => {
    for (let count = 0; count < FAILOVERS; count++) {
      await failover('KILL');
      await three.expectWhole();
      await three.nodes.expectAllThere();
    }
  }),
);
