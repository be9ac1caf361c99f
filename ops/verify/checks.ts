/** The proofs that a deployment works, each from outside and by what the stack says of itself. */

import { RemoteError } from '../../core/errors.mjs';
import { KEY_PREFIX, VALKEY_PORT } from '../../core/valkey.ts';
import type { Docker } from '../../docker/client.ts';
import { healthOf } from '../../docker/health.ts';
import { inspectContainer } from '../../docker/inspect.ts';
import { readLog } from '../../docker/logs.ts';
import { type Task, taskContainers, tasksOf } from '../../docker/services.ts';
import { valkey } from '../valkeyCli.ts';
import type { Check, During } from './check.ts';
import { database } from './database.ts';
import { exclusive } from './exclusive.ts';
import { files } from './files.ts';
import { gateway } from './gateway.ts';
import { replicas } from './replicas.ts';
import { valkeys } from './valkeys.ts';
import { websocket } from './websocket.ts';

/** Open WebUI asks again for a lost Valkey after at most a minute. */
const RESUBSCRIBE_SECONDS = 75;

/** What a check may take until its verdict shows. */
const CHECK_SECONDS = 15;

const logsOf = (container: string) => `docker logs --tail 50 ${container}`;

const listed = (names: readonly string[]) => `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);

/** The containers of a server on this engine: on Swarm once it has as many tasks as instances, some of which other nodes may run. */
async function containersOf(
  docker: Docker,
  {
    container,
    service,
    replicas = 1,
  }: { container: string; service?: string | undefined; replicas?: number | undefined },
  until: During['until'],
): Promise<string[]> {
  if (service === undefined) return [container];
  // Swarm takes a task for one that runs when its health check has succeeded.
  const runs = ({ wanted, state }: Task) => wanted === 'Running' && state === 'Running';
  const count = async () => (await tasksOf(docker, service)).filter(runs).length;
  const running = await until(count, (found) => found >= replicas, { seconds: 60 });
  if (running >= replicas) return taskContainers(docker, service);
  throw new RemoteError(`${running} of ${replicas} tasks of ${service} run`, {
    next: `docker service ps --no-trunc ${service}`,
  });
}

const containers: Check = {
  name: 'containers',
  seconds: 240,
  async run({ docker, servers }, { until }) {
    const { database, valkey, webui, gateway } = servers;
    const stores = valkey.several ? [...valkey.several.servers, valkey.several.balancer] : [valkey];
    const all = [...(database ? [database] : []), ...stores, webui, ...(gateway ? [gateway] : [])];
    const names = (await Promise.all(all.map((server) => containersOf(docker, server, until)))).flat();
    const settled = async (name: string) => {
      const past = (state: string, seconds: number) =>
        until(
          () => inspectContainer(docker, name),
          (seen) => healthOf(seen) !== state,
          { seconds },
        );
      const seen = await past('running starting', 180);
      const interval = (seen?.Config.Healthcheck?.Interval ?? 0) / 1e9;
      // Its last check may be older than what has just come back, such as Valkey; the next one tells.
      return healthOf(seen) === 'running unhealthy' ? past('running unhealthy', interval + CHECK_SECONDS) : seen;
    };
    const restarted: string[] = [];
    for (const [index, container] of (await Promise.all(names.map(settled))).entries()) {
      const name = names[index] as string;
      const state = healthOf(container);
      if (state !== 'running healthy')
        throw new RemoteError(`${name} is not running and healthy: ${state}`, { next: logsOf(name) });
      if (container && container.RestartCount > 0) {
        const since = container.State.StartedAt.replace(/\.\d+Z$/, 'Z');
        restarted.push(`; Docker has restarted ${name} ${times(container.RestartCount)}, last at ${since}`);
      }
    }
    return `${listed(names)} run and are healthy${restarted.join('')}`;
  },
};

const ping: Check = {
  name: 'ping',
  seconds: 30,
  server: 'valkey',
  async run({ docker, servers: { valkey } }) {
    const ping = ['exec', valkey.container, 'valkey-cli', '-p', String(VALKEY_PORT), 'ping'];
    const answer = (await docker.run(ping)).trim();
    if (answer !== 'PONG') throw new RemoteError(`Valkey answers "${answer}"`, { next: logsOf(valkey.container) });
    return 'Valkey answers PONG';
  },
};

const ready: Check = {
  name: 'ready',
  seconds: 30,
  async run({ servers }) {
    const { publishedAt, container } = servers.webui;
    const next = logsOf(container);
    const response = await fetch(`${publishedAt}/ready`, { signal: AbortSignal.timeout(15_000) }).catch(
      (error: Error) => {
        const why = (error.cause as Error | undefined)?.message ?? error.message;
        throw new RemoteError(`${publishedAt} does not answer: ${why}`, { next });
      },
    );
    const text = await response.text();
    if (!response.ok)
      throw new RemoteError(`${publishedAt}/ready answers ${response.status}: ${text.slice(0, 200)}`, { next });
    // Versions before 0.8.11 answer every path that they do not know with the page.
    if (!text.startsWith('{')) return 'the page answers; this version of the web UI has no /ready';
    return 'the web UI reaches its database and Valkey';
  },
};

const subscriptions: Check = {
  name: 'subscriptions',
  seconds: RESUBSCRIBE_SECONDS + CHECK_SECONDS,
  server: 'valkey',
  async run(stack, { until }) {
    const count = async () => Number((await valkey(stack, 'PUBSUB', 'NUMSUB', 'socketio')).at(-1));
    const { processes: each, replicas = 1, containers = [], container } = stack.servers.webui;
    // Swarm may run one more for a while.
    const processes = each * Math.max(replicas, containers.length);
    const seen = await until(count, (n) => n === processes, { seconds: RESUBSCRIBE_SECONDS });
    if (seen !== processes) {
      throw new RemoteError(`${seen} processes listen on Valkey's channel socketio, but the web UI has ${processes}`, {
        next:
          seen > processes
            ? 'another web UI uses this Valkey: give each its own'
            : `${logsOf(container)} (look for "Cannot receive from redis")`,
      });
    }
    return `${seen} of ${processes} server processes listen for websocket events on Valkey`;
  },
};

