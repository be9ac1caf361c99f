/** The parts of `npm run bench -- --swarm` that can be wrong without a figure that looks wrong. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Socket } from 'socket.io-client';
import { Client } from '../../bench/load/client.ts';
import { during, noticed } from '../../bench/swarm/changes.ts';
import { deliveryOf, receive } from '../../bench/swarm/events.ts';
import { type Swarmed, swarmSection } from '../../bench/swarm/section.ts';
import { busy, carried, USERS } from '../../bench/swarm/throughput.ts';
import { byPart, mebibytes, watch } from '../../bench/swarm/usage.ts';

it('sends half of what is carried, in tens and never more than a hundred', () => {
  expect([carried(0), carried(59), carried(139.9), carried(140), carried(1000)]).toEqual([10, 20, 60, 70, 100]);
});

it('says what the requests of a load have waited, and which of them failed', () => {
  const sample = (sent: number, ended: number, failed?: string) => ({ sent, ended, failed });
  const samples = [
    sample(0, 10),
    sample(20, 4020),
    sample(30, 40, 'answered 502'),
    sample(35, 45, 'answered 502'),
    sample(50, 60),
  ];
  expect(noticed(samples, 7000)).toEqual({
    ...{ requests: 5, failed: { 'answered 502': 2 }, p99: 4, longest: 4, took: 7 },
    // From 60 on, when the last but one was answered.
    outage: 3.96,
  });
});

it('counts every event that a websocket has not got as lost, and none twice', () => {
  const listeners: ((event: unknown) => void)[] = [];
  const socket = {
    on(name: string, listener: (event: unknown) => void) {
      expect(name).toBe('events');
      listeners.push(listener);
      return this;
    },
  } as unknown as Socket;
  const sentAt = new Map([
    ['event-0', performance.now() - 100],
    ['event-1', performance.now()],
  ]);
  const delays = receive([socket, socket], sentAt);
  const [first, second] = listeners;
  first?.({ message_id: 'event-0' });
  first?.({ message_id: 'event-0' });
  first?.({ message_id: 'of somebody else' });
  second?.({ message_id: 'event-1' });
  second?.({});
  expect(delays).toHaveLength(2);
  expect(delays[0]).toBeGreaterThanOrEqual(100);
  expect(deliveryOf(2, 2, delays)).toMatchObject({ sockets: 2, events: 2, lost: 2 });
  expect(deliveryOf(1, 4, [1, 2, 3, 4])).toEqual({ sockets: 1, events: 4, lost: 0, p50: 2, p99: 4 });
});

it('reads what the engine says of memory', () => {
  const lines = 'a1 512KiB / 4GiB\nb2 1.5GiB / 4GiB\nc3 0B / 0B\nd4 231.4MiB / 4GiB\n';
  expect([...mebibytes(lines)]).toEqual([
    ['a1', 0.5],
    ['b2', 1536],
    ['c3', 0],
    ['d4', 231.4],
  ]);
});

it('sees what this program takes, and that the processors were busy', () => {
  const stop = watch({ 'web UI': [], gateway: [], Postgres: [], Valkey: [] });
  const [start, before] = [performance.now(), process.cpuUsage()];
  while (performance.now() < start + 300);
  const { user, system } = process.cpuUsage(before);
  const { busy: all, client, parts } = stop();
  // As much as a busy machine has left for it.
  const share = (user + system) / 1e3 / (performance.now() - start);
  expect(share).toBeGreaterThan(0);
  expect(client / share).toBeGreaterThan(0.5);
  expect(client / share).toBeLessThan(2);
  expect(all).toBeGreaterThan(0);
  expect(all).toBeLessThanOrEqual(1);
  expect(parts).toEqual(byPart(() => 0));
});

describe('against a page', () => {
  let status = 200;
  let waiting = 0;
  let most = 0;
  let asked = 0;
  const server = createServer(async (request, response) => {
    asked += 1;
    waiting += 1;
    most = Math.max(most, waiting);
    await new Promise((resolve) => setTimeout(resolve, 20));
    waiting -= 1;
    const answer = request.method === 'POST' ? status : 200;
    response.writeHead(answer, { 'content-type': 'application/json' }).end('{}');
  });
  let client: Client;

  beforeAll((done) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      client = new Client({ origin: `http://chat.test:${port}`, address: '127.0.0.1' });
      done();
    });
  });
  afterAll(() => {
    client.close();
    return new Promise((resolve) => server.close(resolve));
  });

  it('counts what users get done who do not wait for each other', async () => {
    const counts = await busy(client, 0.5);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(USERS);
    expect(counts.failed).toBe(0);
    expect(counts.done).toBeGreaterThanOrEqual(USERS);
    // Each answer takes 20 ms.
    expect(counts.done).toBeLessThanOrEqual(USERS * 25);
  });

  it('counts failures for themselves', async () => {
    status = 503;
    const { done, failed } = await busy(client, 0.2);
    status = 200;
    expect(failed).toBeGreaterThan(0);
    expect(done).toBeGreaterThan(failed);
  });

  it('loads the page before, while and after something is done, and ends the load where that fails', async () => {
    const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    const figures = await during(client, 50, () => pause(300), 300);
    expect(figures.failed).toEqual({});
    expect(figures.took).toBeGreaterThan(0.29);
    // 900 ms of load, of which a busy machine sends less.
    expect(figures.requests).toBeGreaterThan(5);
    const refused = during(client, 50, () => Promise.reject(new Error('it does not start')), 50);
    await expect(refused).rejects.toThrow('it does not start');
    const before = asked;
    await pause(100);
    expect(asked).toBe(before);
  });
});

const processors = { busy: 0.97, client: 0.31, parts: byPart((part) => (part === 'web UI' ? 1.25 : 0.05)) };
const event = {
  ...{ sockets: 400, events: 30, lost: 7, closed: 1, p50: 20, p99: 50, own: 12, processors },
  memory: byPart(() => 300),
};
const figures: Swarmed = {
  idle: byPart(() => 280.4),
  sizes: { 1: { rate: 88.4, failed: 2, processors } },
  rate: 60,
  changes: {
    'a setting changes': {
      ...{
        requests: 900,
        failed: { reset: 1, 'GET /a answered 502: ': 2, 'POST /b answered 502: ': 1 },
        p99: 0.4,
        longest: 1.24,
      },
      ...{ outage: 0.5, took: 61 },
    },
  },
  events: { 1: event, 3: { ...event, p50: 30, p99: 100 } },
  held: { 0: 20, 1000: 80, 2000: 140 },
  previews: { 1: 2.512 },
};

it('writes a section that names what failed and what was lost', () => {
  const text = swarmSection(figures);
  expect(text).toContain('| a setting changes | 900 | 4 | 0.40 s | 1.2 s | 0.50 s | 61.0 s |');
  expect(text).toContain('- a setting changes: 1 × `reset`\n- a setting changes: 3 × `answered 502: `\n');
  expect(text).toContain('| 1 | 88 | 2 | 125 % | 5 % | 5 % | 5 % | 31 % | 97 % |');
  expect(text).toContain('| 1 | 400 | 12000 | 7 | 1 | 20 ms | 50 ms | 12 ms | 125 % |');
  expect(text).toContain('Across three web UIs p50 is 1.50 × and p99 2.00 × that of one.');
  expect(text).toContain('and 60 requests a second');
  expect(text).toContain('| 1 | 2.51 |');
  expect(text).toContain('| 2,000 | 140 MiB |');
  expect(text).toContain(
    'Each takes 61 KiB: with 512 MiB, the default of `gateway.memory`, about 6,400 fill 80 % of it.',
  );
});

it('says nothing of failures where there were none, and nothing of three where only one was measured', () => {
  const { 'a setting changes': change } = figures.changes;
  const text = swarmSection({
    ...figures,
    changes: { killed: { ...(change as NonNullable<typeof change>), failed: {} } },
    events: { 1: event },
    held: {},
  });
  expect(text).not.toContain('Requests that wait');
  expect(text).not.toContain('What failed');
  expect(text).not.toContain('Across three');
});
