/**
 * Cold start and no-op of the same deployment by each tool, in turn, round by round, on this machine; writes docs/performance.md, its plots
 * and ratios.json.
 */

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Docker } from '../docker/client.ts';
import { footprint } from './footprint.ts';
import { clear, type Deployment, names, type Peer } from './peers/common.ts';
import { peers } from './peers.ts';
import { ratios, write } from './report.ts';
import { type Figures, slower } from './statistics.ts';
import { findTools } from './tools.ts';

/** What is measured, and on what. */
export interface Bench {
  root: string;
  /** With the Pulumi CLI on PATH. */
  env: NodeJS.ProcessEnv;
  docker: Docker;
  /** Every tool deploys these. */
  images: Deployment['images'];
  /** Files and folders of which this project and its command line consist. */
  parts: readonly string[];
  rounds: number;
  /** Writes nothing, and fails when a ratio has grown since it was recorded. */
  check: boolean;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function seconds(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work;
  return (performance.now() - started) / 1000;
}

const fileName = ({ name }: Peer) => name.replaceAll(/\W+/g, '-');

/** MiB that the engine counts for both containers. */
async function memory(docker: Docker, deployment: Deployment): Promise<number> {
  const { valkey, webui } = names(deployment);
  const stats = await docker.run(['stats', '--no-stream', '--format', '{{.MemUsage}}', valkey, webui]);
  const unit = { KiB: 1 / 1024, MiB: 1, GiB: 1024 };
  return [...stats.matchAll(/^([\d.]+)(KiB|MiB|GiB) /gm)]
    .map(([, number, of]) => Number(number) * unit[of as keyof typeof unit])
    .reduce((sum, one) => sum + one, 0);
}

/** One deployment by one tool, from nothing and back to nothing. */
async function measure({ docker, env, images }: Bench, peer: Peer, dir: string, external: boolean): Promise<Figures> {
  const deployment: Deployment = {
    name: `bench-${process.pid}-${fileName(peer)}`,
    dir,
    env,
    port: await freePort(),
    images,
    external,
  };
  await clear(deployment, { network: true });
  try {
    if (external) await docker.run(['network', 'create', names(deployment).network]);
    await peer.prepare(deployment);
    const up = await seconds(peer.up(deployment));
    // What a tool calls done has to be done.
    const { status } = await fetch(`http://127.0.0.1:${deployment.port}/ready`);
    if (status !== 200) throw new Error(`${peer.name} has ended, but the web UI answers ${status}`);
    const held = await memory(docker, deployment);
    // Of that which notes what it has seen, the second run is the one that people have from then on.
    await peer.command?.(deployment);
    return {
      up,
      memory: held,
      noop: peer.noop && (await seconds(peer.noop(deployment))),
      empty: peer.empty && (await seconds(peer.empty(deployment))),
      bare: peer.bare && (await seconds(peer.bare(deployment))),
      command: peer.command && (await seconds(peer.command(deployment))),
    };
  } finally {
    await clear(deployment, { network: true });
  }
}

const VARIANTS = [
  { key: 'external', external: true },
  { key: 'own', external: false },
] as const;

const text = (name: string, value: number | undefined) =>
  value === undefined ? '' : `  ${name} ${value.toFixed(2)} s`;

/** Measures all tools round by round. The first round warms caches and counts for nothing. */
async function measureAll(bench: Bench, all: readonly Peer[]) {
  const results = { external: new Map<string, Figures[]>(), own: new Map<string, Figures[]>() };
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-bench-'));
  try {
    for (let round = 0; round <= bench.rounds; round++) {
      for (const { key, external } of VARIANTS) {
        for (const peer of all) {
          const figures = await measure(bench, peer, join(dir, fileName(peer)), external);
          console.log(
            `${round === 0 ? 'warm-up' : `round ${round}`}  ${key.padEnd(8)}  ${peer.name.padEnd(14)}${text('up', figures.up)}` +
              `${text('no-op', figures.noop)}${text('empty', figures.empty)}${text('bare up', figures.bare)}${text('npm run up', figures.command)}`,
          );
          if (round > 0) results[key].set(peer.name, [...(results[key].get(peer.name) ?? []), figures]);
        }
      }
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return results;
}

/** Measures, and writes or checks; returns the exit code. */
export async function run(bench: Bench): Promise<number> {
  const { root, env, parts, rounds, check } = bench;
  const tools = await findTools(bench);
  const all = peers(root, parts, tools);
  const results = await measureAll(bench, all);
  const record = join(root, 'bench', 'ratios.json');
  const now = ratios(results);
  if (check) {
    const worse = slower(now, JSON.parse(readFileSync(record, 'utf8')));
    console.log(
      worse.length === 0 ? '\nNothing is slower than recorded.' : `\nSlower than recorded:\n  ${worse.join('\n  ')}`,
    );
    return worse.length === 0 ? 0 : 1;
  }
  write(root, all, results, await footprint(root, env, tools), rounds);
  writeFileSync(record, `${JSON.stringify(now, null, 2)}\n`);
  return 0;
}
