/** The proof that events reach a browser, also those of another process of the web UI. */

import { randomUUID } from 'node:crypto';
import type { Socket } from 'socket.io-client';
import { RemoteError } from '../../core/errors.mjs';
import { CannotSignIn, signIn } from '../administrator.ts';
import type { Reachable } from '../outputs.ts';
import { subscribe, valkey } from '../valkeyCli.ts';
import { openSocket, type Session } from '../webui.ts';
import type { Check, During } from './check.ts';

const EVENT_SECONDS = 15;

/** Channel of Socket.IO on Valkey that every process of the web UI listens to. */
const CHANNEL = 'socketio';

const logsOf = (container: string) => `docker logs --tail 50 ${container}`;

/** Resolves with true when an event with the mark arrives, with false when it does not. */
async function arrives(
  { until }: During,
  socket: Socket,
  mark: string,
  cause: () => Promise<unknown>,
): Promise<boolean> {
  let seen = false;
  const listener = (event: unknown) => {
    seen ||= JSON.stringify(event).includes(mark);
  };
  socket.on('events', listener);
  try {
    await cause();
    return await until(() => seen, Boolean, { seconds: EVENT_SECONDS, everyMs: 10 });
  } finally {
    socket.off('events', listener);
  }
}

const notThroughValkey = (stack: Reachable) =>
  new RemoteError('an event sent through Valkey did not reach the websocket', {
    next: logsOf(stack.servers.webui.container),
  });

/** What can be proved by someone who cannot sign in: a websocket gets what another process of the web UI sends to it through Valkey. */
async function proveAnonymously(stack: Reachable, during: During): Promise<void> {
  const socket = await openSocket(stack.servers.webui.publishedAt);
  during.onEnd(() => socket.close());
  const mark = `verify-${randomUUID()}`;
  const message = {
    ...{ method: 'emit', event: 'events', data: [{ mark }], binary: false, namespace: '/' },
    // Each websocket is alone in a room of its own.
    ...{ room: socket.id, skip_sid: null, callback: null, host_id: randomUUID() },
  };
  const publish = () => valkey(stack, 'PUBLISH', CHANNEL, JSON.stringify(message));
  if (!(await arrives(during, socket, mark, publish))) throw notThroughValkey(stack);
}

/** An event that a request causes, as it goes through Valkey; with a websocket, it has to arrive there as well. */
async function causeEvent(
  stack: Reachable,
  during: During,
  session: Session,
  socket: Socket | undefined,
): Promise<{ channel: string; message: string; mark: string }> {
  const next = logsOf(stack.servers.webui.container);
  const chat = (await session.request('POST', '/api/v1/chats/new', { chat: { title: 'verify' } })) as {
    id: string;
    user_id: string;
  };
  during.onEnd(() => session.request('DELETE', `/api/v1/chats/${chat.id}`));
  // One process handles its own events without Valkey, so what goes over the wire is watched as well.
  const channels = [CHANNEL, `${CHANNEL}#/#user:${chat.user_id}`];
  const wire = subscribe(stack, channels);
  during.onEnd(() => wire.close());
  const lines = { seconds: EVENT_SECONDS, everyMs: 20 };
  const listening = () => wire.received().filter((line) => line === 'subscribe').length === channels.length;
  if (!(await during.until(listening, Boolean, lines)))
    throw new RemoteError('Valkey does not let verify listen', { next: logsOf(stack.servers.valkey.container) });
  const mark = `verify-${randomUUID()}`;
  const post = () =>
    session.request('POST', `/api/v1/chats/${chat.id}/messages/${mark}/event`, { type: 'verify', data: {} });
  if (!socket) await post();
  else if (!(await arrives(during, socket, mark, post)))
    throw new RemoteError('an event triggered over HTTP did not reach the websocket', { next });
  const seen = () => wire.received().find((line) => line.includes(mark));
  const message = await during.until(seen, (line) => line !== undefined, lines);
  if (message === undefined) throw new RemoteError('the event did not go through Valkey', { next });
  return { channel: wire.received()[wire.received().indexOf(message) - 1] ?? '', message, mark };
}

async function proveSignedIn(stack: Reachable, during: During, session: Session): Promise<void> {
  const socket = await session.connect();
  during.onEnd(() => socket.close());
  const { channel, message, mark } = await causeEvent(stack, during, session, socket);
  // The same event once more, as another process of the web UI would send it.
  const replica = randomUUID();
  const replayed = message.replaceAll(mark, replica).replace(/("host_id": ?")[^"]*/, `$1${replica}`);
  const publish = () => valkey(stack, 'PUBLISH', channel, replayed);
  if (!(await arrives(during, socket, replica, publish))) throw notThroughValkey(stack);
}

/** Signs in; an error that says why it cannot be done, where nothing is wrong with the web UI. */
const trySignIn = (stack: Reachable): Promise<Session | CannotSignIn> =>
  signIn(stack).catch((error: unknown) => {
    if (error instanceof CannotSignIn) return error;
    throw error;
  });

/** What takes a sign-in to prove. */
const EVENTS = 'that a signed-in browser gets the events of its user';

export const websocket: Check = {
  name: 'websocket',
  seconds: 90,
  async run(stack, during) {
    const session = await trySignIn(stack);
    if (session instanceof CannotSignIn) {
      await proveAnonymously(stack, during);
      const { message, next, wasGiven } = session;
      // What was given to sign in with is expected to work.
      if (wasGiven) return { ok: false, detail: message, notProved: EVENTS, next };
      const detail = 'a websocket gets what another process sends through Valkey';
      return { detail, notProved: `${EVENTS}: ${message}`, next };
    }
    if (session.isKey) {
      await proveAnonymously(stack, during);
      await causeEvent(stack, during, session, undefined);
      return {
        detail: 'an event over HTTP goes through Valkey, and a websocket gets what another process sends',
        notProved: `${EVENTS}: with an API key Open WebUI opens no websocket`,
        next: 'put the token of a signed-in browser (its cookie named token) into OPEN_WEBUI_TOKEN',
      };
    }
    await proveSignedIn(stack, during, session);
    return 'a signed-in browser gets events over HTTP, and through Valkey as from another process';
  },
};
