/**
 * `npm run bench`: cold start and no-op of the same deployment by each tool, in turn, round by round, on this machine; writes
 * docs/performance.md, its plots and ratios.json. `-- --check` writes nothing, and fails when a ratio has grown since. `-- --rest` measures
 * what the deployments cost while nobody uses them, and updates that section of the page.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BUILT } from '../cli/chooseStack.ts';
import { readNeeds } from '../cli/needs.ts';
import { UserError } from '../core/errors.mjs';
import { run } from '../system/exec.mjs';
import { freePort } from '../system/ports.mjs';
import { footprint } from './footprint.ts';
import { clear, type Deployment, names, type Peer } from './peers/common.ts';
import { peers, resting } from './peers.ts';
import { ratios, write } from './report.ts';
import { type Resting, rest } from './rest.ts';
import { replaceRest } from './restSection.ts';
import { type Figures, slower } from './statistics.ts';
import { compose, docker, terraformProvider } from './tools.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const record = (name: string) => join(root, 'bench', name);
const readRecord = (name: string) => JSON.parse(readFileSync(record(name), 'utf8'));
const writeRecord = (name: string, value: unknown) =>
  writeFileSync(record(name), `${JSON.stringify(value, null, 2)}\n`);

/** The images that are built where none can be pulled, so that every tool finds the same ones everywhere. */
const { images: IMAGES } = await readNeeds(root, BUILT);

async function seconds(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work;
  return (performance.now() - started) / 1000;
}

const fileName = ({ name }: Peer) => name.replaceAll(/\W+/g, '-');

/** Works with one deployment by one tool, from nothing and back to nothing. */
async function withDeployment<Result>(
  peer: Peer,
  { dir, external }: { dir: string; external: boolean },
  work: (deployment: Deployment) => Promise<Result>,
): Promise<Result> {
  const deployment: Deployment = {
    name: `bench-${process.pid}-${fileName(peer)}`,
    dir: join(dir, fileName(peer)),
    port: await freePort(),
    images: IMAGES,
    external,
  };
  await clear(deployment, { network: true });
  try {
    if (external) await docker('network', 'create', names(deployment).network);
    await peer.prepare(deployment);
    return await work(deployment);
  } finally {
    await clear(deployment, { network: true });
  }
}

/** MiB that the engine counts for both containers. */
async function memory(deployment: Deployment): Promise<number> {
  const { valkey, webui } = names(deployment);
  const text = await docker('stats', '--no-stream', '--format', '{{.MemUsage}}', valkey, webui);
  const unit = { KiB: 1 / 1024, MiB: 1, GiB: 1024 };
  return [...text.matchAll(/^([\d.]+)(KiB|MiB|GiB) /gm)]
    .map(([, number, of]) => Number(number) * unit[of as keyof typeof unit])
    .reduce((sum, one) => sum + one, 0);
}

/** What one tool takes for a deployment that is new. */
async function measure(peer: Peer, deployment: Deployment): Promise<Figures> {
  const up = await seconds(peer.up(deployment));
  // What a tool calls done has to be done.
  const { status } = await fetch(`http://127.0.0.1:${deployment.port}/ready`);
  if (status !== 200) throw new Error(`${peer.name} has ended, but the web UI answers ${status}`);
  const held = await memory(deployment);
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

/** Measures each tool in turn, round by round. */
async function compare(all: readonly Peer[], rounds: number, dir: string) {
  const results = { external: new Map<string, Figures[]>(), own: new Map<string, Figures[]>() };
  const text = (name: string, value: number | undefined) =>
    value === undefined ? '' : `  ${name} ${value.toFixed(2)} s`;
  // The first round warms caches and counts for nothing.
  for (let round = 0; round <= rounds; round++) {
    for (const { key, external } of VARIANTS) {
      for (const peer of all) {
        const figures = await withDeployment(peer, { dir, external }, (deployment) => measure(peer, deployment));
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
const formatPage = () =>
  run('node', [join(root, 'node_modules/@biomejs/biome/bin/biome'), 'format', '--write', 'docs/performance.md'], {
    cwd: root,
  });

function positive(option: string, text: string, whole: boolean): number {
  const value = Number(text);
  if (value > 0 && (!whole || Number.isInteger(value))) return value;
  throw new UserError(`--${option} takes a ${whole ? 'whole ' : ''}number above 0`);
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    check: { type: 'boolean', default: false },
    rest: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '10' },
  },
});
const rounds = positive('rounds', values.rounds, true);
const minutes = positive('minutes', values.minutes, false);
const dir = mkdtempSync(join(tmpdir(), 'open-webui-bench-'));
try {
  if (values.rest) {
    const tools = await resting(root, await compose());
    const figures = await rest(tools, minutes, (peer, work) => withDeployment(peer, { dir, external: false }, work));
    writeRecord('rest.json', figures);
    replaceRest(root, figures);
    await formatPage();
  } else {
    const tools = { compose: await compose(), provider: await terraformProvider() };
    const all = await peers(root, tools);
    const results = await compare(all, rounds, dir);
    const now = ratios(results);
    if (values.check) {
      const worse = slower(now, readRecord('ratios.json'));
      console.log(
        worse.length === 0 ? '\nNothing is slower than recorded.' : `\nSlower than recorded:\n  ${worse.join('\n  ')}`,
      );
      process.exitCode = worse.length === 0 ? 0 : 1;
    } else {
      write(root, all, results, await footprint(root, tools), rounds, readRecord('rest.json') as Resting);
      writeRecord('ratios.json', now);
      await formatPage();
    }
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
