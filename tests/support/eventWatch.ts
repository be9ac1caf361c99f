/** Events from one web UI to a browser on another, and requests, while something is done to what carries them. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import { Client } from '../../bench/load/client.ts';

/** What was seen. */
export interface Watched {
  /** Events that were sent, and how many of them never arrived at the other web UI. */
  sent: number;
  lost: number;
  /** The longest time without an event, in seconds. */
  silence: number;
  /** Requests for a page of the web UI, what came of those that failed, and how long the longest took, in seconds. */
  asked: number;
  failed: string[];
  longest: number;
}

/** Events a second. */
const PACE = 10;

/** Time for requests that are under way to end, in seconds. */
const PATIENCE = 60;

interface Places {
  /** Requests go there. */
  gateway: Client;
  /** A web UI that gets the requests for events, and another one to which a browser is connected. */
  from: string;
  to: string;
  token: string;
  /** Requests a second. */
  rate: number;
}

/** Waits for what is left, but not forever. */
const within = <Value>(seconds: number, value: Promise<Value>, otherwise: Value): Promise<Value> => {
  const gone = new AbortController();
  const late = sleep(seconds * 1000, otherwise, { signal: gone.signal, ref: false }).catch(() => otherwise);
  return Promise.race([value, late]).finally(() => gone.abort());
};

/** The websocket of a page, once it is open. */
export const opened = (client: Client): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = client.socket({ reconnectionDelay: 100, reconnectionDelayMax: 500 });
    socket.once('connect', () => resolve(socket)).once('connect_error', reject);
  });

/**
 * Sends events and requests until something is done and all of it works again.
 *
 * @param work returns when what was broken should work.
 */
export async function watching(
  { gateway, from, to, token, rate }: Places,
  work: () => Promise<unknown>,
): Promise<Watched> {
  const [sender, receiver] = [new Client({ origin: from }, token), new Client({ origin: to }, token)];
  const socket = await opened(receiver);
  const { id } = (await sender.request('POST', '/api/v1/chats/new', { chat: { title: 'watched' } })) as { id: string };
  const [sentAt, arrivals] = [new Map<string, number>(), new Map<string, number>()];
  // biome-ignore lint/suspicious/noExplicitAny: the web UI's own events, of which only this part matters
  socket.on('events', ({ message_id }: any) => {
    if (sentAt.has(message_id)) arrivals.set(message_id, Date.now());
  });
  const seen = { asked: 0, failed: [] as string[], longest: 0 };
  let going = true;
  const under: Promise<void>[] = [];
  const events = async () => {
    for (let number = 0; going; number++) {
      const mark = `watched-${number}`;
      sentAt.set(mark, Date.now());
      under.push(
        sender
          .ask(`/api/v1/chats/${id}/messages/${mark}/event`, { method: 'POST', body: { type: 'watched', data: {} } })
          .then(
            () => {},
            () => {},
          ),
      );
      await sleep(1000 / PACE);
    }
  };
  const requests = async () => {
    while (going) {
      seen.asked++;
      const start = Date.now();
      const ended = (failure?: string) => {
        seen.longest = Math.max(seen.longest, (Date.now() - start) / 1000);
        if (failure) seen.failed.push(failure);
      };
      under.push(
        gateway.ask('/api/v1/chats/?page=1').then(
          ({ status, body }) => ended(status === 200 ? undefined : `${status} ${body.slice(0, 100)}`),
          ({ message }: Error) => ended(message),
        ),
      );
      await sleep(1000 / rate);
    }
  };
  const load = [events(), requests()];
  const begun = Date.now();
  try {
    await sleep(2000);
    await work();
    await sleep(3000);
  } finally {
    going = false;
    await Promise.all(load);
  }
  const ended = Date.now();
  const all = Promise.all(under).then(() => true);
  if (!(await within(PATIENCE, all, false))) {
    seen.failed.push(`no answer in ${PATIENCE} s`);
    seen.longest = Math.max(seen.longest, PATIENCE);
  }
  await sleep(1000);
  for (const client of [sender, receiver]) client.close();
  socket.close();
  const times = [begun, ...[...arrivals.values()].sort((a, b) => a - b), ended];
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return {
    ...{ sent: sentAt.size, lost: sentAt.size - arrivals.size, silence: Math.max(0, ...gaps) / 1000 },
    ...seen,
  };
}
