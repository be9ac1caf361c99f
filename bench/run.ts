/**
 * `npm run bench`: cold start and no-op of the same deployment by each tool, in turn, round by round, on this machine; writes
 * docs/performance.md and its plots.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { clear, type Deployment, names, type Peer, peers } from './peers.ts';
import { write } from './report.ts';
import type { Figures } from './statistics.ts';
import { compose, docker, terraformProvider } from './tools.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The images that are built where none can be pulled, so that every tool finds the same ones everywhere. */
const IMAGES = { valkey: 'local/valkey:8.1-debian', webui: 'local/open-webui:0.12.4-pypi' };

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

async function seconds(work: Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work;
  return (performance.now() - started) / 1000;
}

/** One deployment by one tool, from nothing and back to nothing. */
async function measure(peer: Peer, dir: string, external: boolean): Promise<Figures> {
  const deployment: Deployment = {
    name: `bench-${process.pid}-${peer.name.replaceAll(' ', '-')}`,
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
    return { up, noop: peer.noop && (await seconds(peer.noop(deployment))) };
  } finally {
    await clear(deployment, { network: true });
  }
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1');

const all = peers(root, { compose: await compose(), provider: await terraformProvider() });
const dir = mkdtempSync(join(tmpdir(), 'open-webui-bench-'));
const variants = [
  { key: 'external', external: true },
  { key: 'own', external: false },
] as const;
const results = { external: new Map<string, Figures[]>(), own: new Map<string, Figures[]>() };
try {
  // The first round warms caches and counts for nothing.
  for (let round = 0; round <= rounds; round++) {
    for (const { key, external } of variants) {
      for (const peer of all) {
        const figures = await measure(peer, join(dir, peer.name.replaceAll(' ', '-')), external);
        console.log(
          `${round === 0 ? 'warm-up' : `round ${round}`}  ${key.padEnd(8)}  ${peer.name.padEnd(14)}  up ${figures.up.toFixed(2)} s` +
            (figures.noop === undefined ? '' : `  no-op ${figures.noop.toFixed(2)} s`),
        );
        if (round > 0) results[key].set(peer.name, [...(results[key].get(peer.name) ?? []), figures]);
      }
    }
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}
write(root, all, results, rounds);
