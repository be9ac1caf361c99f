/** Events that many open pages get at once: how many are lost, and how long they take. */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import { until } from '../../core/until.ts';
import type { Client } from '../load/client.ts';
import { newChat } from '../load/requests.ts';
import { type Latency, latency } from '../load/section.ts';
import type { SwarmStack } from './stack.ts';
import { type ByPart, memory, type Processors, watch } from './usage.ts';

/** Websockets that are opened, as far as the machine opens them in so many seconds. */
const MOST = 1000;
const OPEN_SECONDS = 40;

/** Opened at once, and how long they may take, in milliseconds. */
const BATCH = 40;
const BATCH_MS = 15_000;

/** For a minute, each to all websockets. */
const EVENTS = 60;
const EVERY_MS = 1000;

/** How often the program that measures looks how late it is itself, in milliseconds. */
const RESOLUTION_MS = 10;

/** How long the last one is waited for. */
const LATE_SECONDS = 10;

/** What arrived, in milliseconds after it was sent. */
export interface Delivery extends Latency {
  sockets: number;
  /** Each to every websocket. */
  events: number;
  lost: number;
}

export interface Delivered extends Delivery {
  /** Websockets that were closed meanwhile. */
  closed: number;
  /** How late the program that measures was itself: 99 of a hundred times no later, in milliseconds. */
  own: number;
  processors: Processors;
  memory: ByPart;
}

/** The figures of so many events to so many websockets, of which these arrived after so many milliseconds. */
export const deliveryOf = (sockets: number, events: number, delays: number[]): Delivery => ({
  ...{ sockets, events, lost: sockets * events - delays.length },
  ...latency(delays),
});

const opens = (socket: Socket): Promise<boolean> =>
  new Promise((resolve) => {
    socket.once('connect', () => resolve(true));
    setTimeout(() => resolve(false), BATCH_MS).unref();
  });

/** Opens websockets until there are so many, or it takes too long. */
async function open(client: Client, most: number): Promise<Socket[]> {
  const sockets: Socket[] = [];
  const end = performance.now() + OPEN_SECONDS * 1000;
  while (sockets.length < most && performance.now() < end) {
    const batch = Array.from({ length: Math.min(BATCH, most - sockets.length) }, () => client.socket());
    const connected = await Promise.all(batch.map(opens));
    sockets.push(...batch.filter((_, index) => connected[index]));
    for (const [index, socket] of batch.entries()) if (!connected[index]) socket.close();
    if (connected.includes(false)) break;
  }
  if (sockets.length === 0) throw new Error('no websocket opens');
  return sockets;
}

/** Notes when each event gets to each websocket for the first time. */
export function receive(sockets: readonly Pick<Socket, 'on'>[], sentAt: ReadonlyMap<string, number>): number[] {
  const delays: number[] = [];
  for (const socket of sockets) {
    const seen = new Set<string>();
    socket.on('events', ({ message_id: id = '' }: { message_id?: string }) => {
      const sent = sentAt.get(id);
      if (sent === undefined || seen.has(id)) return;
      seen.add(id);
      delays.push(performance.now() - sent);
    });
  }
  return delays;
}

/** Sends the events, each at its time. */
async function send(client: Client, sentAt: Map<string, number>): Promise<void> {
  const { id } = (await client.request('POST', '/api/v1/chats/new', newChat('events'))) as { id: string };
  const began = performance.now();
  const requests: Promise<unknown>[] = [];
  for (let count = 0; count < EVENTS; count++) {
    const mark = `event-${count}`;
    sentAt.set(mark, performance.now());
    const path = `/api/v1/chats/${id}/messages/${mark}/event`;
    requests.push(client.request('POST', path, { type: 'bench', data: {} }));
    await sleep(Math.max(0, began + (count + 1) * EVERY_MS - performance.now()));
  }
  await Promise.all(requests);
}

/** Measures the web UIs that are there. @param most websockets, where another measurement had no more of them. */
export async function deliver(client: Client, stack: SwarmStack, most = MOST): Promise<Delivered> {
  const containers = await stack.containers();
  const sockets = await open(client, most);
  const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  try {
    let closed = 0;
    for (const socket of sockets)
      socket.on('disconnect', () => {
        closed += 1;
      });
    const sentAt = new Map<string, number>();
    const delays = receive(sockets, sentAt);
    const stop = watch(containers);
    loop.enable();
    await send(client, sentAt);
    loop.disable();
    const processors = stop();
    const all = sockets.length * EVENTS;
    await until(
      () => delays.length,
      (count) => count >= all,
      { seconds: LATE_SECONDS },
    );
    const figures = deliveryOf(sockets.length, EVENTS, [...delays]);
    const held = await memory(stack.place.docker, containers);
    return { ...figures, closed, own: loop.percentile(99) / 1e6 - RESOLUTION_MS, processors, memory: held };
  } finally {
    for (const socket of sockets) socket.close();
  }
}
