/** The proofs that a deployment works, each from outside and by what the stack says of itself. */

import { randomUUID } from 'node:crypto';
import type { Socket } from 'socket.io-client';
import { signIn } from './administrator.ts';
import { command, succeed } from './command.ts';
import { Failure } from './failure.ts';
import type { Stack } from './stack.ts';
import { until } from './until.ts';
import { subscribe, valkey } from './valkeyCli.ts';

export interface Check {
  name: string;
  /** Returns what was seen; throws a {@link Failure}, or any other error, when it does not hold. */
  run: (stack: Stack) => Promise<string>;
}

/** Open WebUI asks again for a lost Valkey after at most a minute. */
const RESUBSCRIBE_SECONDS = 75;
const EVENT_SECONDS = 15;

/** What a check may take until its verdict shows. */
const CHECK_SECONDS = 15;

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);

/** How a container is, how often the engine has started it again since it was last started by somebody, and seconds between its checks. */
async function health(
  container: string,
): Promise<{ state: string; restarts: number; since: string; interval: number }> {
  const format =
    '{{.RestartCount}} {{.State.StartedAt}} {{if .Config.Healthcheck}}{{json .Config.Healthcheck.Interval}}{{else}}0{{end}} {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}unchecked{{end}}';
  const { code, stdout, stderr } = await command('docker', [
    ...['inspect', '--type', 'container', '--format', format],
    container,
  ]);
  const [restarts, since = '', interval, ...state] = stdout.trim().split(' ');
  return code === 0
    ? {
        ...{ state: state.join(' '), restarts: Number(restarts), since: since.replace(/\.\d+Z$/, 'Z') },
        interval: Number(interval) / 1e9,
      }
    : { state: stderr.trim(), restarts: 0, since: '', interval: 0 };
}

const containers: Check = {
  name: 'containers',
  async run({ valkeyContainer, webuiContainer }) {
    const restarted: string[] = [];
    const settled = async (container: string) => {
      const past = (state: string, seconds: number) =>
        until(
          () => health(container),
          (seen) => seen.state !== state,
          { seconds },
        );
      const seen = await past('running starting', 180);
      // Its last check may be older than what has just come back, such as Valkey; the next one tells.
      const now = seen.state === 'running unhealthy' ? await past(seen.state, seen.interval + CHECK_SECONDS) : seen;
      return { container, ...now };
    };
    for (const { container, state, restarts, since } of await Promise.all(
      [valkeyContainer, webuiContainer].map(settled),
    )) {
      if (state !== 'running healthy') {
        throw new Failure(`${container} is not running and healthy: ${state}`, `docker logs --tail 50 ${container}`);
      }
      if (restarts > 0) {
        restarted.push(`; Docker has started ${container} again ${times(restarts)}, last at ${since}`);
      }
    }
    return `${valkeyContainer} and ${webuiContainer} run and are healthy${restarted.join('')}`;
  },
};

const ping: Check = {
  name: 'ping',
  async run({ valkeyContainer }) {
    const answer = (await succeed('docker', ['exec', valkeyContainer, 'valkey-cli', '-p', '6379', 'ping'])).trim();
    if (answer !== 'PONG') throw new Failure(`Valkey answers "${answer}"`, `docker logs --tail 50 ${valkeyContainer}`);
    return 'Valkey answers PONG';
  },
};

const ready: Check = {
  name: 'ready',
  async run({ publishedAt, webuiContainer }) {
    const next = `docker logs --tail 50 ${webuiContainer}`;
    const response = await fetch(`${publishedAt}/ready`, { signal: AbortSignal.timeout(15_000) }).catch(
      (error: Error) => {
        throw new Failure(
          `${publishedAt} does not answer: ${(error.cause as Error | undefined)?.message ?? error.message}`,
          next,
        );
      },
    );
    const text = await response.text();
    if (!response.ok) throw new Failure(`${publishedAt}/ready answers ${response.status}: ${text.slice(0, 200)}`, next);
    // Versions before 0.8.11 answer every path that they do not know with the page.
    if (!text.startsWith('{')) return 'the page answers; this version of the web UI has no /ready';
    return 'the web UI reaches its database and Valkey';
  },
};

