/** The web UIs of a service, and what fails of the requests and events through its gateway while something is done to them. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import type { Answer, Client } from '../../bench/load/client.ts';
import { until } from '../../core/until.ts';
import { SERVICE_LABEL } from '../../docker/services.ts';

/** An engine that a test has started. */
export interface Engine {
  docker(...args: string[]): string;
}

/** Time for tasks that a change has left over to end, and for those of a lost node to start elsewhere, in seconds. */
const SETTLES = 240;

/** Time after which a request counts as failed, in seconds: the gateway gives up before. */
const PATIENCE = 360;

/** As the page of Open WebUI reconnects, in milliseconds. */
const RECONNECTION = { reconnectionDelay: 1000, reconnectionDelayMax: 5000, randomizationFactor: 0.5 };

/** Containers of a service on an engine that run, one line each. */
const running = (engine: Engine, service: string): string[] =>
  engine
    .docker('ps', '--filter', `label=${SERVICE_LABEL}=${service}`, '--format', '{{.ID}} {{.Status}}')
    .split('\n')
    .filter(Boolean)
    .sort();

const isWell = (line: string): boolean => line.includes('(healthy)');
const idOf = (line: string): string => line.split(' ')[0] ?? '';

/** Ids of the containers of a service on an engine that are well now. */
export const wellOn = (engine: Engine, service: string): string[] => running(engine, service).filter(isWell).map(idOf);

/**
 * The same of each engine, once there are `count` of them and no other: one that a change has replaced drains after it, and one that it has
 * started is not well at once.
 *
 * @throws Error with what is there, when that does not come.
 */
export async function settledOn(
  engines: readonly Engine[],
  service: string,
  count: number,
  seconds = SETTLES,
): Promise<string[][]> {
  const isSettled = (lists: readonly string[][]) => lists.flat().length === count && lists.flat().every(isWell);
  const look = () => engines.map((engine) => running(engine, service));
  const lists = await until(look, isSettled, { seconds, everyMs: 500 });
  if (!isSettled(lists))
    throw new Error(
      `after ${seconds} s ${service} is not ${count} containers that are well:\n${lists.flat().join('\n')}`,
    );
  return lists.map((list) => list.map(idOf));
}

/** What came of requests. */
export interface Load {
  asked: number;
  /** What was answered in the place of a page, or why there was no answer. */
  failed: string[];
}

/** One request in four is a POST, which a gateway must not send twice. */
const isPost = (number: number): boolean => number % 4 === 0;

const request = (client: Client, number: number): Promise<Answer> =>
  isPost(number)
    ? client.ask('/api/v1/utils/code/format', { method: 'POST', body: { code: `load = ${number}` } })
    : client.ask('/api/v1/chats/?page=1');

/** What went wrong with a request; undefined when nothing did. */
async function failureOf(answer: Promise<Answer>, patience: number): Promise<string | undefined> {
  const gone = new AbortController();
  const late = sleep(patience * 1000, `no answer in ${patience} s`, { signal: gone.signal, ref: false });
  late.catch(() => {});
  try {
    const first = await Promise.race([answer, late]);
    if (typeof first === 'string') return first;
    return first.status === 200 ? undefined : `${first.status} ${first.body.slice(0, 200)}`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    gone.abort();
  }
}

/**
 * Sends requests of a user, so many a second, before, while and after something is done.
 *
 * @param patience seconds after which a request counts as failed. Default: more than the gateway's
 */
export async function during(
  { client, rate, patience = PATIENCE }: { client: Client; rate: number; patience?: number },
  work: () => Promise<unknown>,
): Promise<Load> {
  const failures: Promise<string | undefined>[] = [];
  let going = true;
  const load = (async () => {
    while (going) {
      const number = failures.length;
      const failure = failureOf(request(client, number), patience);
      failures.push(failure.then((why) => (why === undefined ? why : `${isPost(number) ? 'POST' : 'GET'}: ${why}`)));
      await sleep(1000 / rate);
    }
  })();
  try {
    await sleep(1000);
    await work();
    await sleep(2000);
  } finally {
    going = false;
    await load;
  }
  // As many as there have to be, also on a machine that has other work to do.
  expect(failures.length).toBeGreaterThan(rate);
  const failed = (await Promise.all(failures)).filter((one) => one !== undefined);
  return { asked: failures.length, failed };
}

/** What came of events. */
export interface Events {
  /** Each to each browser. */
  of: number;
  lost: number;
}

/** How often an event is caused, and how long the last one is waited for, in milliseconds and seconds. */
const EVERY_MS = 500;
const LATE_SECONDS = 15;

/** Browsers that a user has open at the same time; each gets every event. They reconnect by themselves. */
export class Listeners {
  readonly #client: Client;
  readonly #sockets: readonly Socket[];
  readonly #chat: string;
  /** The events that each has got. */
  readonly #seen: readonly Set<string>[];
  #number = 0;

  private constructor(client: Client, count: number, chat: string) {
    this.#client = client;
    this.#chat = chat;
    this.#sockets = Array.from({ length: count }, () => client.socket(RECONNECTION));
    this.#seen = this.#sockets.map((socket) => {
      const seen = new Set<string>();
      socket.on('events', ({ message_id: id = '' }: { message_id?: string }) => seen.add(id));
      return seen;
    });
  }

  /** Opens them; each gets events when this is over. @throws Error when one does not. */
  static async open(client: Client, count: number): Promise<Listeners> {
    const chat = await client.request('POST', '/api/v1/chats/new', { chat: { title: 'events' } });
    const listeners = new Listeners(client, count, (chat as { id: string }).id);
    // A websocket that is open may not belong to its user yet.
    const all = await until(
      async () => {
        await listeners.#cause();
        await sleep(EVERY_MS);
        return listeners.#seen.every(({ size }) => size > 0);
      },
      Boolean,
      { seconds: 60 },
    );
    if (all) return listeners;
    listeners.close();
    throw new Error('not every browser gets events');
  }

  /** Causes one; returns its id, or undefined where that failed. */
  async #cause(): Promise<string | undefined> {
    const id = `event-${this.#number++}`;
    const path = `/api/v1/chats/${this.#chat}/messages/${id}/event`;
    const why = await failureOf(
      this.#client.ask(path, { method: 'POST', body: { type: 'test', data: {} } }),
      LATE_SECONDS,
    );
    return why === undefined ? id : undefined;
  }

  /** Causes events while something is done, and counts those that do not arrive; one that could not be caused is none. */
  async during(work: () => Promise<unknown>): Promise<Events> {
    const causes: Promise<string | undefined>[] = [];
    let going = true;
    const causing = (async () => {
      while (going) {
        causes.push(this.#cause());
        await sleep(EVERY_MS);
      }
    })();
    try {
      await work();
    } finally {
      going = false;
      await causing;
    }
    const caused = (await Promise.all(causes)).filter((id) => id !== undefined);
    const missing = () => this.#seen.reduce((sum, seen) => sum + caused.filter((id) => !seen.has(id)).length, 0);
    const lost = await until(missing, (count) => count === 0, { seconds: LATE_SECONDS });
    return { of: caused.length * this.#seen.length, lost };
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}