/** What a client without a password gets from Valkey. */
const access: Check = {
  name: 'access',
  seconds: 30,
  server: 'valkey',
  async run({ docker, servers: { valkey } }) {
    if (!valkey.operatorPassword)
      return 'Valkey requires no password (valkey.auth is false): anything on its network can use it';
    const get = ['exec', '-i', valkey.container, 'valkey-cli'];
    const open = (await docker.run(get, { input: `GET ${KEY_PREFIX}:models\n` })).trim();
    if (!open.startsWith('NOPERM')) {
      throw new RemoteError(`Valkey answers a GET without a password: ${open.slice(0, 100)}`, {
        next: `docker restart ${valkey.container} gives it the users of its arguments again`,
      });
    }
    return 'Valkey refuses everything but PING without a password';
  },
};

const logLine: Check = {
  name: 'log line',
  seconds: 30,
  async run({ docker, servers }) {
    const { text, unreadable } = await readLog(docker, servers.webui.container);
    if (unreadable !== undefined) return `the log, which proves no connection anyway, cannot be read: ${unreadable}`;
    return text.includes('Using Redis to manage websockets')
      ? 'the log says "Using Redis to manage websockets"'
      : "the log does not have the tutorial's line, as usual: it needs GLOBAL_LOG_LEVEL=DEBUG and proves no connection";
  },
};

/**
 * What is tried at the same time, and then the next: nothing else can hold where there is nothing, and the last one listens on Valkey
 * itself, where those who do so are counted before.
 */
export const stages: readonly (readonly Check[])[] = [
  [containers],
  [ping, access, valkeys, ready, database, files, subscriptions, exclusive, gateway, logLine],
  [websocket, replicas],
];
