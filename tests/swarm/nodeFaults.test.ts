/** A stack on a Swarm of three nodes, with three web UIs: nodes are lost, cut off, restarted and full, and its bucket is away. */

import { setTimeout as sleep } from 'node:timers/promises';
import { type Noticed, swarmFault } from '../support/faults.ts';
import type { SwarmNode } from '../support/swarmNodes.ts';
import { BUCKET, ThreeNodes } from '../support/threeNodes.ts';

jest.setTimeout(900_000);

/** How long what does not last for ever lasts, in milliseconds. */
const AWAY = 30_000;

let nodes: ThreeNodes;
let first: SwarmNode;
let second: SwarmNode;
let third: SwarmNode;

beforeAll(async () => {
  nodes = await ThreeNodes.start('faults', { inMemory: [3] });
  [first, second, third] = nodes.swarm.nodes as [SwarmNode, SwarmNode, SwarmNode];
  await nodes.life.up();
  await nodes.settled();
  await nodes.leave();
});
afterAll(() => nodes?.stop());

/** Fails unless each request was answered that a gateway may send twice. */
const expectPages = (failures: readonly string[]): void =>
  expect(failures.filter((why) => why.startsWith('GET'))).toEqual([]);

/**
 * What people notice of a fault, with a web UI on each node when it begins; afterwards all is there.
 *
 * @param work returns the nodes that have the web UIs in the end, once these are well; it may start the clock again.
 * @param check judges what failed. Default: no page
 */
async function noticed(
  work: (startClock: () => void) => Promise<readonly SwarmNode[]>,
  check: (failures: readonly string[]) => void = expectPages,
): Promise<Noticed> {
  await nodes.spread();
  let [start, seconds] = [0, 0];
  const startClock = () => {
    start = Date.now();
  };
  let left: readonly SwarmNode[] = [];
  const { failures, requests, events } = await nodes.noticed(async () => {
    startClock();
    left = await work(startClock);
    await nodes.expectVerified();
    seconds = (Date.now() - start) / 1000;
  });
  check(failures);
  await nodes.expectAllThere(left);
  return { seconds, requests, events };
}

/** While the gateway is gone there is no page. */
const expectSome = (failures: readonly string[]): void => expect(failures.length).toBeGreaterThan(0);

/** Every node is back. */
const ready = () => nodes.swarm.wait('ready');

swarmFault('worker lost', async () => {
  const seen = await noticed(async () => {
    await second.lose();
    await nodes.swarm.wait('down', [second]);
    await nodes.settled([first, third]);
    return [first, third];
  });
  await second.start();
  await ready();
  await nodes.expectVerified();
  return seen;
});

swarmFault('worker cut off', () =>
  noticed(async () => {
    third.cut();
    await sleep(AWAY);
    third.reconnect();
    await ready();
    await nodes.settled();
    return nodes.swarm.nodes;
  }),
);

swarmFault('bucket away', () =>
  noticed(async () => {
    nodes.s3.pause();
    const waiting = nodes.upload('while the bucket was away').then(
      () => 'taken',
      (error: Error) => error.message,
    );
    await sleep(AWAY);
    nodes.s3.resume();
    expect(await waiting).toBe('taken');
    const id = await nodes.upload('when the bucket was back');
    expect(nodes.s3.keys(BUCKET)).toContain(`${nodes.webui}/${id}_notes.txt`);
    return nodes.swarm.nodes;
  }),
);

swarmFault('disk full', () =>
  noticed(async () => {
    await third.fillDisk();
    expect(() => nodes.uploadOn(third, 'x'.repeat(5000))).toThrow();
    nodes.uploadOn(second, 'x'.repeat(5000));
    await sleep(AWAY);
    third.freeDisk();
    nodes.uploadOn(third, 'x'.repeat(5000));
    await nodes.settled();
    return nodes.swarm.nodes;
  }),
);

swarmFault('manager restarted', () =>
  noticed(async () => {
    await first.restart();
    await ready();
    await nodes.settled();
    return nodes.swarm.nodes;
  }, expectSome),
);

swarmFault('manager lost', () =>
  noticed(async (startClock) => {
    await first.lose();
    await sleep(AWAY);
    startClock();
    await first.start();
    await ready();
    await nodes.settled();
    return nodes.swarm.nodes;
  }, expectSome),
);
