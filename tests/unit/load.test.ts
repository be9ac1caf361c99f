/** The parts of `npm run bench -- --load` that can be wrong without a figure that looks wrong. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from '../../bench/load/client.ts';
import { outage, RATE, startLoad } from '../../bench/load/requests.ts';
import { latency, loadSection, summarize } from '../../bench/load/section.ts';
import { quantile } from '../../bench/statistics.ts';
import { until } from '../../core/until.ts';

const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

it('gives the value that a share of all values does not exceed', () => {
  expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile(hundred, 1), quantile([7], 0.5)]).toEqual([
    ...[50, 99, 100, 7],
  ]);
});

it('finds the longest time without a success, whenever those requests were sent', () => {
  const sample = (sent: number, ended: number, failed?: string) => ({ sent, ended, failed });
  // The one sent at 20 waited until 90; what failed meanwhile is no success.
  const samples = [sample(0, 10), sample(20, 90), sample(30, 40, 'answered 502'), sample(80, 100)];
  expect(outage(samples)).toEqual({ from: 10, to: 90 });
});

describe('a load', () => {
  let hold: Promise<void> = Promise.resolve();
  const seen: string[] = [];
  const server = createServer(async (request, response) => {
    seen.push(`${request.method} ${request.url}`);
    await hold;
    const refuse = request.headers.authorization !== undefined;
    response.writeHead(refuse ? 503 : 200, { 'content-type': 'application/json' }).end('{}');
  });
  let origin = '';

  beforeAll((done) => {
    server.listen(0, '127.0.0.1', () => {
      origin = `http://chat.test:${(server.address() as AddressInfo).port}`;
      done();
    });
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('goes on at its rate while the answers wait, and counts how long each waited', async () => {
    let release = () => {};
    hold = new Promise((resolve) => {
      release = resolve;
    });
    const client = new Client({ origin, address: '127.0.0.1' });
    const load = startLoad(client);
    const began = performance.now();
    await until(
      () => seen.length,
      (count) => count >= RATE / 2,
      { seconds: 30, everyMs: 10 },
    );
    release();
    const samples = await load.stop();
    client.close();
    expect(samples.every(({ failed }) => failed === undefined)).toBe(true);
    const first = samples[0] as (typeof samples)[number];
    // The first one has waited as long as the others took to be sent.
    expect(first.ended - first.sent).toBeGreaterThan(((samples.at(-1)?.sent ?? 0) - began) * 0.9);
    expect(seen.filter((one) => one.startsWith('POST')).length).toBe(Math.ceil(seen.length / 4));
  });

  it('counts every answer but a success as a failure, with what it was', async () => {
    const client = new Client({ origin, address: '127.0.0.1' }, 'a token');
    const before = seen.length;
    const load = startLoad(client);
    await until(
      () => seen.length,
      (count) => count > before,
      { seconds: 30, everyMs: 10 },
    );
    const samples = await load.stop();
    client.close();
    expect(samples.map(({ failed }) => failed)).toEqual(
      samples.map(() => expect.stringMatching(/^(GET|POST) .* answered 503: \{\}$/)),
    );
  });
});

it('writes a section that names failures and websockets which did not return', () => {
  const way = summarize({ page: [1, 2], api: [3], token: [4] });
  const database = { signIn: [1], newChat: [1], list: [1], busyNewChat: [1], busyList: [1], throughput: 5, failed: 2 };
  const change = { requests: 9, failed: { 'answered 502': 3, reset: 1 }, longest: 2, outage: 3, ownStart: 4 };
  const text = loadSection({
    changes: { 'setting, gateway': { ...change, socketsBack: undefined } },
    cost: { gateway: way, direct: way },
    databases: { sqlite: summarize(database), postgres: summarize(database) },
  });
  expect(latency([1, 2])).toEqual({ p50: 1, p99: 2 });
  expect(text).toContain('| setting, gateway | 9 | 4 | 2.0 s | 3.0 s | 4.0 s | not all |');
  expect(text).toContain('| page | 1.0 ms | 1.0 ms | 1.00 × | 2.0 ms | 2.0 ms | 1.00 × |');
  expect(text).toContain('2 and 2 requests failed');
});
