/**
 * The same deployment by each tool, on this machine: cold start and no-op, in turn, round by round, which writes docs/performance.md, its
 * plots and ratios.json; or what it costs at rest, does under load or does with several web UIs, which updates a section of that page.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Docker } from '../docker/client.ts';
import { run as runProgram } from '../system/exec.mjs';
import { freePort } from '../system/ports.mjs';
import { footprint } from './footprint.ts';
import { measureLoad } from './load/index.ts';
import { HEAD as LOAD, type Loaded, loadSection } from './load/section.ts';
import { replaceSection } from './page.ts';
import { clear, type Deployment, names, type Peer } from './peers/common.ts';
import { peers, resting } from './peers.ts';
import { ratios, write } from './report.ts';
import { type Resting, rest } from './rest.ts';
import { HEAD as REST, restSection } from './restSection.ts';
import { type Figures, slower } from './statistics.ts';
import { measureSwarm } from './swarm/index.ts';
import { HEAD as SWARM, type Swarmed, swarmSection } from './swarm/section.ts';
import { findCompose, findTools } from './tools.ts';

/** On what is measured. */
export interface Bench {
  root: string;
  /** With the Pulumi CLI on PATH. */
  env: NodeJS.ProcessEnv;
  docker: Docker;
  /** Every tool deploys these. */
  images: Deployment['images'];
  /** Files and folders of which this project and its command line consist. */
  parts: readonly string[];
}

/** How often is measured, and what for. */
interface Comparison {
  rounds: number;
  /** Writes nothing, and fails when a ratio has grown since it was recorded. */
  check: boolean;
}

const recordFile = (root: string, name: string) => join(root, 'bench', `${name}.json`);
const readRecord = (root: string, name: string) => JSON.parse(readFileSync(recordFile(root, name), 'utf8'));
const writeRecord = (root: string, name: string, value: unknown) =>
  writeFileSync(recordFile(root, name), `${JSON.stringify(value, null, 2)}\n`);

async function seconds(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work;
  return (performance.now() - started) / 1000;
}

const fileName = ({ name }: Peer) => name.replaceAll(/\W+/g, '-');

