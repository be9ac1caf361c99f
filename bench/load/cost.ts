/** What a gateway costs: the same requests to the same web UI with and without it, in turn. */

import type { Client } from './client.ts';
import type { LoadStack } from './stack.ts';

/** Milliseconds of each request. */
export type Series = number[];

/** What was measured of one way to the web UI. */
export interface Way {
  page: Series;
  api: Series;
  /** From the moment at which the web UI had a token until the client had it. */
  token: Series;
}

const REQUESTS = 400;
const ANSWERS = 4;

/** A model that streams the time at which each of its tokens is made, in milliseconds. */
const CLOCK = `
import asyncio, time

class Pipe:
    async def pipe(self, body: dict):
        for _ in range(100):
            yield f"{time.time() * 1000:.2f} "
            await asyncio.sleep(0.02)
`;

const MODEL = 'clock';

async function addClock(client: Client): Promise<void> {
  const meta = { description: 'Streams times' };
  await client.request('POST', '/api/v1/functions/create', { id: MODEL, name: 'Clock', content: CLOCK, meta });
  await client.request('POST', `/api/v1/functions/id/${MODEL}/toggle`);
  await client.request('GET', '/api/models?refresh=true');
}

/** Milliseconds since the epoch, as precisely as this process has them. */
const now = () => performance.timeOrigin + performance.now();

async function timed(work: () => Promise<{ status: number; body: string }>): Promise<number> {
  const started = performance.now();
  const { status, body } = await work();
  if (status !== 200) throw new Error(`A request was answered ${status}: ${body}`);
  return performance.now() - started;
}

/** How late each token of an answer arrived. */
async function tokens(client: Client): Promise<Series> {
  const late: Series = [];
  const body = { model: MODEL, stream: true, messages: [{ role: 'user', content: 'time' }] };
  let rest = '';
  const onPiece = (piece: string) => {
    const arrived = now();
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const content = /"content": ?"(\d+\.\d+) "/.exec(line)?.[1];
      if (content) late.push(arrived - Number(content));
    }
  };
  const { status, body: text } = await client.ask('/api/chat/completions', { method: 'POST', body, onPiece });
  if (status !== 200 || late.length === 0) throw new Error(`A streamed answer was ${status}: ${text.slice(0, 500)}`);
  return late;
}

/** Measures both ways to the web UI of a stack with a gateway. */
export async function gatewayCost(stack: LoadStack): Promise<{ gateway: Way; direct: Way }> {
  const clients = {
    gateway: await stack.administrator(await stack.page()),
    direct: await stack.administrator(await stack.server()),
  };
  await addClock(clients.direct);
  const ways = (['gateway', 'direct'] as const).map((name) => {
    const way: Way = { page: [], api: [], token: [] };
    return { name, client: clients[name], way };
  });
  for (let count = 0; count < REQUESTS; count++) {
    for (const { client, way } of ways) {
      way.page.push(await timed(() => client.ask('/')));
      way.api.push(await timed(() => client.ask('/api/v1/chats/?page=1')));
    }
  }
  for (let count = 0; count < ANSWERS; count++) {
    for (const { client, way } of ways) way.token.push(...(await tokens(client)));
  }
  for (const { client } of ways) client.close();
  const [gateway, direct] = ways.map(({ way }) => way) as [Way, Way];
  return { gateway, direct };
}
