/** Requests at a fixed rate: each is sent at its time, however long those before it take. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './client.ts';

/** One request. All times are in milliseconds, those of moments since an arbitrary one. */
export interface Sample {
  sent: number;
  ended: number;
  /** Why it failed; undefined for a success. */
  failed: string | undefined;
}

export interface Load {
  /** Ends the load. @returns all requests, once every one of them has been answered. */
  stop(): Promise<Sample[]>;
}

/** Requests a second, and every how many of them is a POST. */
export const RATE = 40;
export const POST_EVERY = 4;

/** A chat as the page makes one. */
export const newChat = (title: string) => ({
  chat: { title, models: [], messages: [], history: { messages: {}, currentId: null }, tags: [], timestamp: 0 },
});

async function sample(work: () => Promise<unknown>): Promise<Sample> {
  const sent = performance.now();
  const failed = await work().then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { sent, ended: performance.now(), failed };
}

/** A request of a user whose page reads its settings and makes new chats. Neither takes longer the more chats there are. */
export const request = (client: Client, count: number): Promise<unknown> =>
  count % POST_EVERY === 0
    ? client.request('POST', '/api/v1/chats/new', newChat(`load ${count}`))
    : client.request('GET', '/api/v1/users/user/settings');

/** Sends such requests until it is stopped. @param rate of requests a second. */
export function startLoad(client: Client, rate = RATE): Load {
  const samples: Promise<Sample>[] = [];
  const ending = new AbortController();
  const began = performance.now();
  const running = (async () => {
    for (let count = 0; !ending.signal.aborted; count++) {
      samples.push(sample(() => request(client, count)));
      const next = began + ((count + 1) * 1000) / rate;
      await sleep(Math.max(0, next - performance.now()));
    }
  })();
  return {
    async stop() {
      ending.abort();
      await running;
      return Promise.all(samples);
    },
  };
}

/** The longest time without a success: from when to when. */
export function outage(samples: readonly Sample[]): { from: number; to: number } {
  const ends = samples
    .filter(({ failed }) => !failed)
    .map(({ ended }) => ended)
    .sort((a, b) => a - b);
  const gaps = ends.slice(1).map((to, index) => ({ from: ends[index] as number, to }));
  return gaps.reduce((longest, gap) => (gap.to - gap.from > longest.to - longest.from ? gap : longest), {
    from: 0,
    to: 0,
  });
}
