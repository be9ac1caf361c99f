/** Three Valkeys, one of which is lost in every way: another one takes over, and a token that was signed out stays refused. */

import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../core/until.ts';
import { serverNames } from '../../core/valkey.ts';
import type { Session } from '../../ops/webui.ts';
import { BALANCER, Deployment } from '../support/deployment.ts';
import { docker } from '../support/docker.ts';
import { fault } from '../support/faults.ts';
import { recovered } from '../support/recovery.ts';
import { faultOf, isRefused, primariesOf, primaryOf, signalServer, signedOut } from '../support/valkeys.ts';

jest.setTimeout(1_200_000);

let life: Deployment;
let guest: Session;

beforeAll(async () => {
  life = await Deployment.create('valkeys');
  life.config.valkey = { ...life.config.valkey, highAvailability: true, balancer: { image: BALANCER } };
  await life.up();
  expect(await faultOf(life)).toBeUndefined();
  guest = await signedOut(life);
});

afterAll(async () => {
  await life?.remove();
});

/** Another server is the primary within some seconds. */
async function taken(from: string, seconds = 20): Promise<void> {
  const [now] = await until(
    () => primariesOf(life),
    (found) => found.length === 1 && found[0] !== from,
    { seconds },
  );
  expect([now, from]).not.toEqual([from, from]);
  expect(now).toBeDefined();
}

/** What holds after each fault: one primary, each server known once, everybody subscribed, the token still refused. */
async function whole(since: number, within: number): Promise<number> {
  const seconds = await recovered(life, since, within, async () => (await faultOf(life, 1)) === undefined);
  expect(await faultOf(life)).toBeUndefined();
  expect(await isRefused(guest)).toBe(true);
  return seconds;
}

fault('primary killed', async (within) => {
  const primary = await primaryOf(life);
  const since = Date.now();
  await signalServer(primary, 'KILL');
  await taken(primary);
  return whole(since, within);
});

fault('primary hangs', async (within) => {
  const primary = await primaryOf(life);
  const since = Date.now();
  await signalServer(primary, 'STOP');
  await taken(primary);
  return whole(since, within);
});

fault('primary cut off', async (within) => {
  const primary = await primaryOf(life);
  const since = Date.now();
  await docker('network', 'disconnect', life.network, primary);
  await taken(primary);
  await sleep(60_000);
  // As the engine does it for a container of the stack.
  await docker('network', 'connect', '--alias', primary, life.network, primary);
  return whole(since, within);
});

fault('all Valkeys killed', async (within) => {
  const since = Date.now();
  await Promise.all(serverNames(life.valkey).map((name) => signalServer(name, 'KILL')));
  return whole(since, within);
});

fault('twenty failovers', async (within) => {
  const since = Date.now();
  for (let count = 0; count < 20; count++) {
    const primary = await primaryOf(life);
    await signalServer(primary, 'KILL');
    await taken(primary);
    // The one before has to be back, or two of three would be lost.
    expect(await faultOf(life)).toBeUndefined();
    expect(await isRefused(guest)).toBe(true);
  }
  return whole(since, within);
});
