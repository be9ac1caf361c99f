/** `npm run bench -- --swarm`: what several web UIs carry, what people notice of a change, and what each part costs. */

import type { Client } from '../load/client.ts';
import type { Machine } from '../load/stack.ts';
import { buildNext, changeSetting, during, killOne, type Noticed } from './changes.ts';
import { withEngine } from './engine.ts';
import { type Delivered, deliver } from './events.ts';
import { holdRequests } from './held.ts';
import { previewTimes } from './previews.ts';
import type { Swarmed } from './section.ts';
import { SwarmStack } from './stack.ts';
import { carried, type Throughput, throughput } from './throughput.ts';
import { memory } from './usage.ts';

/** The number of web UIs while something changes. */
const REPLICAS = 3;

/** What is measured, by the first words of each measurement. */
export const SUBJECTS = ['memory', 'requests', 'events', 'held', 'previews', 'changes'] as const;

/**
 * Measures all of it on one stack. What fails does not keep the rest from being measured.
 *
 * @param subjects what of it, of {@link SUBJECTS}.
 * @param note gets the figures as they are found.
 * @returns what failed, in words.
 */
export async function measureSwarm(
  machine: Machine,
  folder: string,
  subjects: ReadonlySet<string>,
  note: (figures: Partial<Swarmed>) => void,
): Promise<string[]> {
  const failed: string[] = [];
  const found: Partial<Swarmed> = {};
  const measure = async (what: string, work: () => Promise<Partial<Swarmed>>) => {
    if (!subjects.has(what.split(',')[0] ?? '')) return;
    const started = performance.now();
    try {
      const figures = await work();
      Object.assign(found, figures);
      note(figures);
      console.log(what, `(${((performance.now() - started) / 1000).toFixed(0)} s)`, JSON.stringify(figures));
    } catch (error) {
      failed.push(`${what}: ${(error as Error).message}`);
      console.error(failed.at(-1));
    }
  };
  await withEngine(machine, async (place) => {
    const stack = new SwarmStack(machine, folder, place);
    await stack.init();
    await stack.up();
    const client = await stack.administrator();
    try {
      await measure('memory', async () => ({ idle: await memory(place.docker, await stack.containers()) }));
      await measureSizes(stack, client, measure);
      // While nothing else changes: the requests are given up when the client closes.
      await measure('held', async () => {
        const visitor = await stack.administrator();
        try {
          return { held: await holdRequests(visitor, stack) };
        } finally {
          visitor.close();
        }
      });
      await measure('previews', async () => ({ previews: await previewTimes(stack) }));
      if (!subjects.has('changes')) return;
      const rate = carried(found.sizes?.[REPLICAS]?.rate ?? 0);
      note({ rate });
      await measureChanges(stack, client, rate, measure);
    } finally {
      client.close();
    }
  });
  return failed;
}

type Measure = (what: string, work: () => Promise<Partial<Swarmed>>) => Promise<void>;

/** What is measured of each number of web UIs in turn. */
async function measureSizes(stack: SwarmStack, client: Client, measure: Measure): Promise<void> {
  const sizes: Record<string, Throughput> = {};
  const events: Record<string, Delivered> = {};
  const deliverTo = (size: number, most?: number) =>
    measure(`events, ${size}`, async () => {
      events[size] = await deliver(client, stack, most);
      return { events };
    });
  for (let size = 1; size <= REPLICAS; size++) {
    if (size > 1) {
      stack.set({ replicas: size });
      await stack.up();
      await stack.well(size);
    }
    await measure(`requests, ${size}`, async () => {
      sizes[size] = await throughput(client, stack);
      return { sizes };
    });
    if (size === 1) await deliverTo(size);
  }
  await deliverTo(REPLICAS, events[1]?.sockets);
}

/** What people notice, at the rate that the machine carries. */
async function measureChanges(stack: SwarmStack, client: Client, rate: number, measure: Measure): Promise<void> {
  const changes: Record<string, Noticed> = {};
  const notice = (what: string, work: () => Promise<unknown>) =>
    measure(`changes, ${what}`, async () => {
      changes[what] = await during(client, rate, work);
      return { changes };
    });
  await notice('a web UI is killed', () => killOne(stack));
  await notice('a setting changes', () => changeSetting(stack));
  const image = await buildNext(stack);
  await notice('the image is upgraded', async () => {
    stack.set({ image });
    await stack.up();
  });
}
