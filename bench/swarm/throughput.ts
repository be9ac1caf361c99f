/** How many requests a second get done, without a pause between them. */

import type { Client } from '../load/client.ts';
import { request } from '../load/requests.ts';
import type { SwarmStack } from './stack.ts';
import { type Processors, watch } from './usage.ts';

/** Users at once, each of whom sends one request after the other. */
export const USERS = 16;

const WARM_SECONDS = 2;
const SECONDS = 8;

export interface Throughput {
  /** Requests a second, and how many failed. */
  rate: number;
  failed: number;
  processors: Processors;
}

/** All users at once, for some seconds. @returns requests that were answered by then, and those that failed. */
export async function busy(client: Client, seconds: number): Promise<{ done: number; failed: number }> {
  const end = performance.now() + seconds * 1000;
  const counts = { done: 0, failed: 0 };
  const one = async (count: number) => {
    const failed = await request(client, count).then(
      () => false,
      () => true,
    );
    if (failed) counts.failed += 1;
    else if (performance.now() <= end) counts.done += 1;
  };
  const user = async (first: number) => {
    for (let count = first; performance.now() < end; count++) await one(count);
  };
  await Promise.all(Array.from({ length: USERS }, (_, first) => user(first)));
  return counts;
}

/** Measures the web UIs that are there. */
export async function throughput(client: Client, stack: SwarmStack): Promise<Throughput> {
  await busy(client, WARM_SECONDS);
  const stop = watch(await stack.containers());
  const { done, failed } = await busy(client, SECONDS);
  return { rate: done / SECONDS, failed, processors: stop() };
}

/** The most that is sent, whatever is carried. */
const MOST = 100;

/**
 * Requests a second that are sent while something changes: half of what gets done without a pause, in tens. The other half is left to the web UI
 * that starts.
 */
export const carried = (rate: number): number => Math.max(10, Math.min(MOST, Math.floor(rate / 20) * 10));