/** Works in a folder for the files of all tools. */
async function inFolder<Result>(work: (dir: string) => Promise<Result>): Promise<Result> {
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-bench-'));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Works with one deployment by one tool, from nothing and back to nothing. */
async function withDeployment<Result>(
  { docker, env, images }: Bench,
  peer: Peer,
  { dir, external }: { dir: string; external: boolean },
  work: (deployment: Deployment) => Promise<Result>,
): Promise<Result> {
  const deployment: Deployment = {
    name: `bench-${process.pid}-${fileName(peer)}`,
    dir: join(dir, fileName(peer)),
    env,
    port: await freePort(),
    images,
    external,
  };
  await clear(deployment, { network: true });
  try {
    if (external) await docker.run(['network', 'create', names(deployment).network]);
    await peer.prepare(deployment);
    return await work(deployment);
  } finally {
    await clear(deployment, { network: true });
  }
}

/** MiB that the engine counts for both containers. */
async function memory(docker: Docker, deployment: Deployment): Promise<number> {
  const { valkey, webui } = names(deployment);
  const stats = await docker.run(['stats', '--no-stream', '--format', '{{.MemUsage}}', valkey, webui]);
  const unit = { KiB: 1 / 1024, MiB: 1, GiB: 1024 };
  return [...stats.matchAll(/^([\d.]+)(KiB|MiB|GiB) /gm)]
    .map(([, number, of]) => Number(number) * unit[of as keyof typeof unit])
    .reduce((sum, one) => sum + one, 0);
}

/** What one tool takes for a deployment that is new. */
async function measure(docker: Docker, peer: Peer, deployment: Deployment): Promise<Figures> {
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
}

const VARIANTS = [
  { key: 'external', external: true },
  { key: 'own', external: false },
] as const;

const text = (name: string, value: number | undefined) =>
  value === undefined ? '' : `  ${name} ${value.toFixed(2)} s`;

/** Measures all tools round by round. The first round warms caches and counts for nothing. */
async function measureAll(bench: Bench, all: readonly Peer[], rounds: number, dir: string) {
  const results = { external: new Map<string, Figures[]>(), own: new Map<string, Figures[]>() };
  for (let round = 0; round <= rounds; round++) {
    for (const { key, external } of VARIANTS) {
      for (const peer of all) {
        const figures = await withDeployment(bench, peer, { dir, external }, (deployment) =>
          measure(bench.docker, peer, deployment),
        );
        console.log(
          `${round === 0 ? 'warm-up' : `round ${round}`}  ${key.padEnd(8)}  ${peer.name.padEnd(14)}${text('up', figures.up)}` +
            `${text('no-op', figures.noop)}${text('empty', figures.empty)}${text('bare up', figures.bare)}${text('npm run up', figures.command)}`,
        );
        if (round > 0) results[key].set(peer.name, [...(results[key].get(peer.name) ?? []), figures]);
      }
    }
  }
  return results;
}

/** Aligns the tables of the page, as the linter requires. */
const formatPage = ({ root, env }: Bench) =>
  runProgram(
    'node',
    [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'format', '--write', 'docs/performance.md'],
    {
      cwd: root,
      env,
    },
  );

/** Measures, and writes or checks; returns the exit code. */
export async function run(bench: Bench, { rounds, check }: Comparison): Promise<number> {
  const { root, env, parts } = bench;
  const tools = await findTools(bench);
  const all = peers(root, parts, tools);
  const results = await inFolder((dir) => measureAll(bench, all, rounds, dir));
  const now = ratios(results);
  if (check) {
    const worse = slower(now, readRecord(root, 'ratios'));
    console.log(
      worse.length === 0 ? '\nNothing is slower than recorded.' : `\nSlower than recorded:\n  ${worse.join('\n  ')}`,
    );
    return worse.length === 0 ? 0 : 1;
  }
  write(root, all, results, await footprint(root, env, tools), rounds, {
    resting: readRecord(root, 'rest') as Resting,
    loaded: readRecord(root, 'load') as Loaded,
    swarmed: readRecord(root, 'swarm') as Swarmed,
  });
  writeRecord(root, 'ratios', now);
  await formatPage(bench);
  return 0;
}

/** Measures for so many minutes what each tool's deployment costs at rest, and writes it; returns the exit code. */
export async function runAtRest(bench: Bench, minutes: number): Promise<number> {
  const { root, docker, parts } = bench;
  const all = resting(root, parts, await findCompose(bench));
  const figures = await inFolder((dir) =>
    rest(docker, all, minutes, (peer, work) => withDeployment(bench, peer, { dir, external: false }, work)),
  );
  writeRecord(root, 'rest', figures);
  replaceSection(root, REST, restSection(figures));
  await formatPage(bench);
  return 0;
}

/** Measures what people notice while they work, and writes it; returns the exit code. */
export async function runUnderLoad(bench: Bench): Promise<number> {
  const { root } = bench;
  const figures = await inFolder((dir) => measureLoad(bench, dir));
  writeRecord(root, 'load', figures);
  replaceSection(root, LOAD, loadSection(figures));
  await formatPage(bench);
  return 0;
}

/** Measures several web UIs, and writes it; returns the exit code. What failed keeps the figures that it had. */
export async function runOnSwarm(bench: Bench, subjects: ReadonlySet<string>): Promise<number> {
  const { root } = bench;
  const figures = readRecord(root, 'swarm') as Swarmed;
  const failed = await inFolder((dir) => measureSwarm(bench, dir, subjects, (found) => Object.assign(figures, found)));
  writeRecord(root, 'swarm', figures);
  replaceSection(root, SWARM, swarmSection(figures));
  await formatPage(bench);
  if (failed.length > 0) console.error(`\nNot measured:\n  ${failed.join('\n  ')}`);
  return failed.length === 0 ? 0 : 1;
}
