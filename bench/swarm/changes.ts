/** What people notice while one of several web UIs is replaced or lost, and while all of them are upgraded. */

import { setTimeout as sleep } from 'node:timers/promises';
import { failures } from '../load/change.ts';
import type { Client } from '../load/client.ts';
import { outage, type Sample, startLoad } from '../load/requests.ts';
import { processes } from '../processes.ts';
import { quantile } from '../statistics.ts';
import type { SwarmStack } from './stack.ts';

/** What was noticed while something was done. Times are in seconds. */
export interface Noticed {
  requests: number;
  /** Failed requests by what they were answered. */
  failed: Readonly<Record<string, number>>;
  p99: number;
  longest: number;
  /** The longest time without any success. */
  outage: number;
  /** How long it took to be done. */
  took: number;
}

/** The load before something is done and after all is well again, in milliseconds. */
const MARGIN_MS = 5000;

/** What the requests of a load say, of which all times are in milliseconds. */
export function noticed(samples: readonly Sample[], took: number): Noticed {
  const waits = samples.map(({ sent, ended }) => (ended - sent) / 1000);
  const { from, to } = outage(samples);
  return {
    requests: samples.length,
    failed: failures(samples),
    p99: quantile(waits, 0.99),
    longest: quantile(waits, 1),
    outage: (to - from) / 1000,
    took: took / 1000,
  };
}

/** Does something under a load of so many requests a second. */
export async function during(
  client: Client,
  rate: number,
  work: () => Promise<unknown>,
  marginMs = MARGIN_MS,
): Promise<Noticed> {
  const load = startLoad(client, rate);
  try {
    await sleep(marginMs);
    const began = performance.now();
    await work();
    const took = performance.now() - began;
    await sleep(marginMs);
    return noticed(await load.stop(), took);
  } finally {
    await load.stop();
  }
}

/** A setting whose change replaces all web UIs, and has no other effect that could be measured. */
export async function changeSetting(stack: SwarmStack): Promise<void> {
  stack.set({ env: { THREAD_POOL_SIZE: 50 } });
  await stack.up();
}

/** Ends the program of one web UI as a defect of its own would, and waits until there are as many as before. */
export async function killOne(stack: SwarmStack): Promise<void> {
  const { 'web UI': all } = await stack.containers();
  const id = all[0] as string;
  const first = Number(await stack.place.docker.run(['inspect', '--format', '{{.State.Pid}}', id]));
  // The first process of the container waits for it.
  const { pid } = processes().find(({ parent }) => parent === first) ?? { pid: first };
  process.kill(pid, 'SIGKILL');
  await stack.well(all.length, id);
}

/** Another image with the same program in it: what an upgrade takes besides what the new release does to the data. */
export async function buildNext({ config, place: { docker } }: SwarmStack): Promise<string> {
  const { image } = config['webui'] as { image: string };
  const next = `${image}-load${process.pid}`;
  await docker.run(['build', '--quiet', '--tag', next, '-'], { input: `FROM ${image}\nLABEL load=next\n` });
  return next;
}