const subscriptions: Check = {
  name: 'subscriptions',
  async run(stack) {
    const count = async () => Number((await valkey(stack, 'PUBSUB', 'NUMSUB', 'socketio')).at(-1));
    const seen = await until(count, (n) => n === stack.serverProcesses, { seconds: RESUBSCRIBE_SECONDS });
    if (seen !== stack.serverProcesses) {
      throw new Failure(
        `${seen} processes listen on Valkey's channel socketio, but the web UI has ${stack.serverProcesses}`,
        seen > stack.serverProcesses
          ? 'another web UI uses this Valkey: give each its own'
          : `docker logs --tail 50 ${stack.webuiContainer} (look for "Cannot receive from redis")`,
      );
    }
    return `${seen} of ${stack.serverProcesses} server processes listen for websocket events on Valkey`;
  },
};

/** Resolves with true when an event with the mark arrives, with false when it does not. */
async function arrives(socket: Socket, mark: string, cause: () => Promise<unknown>): Promise<boolean> {
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

/** What somebody gets who reaches Valkey and has no password. */
const access: Check = {
  name: 'access',
  async run(stack) {
    const { valkeyContainer } = stack;
    if (!stack.operatorPassword)
      return 'Valkey asks for no password (valkey.auth is false): whoever is on its network can use it';
    const open = (
      await succeed('docker', ['exec', '-i', valkeyContainer, 'valkey-cli'], 'GET open-webui:models\n')
    ).trim();
    if (!open.startsWith('NOPERM')) {
      throw new Failure(
        `Valkey answers a GET without a password: ${open.slice(0, 100)}`,
        `docker restart ${valkeyContainer} gives it the users of its arguments again`,
      );
    }
    return 'Valkey refuses everything but PING without a password';
  },
};

const websocket: Check = {
  name: 'websocket',
  async run(stack) {
    const next = `docker logs --tail 50 ${stack.webuiContainer}`;
    const session = await signIn(stack);
    const socket = await session.connect();
    // One process handles its own events without Valkey, so what goes over the wire is watched as well.
    const channels = ['socketio', `socketio#/#user:${session.userId}`];
    const wire = subscribe(stack, channels);
    const chat = (await session.request('POST', '/api/v1/chats/new', { chat: { title: 'verify' } })) as { id: string };
    try {
      const listening = () => wire.received().filter((line) => line === 'subscribe').length === channels.length;
      if (!(await until(listening, Boolean, { seconds: EVENT_SECONDS, everyMs: 20 }))) {
        throw new Failure('Valkey does not let verify listen', `docker logs --tail 50 ${stack.valkeyContainer}`);
      }
      const mark = `verify-${randomUUID()}`;
      const post = () =>
        session.request('POST', `/api/v1/chats/${chat.id}/messages/${mark}/event`, { type: 'verify', data: {} });
      if (!(await arrives(socket, mark, post))) {
        throw new Failure('an event caused over HTTP did not reach the websocket', next);
      }
      const message = await until(
        () => wire.received().find((line) => line.includes(mark)),
        (line) => line !== undefined,
        { seconds: EVENT_SECONDS, everyMs: 20 },
      );
      if (message === undefined) throw new Failure('the event did not go through Valkey', next);
      const channel = wire.received()[wire.received().indexOf(message) - 1] ?? '';

      // The same event once more, as another process of the web UI would send it.
      const replica = randomUUID();
      const replayed = message.replaceAll(mark, replica).replace(/("host_id": ?")[^"]*/, `$1${replica}`);
      if (!(await arrives(socket, replica, () => valkey(stack, 'PUBLISH', channel, replayed)))) {
        throw new Failure('an event sent through Valkey did not reach the websocket', next);
      }
    } finally {
      wire.close();
      socket.close();
      await session.request('DELETE', `/api/v1/chats/${chat.id}`);
    }
    return 'a signed-in browser gets events over HTTP, and through Valkey as from another process';
  },
};

const logLine: Check = {
  name: 'log line',
  async run({ webuiContainer }) {
    const { stdout, stderr } = await command('docker', ['logs', webuiContainer]);
    return (stdout + stderr).includes('Using Redis to manage websockets')
      ? 'the log says "Using Redis to manage websockets"'
      : "the log does not have the tutorial's line, as usual: it takes GLOBAL_LOG_LEVEL=DEBUG and proves no connection";
  },
};

/**
 * What is tried at the same time, and then the next: nothing else can hold where there is nothing, and the last one listens on Valkey
 * itself, where those who do so are counted before.
 */
export const stages: readonly (readonly Check[])[] = [
  [containers],
  [ping, access, ready, subscriptions, logLine],
  [websocket],
];
