/** Tables and plots of a comparison. */

import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Peer } from './peers.ts';
import { type Figures, median, ratio } from './statistics.ts';

type Results = Record<'external' | 'own', ReadonlyMap<string, readonly Figures[]>>;

const ROW = 34;
const LEFT = 130;
const WIDTH = 640;

/** Bars of the medians, with a dot for each round; readable on light and on dark ground. */
function plot(title: string, series: readonly (readonly [string, readonly number[]])[]): string {
  const most = Math.max(...series.flatMap(([, values]) => values));
  const x = (value: number) => LEFT + (value / most) * (WIDTH - LEFT - 70);
  const rows = series.map(([name, values], row) => {
    const y = 40 + row * ROW;
    const middle = median(values);
    const dots = values.map((value) => `<circle cx="${x(value).toFixed(1)}" cy="${y + 11}" r="2.5" fill="#555"/>`);
    return (
      `<text x="${LEFT - 8}" y="${y + 15}" text-anchor="end">${name}</text>` +
      `<rect x="${LEFT}" y="${y}" width="${(x(middle) - LEFT).toFixed(1)}" height="22" fill="${name === 'pulumi' ? '#8a3391' : '#9aa5b1'}"/>` +
      `${dots.join('')}<text x="${(x(Math.max(...values)) + 8).toFixed(1)}" y="${y + 15}">${middle.toFixed(2)} s</text>`
    );
  });
  const height = 50 + series.length * ROW;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">` +
    `<title>${title}</title>` +
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/><text x="8" y="22" font-weight="bold">${title}</text>${rows.join('')}</svg>\n`
  );
}

const range = (values: readonly number[]) =>
  `${median(values).toFixed(2)} (${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)})`;

/** Writes docs/performance.md and docs/performance-*.svg. */
export function write(root: string, peers: readonly Peer[], results: Results, rounds: number): void {
  const ups = (key: keyof Results, name: string) => (results[key].get(name) ?? []).map(({ up }) => up);
  const noops = (name: string) => (results.external.get(name) ?? []).flatMap(({ noop }) => noop ?? []);
  const coldRows = (key: keyof Results) =>
    peers.map(({ name }) => {
      const own = ups(key, name);
      const against = (other: string) => `${ratio(own, ups(key, other)).toFixed(2)} ×`;
      return `| ${name} | ${range(own)} | ${against('docker run')} | ${against('docker compose')} |`;
    });
  const still = peers.filter(({ noop }) => noop);
  const noopRows = still.map(
    ({ name }) => `| ${name} | ${range(noops(name))} | ${ratio(noops(name), noops('terraform')).toFixed(2)} × |`,
  );
  const table = (heads: string, rows: readonly string[]) =>
    [heads, heads.replaceAll(/[^|]+/g, ' --- '), ...rows].join('\n');
  const cold = 'seconds: median (range) | to docker run | to docker compose |';
  writeFileSync(
    join(root, 'docs', 'performance.md'),
    `# Performance

Written by \`npm run bench\`: each tool brings up the same Valkey and the same web UI, from the same images with the same health checks and
from empty volumes, in turn, for ${rounds} rounds after one that does not count. Times are of one machine in one run (${cpus().length} processors,
${Math.round(totalmem() / 2 ** 30)} GiB); what carries over are the ratios, which are medians of the quotients of each round.

${peers.map(({ name, about }) => `- **${name}**: ${about}`).join('\n')}

## Cold start to a healthy web UI, on a network that exists

![](performance-external.svg)

${table(`| | ${cold}`, coldRows('external'))}

## The same, with the network still to be made

![](performance-own.svg)

${table(`| | ${cold}`, coldRows('own'))}

## Finding out that nothing is to be changed

![](performance-noop.svg)

${table('| | seconds: median (range) | to terraform |', noopRows)}
`,
  );
  const plots = {
    external: plot(
      'Cold start, network exists',
      peers.map(({ name }) => [name, ups('external', name)] as const),
    ),
    own: plot(
      'Cold start, network is made',
      peers.map(({ name }) => [name, ups('own', name)] as const),
    ),
    noop: plot(
      'No-op',
      still.map(({ name }) => [name, noops(name)] as const),
    ),
  };
  for (const [name, svg] of Object.entries(plots)) writeFileSync(join(root, 'docs', `performance-${name}.svg`), svg);
}
