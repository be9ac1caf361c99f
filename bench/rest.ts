/** `npm run bench -- --rest`: what a deployment costs at rest, in processor time of the engine and of the containers. */

import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../core/errors.mjs';
import { until } from '../core/until.ts';
import type { Docker } from '../docker/client.ts';
import { type Deployment, names, type Peer } from './peers/common.ts';
import { engineAt, processes, shimOf, TICKS, tree } from './processes.ts';

/** Processor seconds in ten minutes. */
export interface Rest {
  /** The engine itself, with containerd. */
  engine: number;
  /** What runs beside the servers in and around their containers: the checks, and what starts them. */
  checks: number;
  /** The two servers. */
  servers: number;
}

/** How long the figures were measured, and what they are by the names of the tools. */
export interface Resting {
  minutes: number;
  engine: string;
  tools: Readonly<Record<string, Rest>>;
}

export const total = ({ engine, checks, servers }: Rest): number => engine + checks + servers;

/** A web UI still loads and downloads when it has just become ready. */
const SETTLE_SECONDS = 60;

/** Ticks so far: of the engine, of all in and around the containers, and of each process in them. */
function snapshot(socket: string, containers: readonly string[]) {
  const all = processes();
  const engine = engineAt(socket, all);
  if (!engine) {
    throw new UserError(
      `The engine at ${socket} is no process of this machine.`,
      'Measure on the machine of the engine, as root.',
    );
  }
  const shims = containers.map((id) => {
    const shim = shimOf(id, all);
    if (!shim) throw new UserError(`There is no process of the container ${id}`);
    return shim;
  });
  const around = shims.flatMap(({ pid }) => tree(pid, all));
  // Under a service manager containerd is a service of its own.
  const daemons = [engine, ...all.filter(({ pid, name, parent }) => name === 'containerd' && parent === 1 && pid > 1)];
  const ours = new Set(around.map(({ pid }) => pid));
  const engines = new Map(daemons.flatMap(({ pid }) => tree(pid, all)).map((one) => [one.pid, one]));
  const sum = (list: Iterable<{ pid: number; ticks: number }>) =>
    [...list].reduce((ticks, one) => ticks + one.ticks, 0);
  return {
    engine: sum([...engines.values()].filter(({ pid }) => !ours.has(pid))),
    around: sum(around),
    servers: new Map(
      around
        .filter(({ pid }) => !shims.some((shim) => shim.pid === pid))
        .map((one) => [`${one.pid} ${one.started}`, one.ticks]),
    ),
  };
}

/** What a deployment that is up costs in so many minutes. */
async function measure(docker: Docker, deployment: Deployment, minutes: number): Promise<Rest> {
  const { valkey, webui } = names(deployment);
  const host =
    docker.endpoint.address ?? (await docker.run(['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}']));
  const socket = host.trim().replace(/^unix:\/\//, '');
  const ids = (await docker.run(['inspect', '--format', '{{.Id}}', valkey, webui])).trim().split('\n');
  const before = snapshot(socket, ids);
  await sleep(minutes * 60_000);
  const after = snapshot(socket, ids);
  // A process that was there all the time is a server; checks come and go.
  const servers = [...after.servers].reduce(
    (ticks, [one, now]) => ticks + (before.servers.has(one) ? now - (before.servers.get(one) ?? 0) : 0),
    0,
  );
  const perTenMinutes = (ticks: number) => (ticks / TICKS) * (10 / minutes);
  return {
    engine: perTenMinutes(after.engine - before.engine),
    checks: perTenMinutes(after.around - before.around - servers),
    servers: perTenMinutes(servers),
  };
}

/** Brings each tool's deployment up in turn, and measures it at rest. */
export async function rest(
  docker: Docker,
  tools: readonly Peer[],
  minutes: number,
  deploy: <Result>(peer: Peer, work: (deployment: Deployment) => Promise<Result>) => Promise<Result>,
): Promise<Resting> {
  const measured: Record<string, Rest> = {};
  for (const peer of tools) {
    measured[peer.name] = await deploy(peer, async (deployment) => {
      await peer.up(deployment);
      const answers = async () =>
        (await fetch(`http://127.0.0.1:${deployment.port}/ready`).catch(() => undefined))?.status === 200;
      if (!(await until(answers, Boolean, { seconds: 180 })))
        throw new Error(`The web UI of ${peer.name} does not answer`);
      await sleep(Math.min(SETTLE_SECONDS, minutes * 60) * 1000);
      return measure(docker, deployment, minutes);
    });
    const { engine, checks, servers } = measured[peer.name] as Rest;
    const seconds = (value: number) => `${value.toFixed(1)} s`;
    console.log(
      `${peer.name.padEnd(20)}  engine ${seconds(engine)}  checks ${seconds(checks)}  servers ${seconds(servers)} in ten minutes`,
    );
  }
  const engine = (await docker.run(['version', '--format', '{{.Server.Version}}'])).trim();
  return { minutes, engine, tools: measured };
}
