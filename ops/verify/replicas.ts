/** The proof that several web UIs are one: each answers, an event triggered on one reaches browsers of another, and a sign-out holds on all. */

import { randomUUID } from 'node:crypto';
import { RemoteError } from '../../core/errors.mjs';
import { CannotSignIn, credentials, signIn, signInWith } from '../administrator.ts';
import type { Reachable } from '../outputs.ts';
import { relay } from '../relay.ts';
import type { Session } from '../webui.ts';
import type { Check, During, Seen } from './check.ts';

const EVENT_SECONDS = 15;

/** A web UI among several. */
interface Replica {
  container: string;
  /** Where this machine reaches it alone, whatever is before it. */
  origin: string;
}

const logsOf = (container: string) => `docker logs --tail 50 ${container}`;

async function requireReady({ container, origin }: Replica): Promise<void> {
  const answer = await fetch(`${origin}/ready`, { signal: AbortSignal.timeout(15_000) }).catch((error: Error) => error);
  if (!(answer instanceof Error) && answer.ok) return;
  const why = answer instanceof Error ? answer.message : `it answers ${answer.status}`;
  throw new RemoteError(`${container} is not ready: ${why}`, { next: logsOf(container) });
}

/** Causes an event at one web UI, for a browser that is connected to another. */
async function requireEvent(session: Session, from: Replica, to: Replica, during: During): Promise<void> {
  const there = session.at(from.origin);
  const socket = await session.at(to.origin).connect();
  during.onEnd(() => socket.close());
  const chat = (await there.request('POST', '/api/v1/chats/new', { chat: { title: 'verify' } })) as { id: string };
  const mark = `verify-${randomUUID()}`;
  let seen = false;
  socket.on('events', (event: unknown) => {
    seen ||= JSON.stringify(event).includes(mark);
  });
  try {
    await there.request('POST', `/api/v1/chats/${chat.id}/messages/${mark}/event`, { type: 'verify', data: {} });
    await during.until(() => seen, Boolean, { seconds: EVENT_SECONDS, everyMs: 10 });
  } finally {
    // While there is still a way to it.
    await there.request('DELETE', `/api/v1/chats/${chat.id}`);
  }
  if (seen) return;
  throw new RemoteError(`an event triggered on ${from.container} did not reach a browser on ${to.container}`, {
    next: logsOf(to.container),
  });
}

/** Signs out at one web UI; none of the others may know the token afterwards. */
async function requireSignOut(stack: Reachable, [first, ...others]: readonly Replica[]): Promise<void> {
  if (!first) return;
  const { email, password } = credentials(stack);
  const session = await signInWith(first.origin, email, password);
  await session.request('POST', '/api/v1/auths/signout');
  for (const { container, origin } of others) {
    const refused = await session
      .at(origin)
      .request('GET', '/api/v1/chats/?page=1')
      .then(
        () => false,
        ({ status }: RemoteError) => status === 401 || status === 403,
      );
    if (!refused)
      throw new RemoteError(`${container} still accepts a session that was signed out on ${first.container}`, {
        next: logsOf(container),
      });
  }
}

export const replicas: Check = {
  name: 'replicas',
  applies: ({ servers: { webui } }) => (webui.containers?.length ?? 0) > 1,
  seconds: 120,
  async run(stack, during): Promise<Seen> {
    const { docker, servers } = stack;
    const all: Replica[] = [];
    for (const container of servers.webui.containers ?? []) {
      const { origin, close } = await relay(docker, container);
      during.onEnd(close);
      all.push({ container, origin });
    }
    await Promise.all(all.map(requireReady));
    const [first] = all;
    const [tokened, counted] = [process.env['OPEN_WEBUI_TOKEN'] !== undefined, `all ${all.length} web UIs are ready`];
    const session = await signIn({
      ...stack,
      servers: { ...servers, webui: { ...servers.webui, publishedAt: first?.origin ?? '' } },
    }).catch((error: unknown) => {
      if (error instanceof CannotSignIn) return error;
      throw error;
    });
    if (session instanceof CannotSignIn || session.isKey) {
      const why = session instanceof CannotSignIn ? session.message : 'with an API key Open WebUI opens no websocket';
      return { detail: counted, notProved: `that events of one reach browsers of another: ${why}` };
    }
    for (const [index, from] of all.entries()) {
      const to = all[(index + 1) % all.length];
      if (to) await requireEvent(session, from, to, during);
    }
    if (tokened) return `${counted}, and an event triggered on each reaches a browser on another`;
    await requireSignOut(stack, all);
    return `${counted}, an event triggered on each reaches a browser on another, and a sign-out on one applies to all`;
  },
};
