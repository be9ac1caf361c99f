/** What people do with the web UI: let a model answer while they watch, and hand it files. */

import { randomUUID } from 'node:crypto';
import { until } from '../../core/until.ts';
import type { Session } from '../../ops/webui.ts';

/** A model of the web UI's own making, so that an answer takes its real way without a model server. */
const COUNTER = `
import asyncio

class Pipe:
    async def pipe(self, body: dict):
        for number in range(20):
            yield f"{number} "
            await asyncio.sleep(0.1)
`;

export const COUNTER_MODEL = 'counter';

/** Makes the model that counts to 20, a number at a time, by requests of an administrator. */
export async function addCounter(
  request: (method: string, path: string, body?: unknown) => Promise<unknown>,
): Promise<void> {
  const { id, name, meta } = { id: COUNTER_MODEL, name: 'Counter', meta: { description: 'Counts' } };
  await request('POST', '/api/v1/functions/create', { id, name, content: COUNTER, meta });
  await request('POST', `/api/v1/functions/id/${COUNTER_MODEL}/toggle`);
  await request('GET', '/api/models?refresh=true');
}

export const addModel = (session: Session): Promise<void> =>
  addCounter((method, path, body) => session.request(method, path, body));

/** Asks the model in a new chat as the page does; returns the answer as the websocket brought it, piece by piece. */
export async function ask(session: Session): Promise<string[]> {
  const socket = await session.connect();
  const answer = randomUUID();
  const pieces: string[] = [];
  let done = false;
  // biome-ignore lint/suspicious/noExplicitAny: the web UI's own events, of which only these parts matter
  socket.on('events', ({ message_id, data: { type, data } }: any) => {
    if (message_id !== answer) return;
    if (type === 'response:completion' && typeof data.delta === 'string') pieces.push(data.delta);
    done ||= type === 'chat:completion' && data.done === true;
  });
  try {
    await session.request('POST', '/api/v1/chat/completions', {
      stream: true,
      model: COUNTER_MODEL,
      messages: [{ role: 'user', content: 'count' }],
      parent_id: null,
      user_message: { id: randomUUID(), role: 'user', content: 'count', childrenIds: [], timestamp: 0 },
      id: answer,
      session_id: socket.id,
    });
    if (!(await until(() => done, Boolean, { seconds: 60, everyMs: 20 }))) {
      throw new Error(`no end of the answer after: ${pieces.join('')}`);
    }
  } finally {
    socket.close();
  }
  return pieces;
}

/** Hands the web UI a file; returns its id. */
export async function upload(session: Session, name: string, content: Uint8Array<ArrayBuffer>): Promise<string> {
  const form = new FormData();
  form.set('file', new Blob([content], { type: 'application/octet-stream' }), name);
  // What is in it is for a model to read, and there is none.
  const file = (await session.request('POST', '/api/v1/files/?process=false', form)) as { id: string };
  return file.id;
}

/** Content of an uploaded file. */
export const download = (session: Session, id: string): Promise<Uint8Array> =>
  session
    .fetch('GET', `/api/v1/files/${id}/content`)
    .then(async (response) => new Uint8Array(await response.arrayBuffer()));
