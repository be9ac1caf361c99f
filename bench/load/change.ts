/** What people notice while the web UI is replaced: by a changed setting, and by an upgrade of its image. */

import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../core/until.ts';
import type { Docker } from '../../docker/client.ts';
import { Client } from './client.ts';
import { outage, type Sample, startLoad } from './requests.ts';
import { openSockets, SOCKETS } from './sockets.ts';
import type { LoadStack } from './stack.ts';

/** What was measured while the web UI was replaced once. */
export interface Change {
  requests: number;
  /** Failed requests by what they were answered. */
  failed: Readonly<Record<string, number>>;
  /** The longest that a request took, and the longest time without any success, in seconds. */
  longest: number;
  outage: number;
  /** From the first success after the outage until all websockets were open again, in seconds; undefined where not all came back. */
  socketsBack: number | undefined;
  /** What the web UI takes to start by itself on this machine, in seconds. */
  ownStart: number;
}

/** The load before a change begins and after all is well again, in milliseconds. */
const MARGIN_MS = 5000;

/** How long websockets are waited for. */
const RETURN_SECONDS = 60;

/** Seconds from the start of the container of the web UI until it is ready, without any load. */
async function ownStart(docker: Docker, stack: LoadStack): Promise<number> {
  const container = await stack.container();
  await docker.run(['stop', container]);
  const started = performance.now();
  await docker.run(['start', container]);
  const client = new Client(await stack.server());
  const ready = () =>
    client.ask('/ready').then(
      ({ status }) => status === 200,
      () => false,
    );
  const answered = await until(ready, Boolean, { seconds: 180, everyMs: 100 });
  client.close();
  if (!answered) throw new Error('The web UI does not start');
  return (performance.now() - started) / 1000;
}

/** How many requests failed, by what they were answered. */
export function failures(samples: readonly Sample[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { failed } of samples) if (failed) counts[failed] = (counts[failed] ?? 0) + 1;
  return counts;
}

/** Replaces the web UI under load. @param change makes the settings such that the next update replaces it. */
export async function underLoad(docker: Docker, stack: LoadStack, change: () => Promise<void>): Promise<Change> {
  const own = await ownStart(docker, stack);
  const client = await stack.administrator(await stack.page());
  const sockets = await openSockets(client);
  try {
    const load = startLoad(client);
    await sleep(MARGIN_MS);
    await change();
    await stack.up();
    const allOpen = await until(sockets.open, (open) => open === SOCKETS, { seconds: RETURN_SECONDS, everyMs: 50 });
    await sleep(MARGIN_MS);
    const samples = await load.stop();
    const { from, to } = outage(samples);
    return {
      requests: samples.length,
      failed: failures(samples),
      longest: Math.max(...samples.map(({ sent, ended }) => ended - sent)) / 1000,
      outage: (to - from) / 1000,
      socketsBack: allOpen === SOCKETS ? (Math.max(to, ...sockets.returned()) - to) / 1000 : undefined,
      ownStart: own,
    };
  } finally {
    sockets.close();
    client.close();
  }
}

/** A setting whose change replaces the web UI, and has no other effect that could be measured. */
export const changeSetting = (stack: LoadStack) => async (): Promise<void> => {
  stack.config['webui'] = { ...stack.config['webui'], env: { THREAD_POOL_SIZE: 50 } };
};

/** Another image with the same program in it: what an upgrade takes besides what the new release does to the data. */
export async function withNewImage<Result>(
  docker: Docker,
  stack: LoadStack,
  work: (change: () => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const { image } = stack.config['webui'] as { image: string };
  const next = `${image}-load${process.pid}`;
  await docker.run(['build', '--quiet', '--tag', next, '-'], { input: `FROM ${image}\nLABEL load=next\n` });
  try {
    return await work(async () => {
      stack.config['webui'] = { ...stack.config['webui'], image: next };
    });
  } finally {
    await docker.capture(['image', 'rm', '--force', next]);
  }
}
