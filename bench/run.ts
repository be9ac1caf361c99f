/**
 * `npm run bench`: cold start and no-op of the same deployment by each tool, in turn, round by round, on this machine; writes
 * docs/performance.md, its plots and ratios.json. `-- --check` writes nothing, and fails when a ratio has grown since.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BUILT } from '../cli/chooseStack.ts';
import { readNeeds } from '../cli/needs.ts';
import { freePort } from '../tests/support/docker.ts';
import { footprint } from './footprint.ts';
import { clear, type Deployment, names, type Peer } from './peers/common.ts';
import { peers } from './peers.ts';
import { ratios, write } from './report.ts';
import { type Figures, slower } from './statistics.ts';
import { compose, docker, terraformProvider } from './tools.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The images that are built where none can be pulled, so that every tool finds the same ones everywhere. */
const { images: IMAGES } = await readNeeds({ root, env: process.env }, BUILT);

async function seconds(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work;
  return (performance.now() - started) / 1000;
}

const fileName = ({ name }: Peer) => name.replaceAll(/\W+/g, '-');

/** MiB that the engine counts for both containers. */
async function memory(deployment: Deployment): Promise<number> {
  const { valkey, webui } = names(deployment);
  const { stdout } = await docker('stats', '--no-stream', '--format', '{{.MemUsage}}', valkey, webui);
  const unit = { KiB: 1 / 1024, MiB: 1, GiB: 1024 };
  return [...stdout.matchAll(/^([\d.]+)(KiB|MiB|GiB) /gm)]
    .map(([, number, of]) => Number(number) * unit[of as keyof typeof unit])
    .reduce((sum, one) => sum + one, 0);
}

/** One deployment by one tool, from nothing and back to nothing. */
async function measure(peer: Peer, dir: string, external: boolean): Promise<Figures> {
  const deployment: Deployment = {
    name: `bench-${process.pid}-${fileName(peer)}`,
    dir,
    port: await freePort(),
    images: IMAGES,
    external,
  };
  await clear(deployment, { network: true });
  try {
    if (external) await docker('network', 'create', names(deployment).network);
    await peer.prepare(deployment);
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
  } finally {
    await clear(deployment, { network: true });
  }
}

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, check: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1');

const tools = { compose: await compose(), provider: await terraformProvider() };
const all = peers(root, tools);
const dir = mkdtempSync(join(tmpdir(), 'open-webui-bench-'));
const variants = [
  { key: 'external', external: true },
  { key: 'own', external: false },
] as const;
const results = { external: new Map<string, Figures[]>(), own: new Map<string, Figures[]>() };
const text = (name: string, value: number | undefined) =>
  value === undefined ? '' : `  ${name} ${value.toFixed(2)} s`;
try {
  // The first round warms caches and counts for nothing.
  for (let round = 0; round <= rounds; round++) {
    for (const { key, external } of variants) {
      for (const peer of all) {
        const figures = await measure(peer, join(dir, fileName(peer)), external);
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

const record = join(root, 'bench', 'ratios.json');
const now = ratios(results);
if (values.check) {
  const worse = slower(now, JSON.parse(readFileSync(record, 'utf8')));
  console.log(
    worse.length === 0 ? '\nNothing is slower than recorded.' : `\nSlower than recorded:\n  ${worse.join('\n  ')}`,
  );
  process.exitCode = worse.length === 0 ? 0 : 1;
} else {
  write(root, all, results, footprint(root, tools), rounds);
  writeFileSync(record, `${JSON.stringify(now, null, 2)}\n`);
}
