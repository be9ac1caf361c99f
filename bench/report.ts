/** Tables, plots and ratios of a comparison. */

import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Footprint } from './footprint.ts';
import type { Peer } from './peers/common.ts';
import { plot } from './plot.ts';
import { type Figures, median, ratio } from './statistics.ts';

export type Results = Record<'external' | 'own', ReadonlyMap<string, readonly Figures[]>>;
type Figure = keyof Figures;

/** What was measured of one tool, round by round; of both variants where none is named. */
const series = (results: Results, name: string, figure: Figure, key?: keyof Results): number[] =>
  (key ? [key] : (['external', 'own'] as const)).flatMap((one) =>
    (results[one].get(name) ?? []).flatMap((figures) => figures[figure] ?? []),
  );

/** What must not grow, whatever the machine: each of this project's figures beside one of the same rounds. */
export function ratios(results: Results): Record<string, number> {
  const to = (other: string, figure: Figure, key: keyof Results) =>
    ratio(series(results, 'pulumi', figure, key), series(results, other, figure, key));
  return {
    'cold start to docker compose, network exists': to('docker compose', 'up', 'external'),
    'cold start to docker run, network exists': to('docker run', 'up', 'external'),
    'cold start to docker compose, network is made': to('docker compose', 'up', 'own'),
    'cold start to docker run, network is made': to('docker run', 'up', 'own'),
    'preview to terraform plan, network exists': to('terraform', 'noop', 'external'),
    'preview to terraform plan, network is made': to('terraform', 'noop', 'own'),
    'cold start to docker compose with the same check, network exists': to('compose, our check', 'up', 'external'),
    'npm run up to pulumi up': ratio(series(results, 'pulumi', 'command'), series(results, 'pulumi', 'bare')),
    'memory to docker compose': ratio(series(results, 'pulumi', 'memory'), series(results, 'docker compose', 'memory')),
  };
}

const range = (values: readonly number[], digits = 2) =>
  `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;

const table = (heads: string, rows: readonly string[]) =>
  [heads, heads.replaceAll(/[^|]+/g, ' --- '), ...rows].join('\n');

/** Writes docs/performance.md and docs/performance-*.svg. */
export function write(
  root: string,
  peers: readonly Peer[],
  results: Results,
  { sizes, packages, install }: Footprint,
  rounds: number,
): void {
  const of = (figure: Figure, key?: keyof Results) => (name: string) => series(results, name, figure, key);
  /** A row for each tool: what it took, and how that is to others in the same rounds. */
  const rows = (tools: readonly Peer[], values: (name: string) => number[], others: readonly string[], digits = 2) =>
    tools.map(({ name }) => {
      const against = others.map((other) => `${ratio(values(name), values(other)).toFixed(2)} ×`);
      return `| ${[name, range(values(name), digits), ...against].join(' | ')} |`;
    });
  const coldTable = (key: keyof Results) =>
    table(
      '| | seconds: median (range) | to docker run | to docker compose | to compose, our check |',
      rows(peers, of('up', key), ['docker run', 'docker compose', 'compose, our check']),
    );
  const still = peers.filter(({ noop }) => noop);
  const noopTable = (key: keyof Results) =>
    table('| | seconds: median (range) | to terraform |', rows(still, of('noop', key), ['terraform']));
  const [bare, command] = [series(results, 'pulumi', 'bare'), series(results, 'pulumi', 'command')];

  writeFileSync(
    join(root, 'docs', 'performance.md'),
    `# Performance

Written by \`npm run bench\`: each tool brings up the same Valkey and the same web UI, from the same images with the same health checks and
from empty volumes, in turn, for ${rounds} rounds after one that does not count. Times are of one machine in one run (${cpus().length} processors,
${Math.round(totalmem() / 2 ** 30)} GiB); what carries over are the ratios, which are medians of the quotients of each round.
\`npm run bench -- --check\` measures again and fails when one of them has grown by more than 15 %.

${peers.map(({ name, about }) => `- **${name}**: ${about}`).join('\n')}

## Cold start to a healthy web UI, on a network that exists

![](performance-external.svg)

${coldTable('external')}

Nearly all of it is the web UI's own start. A check every 5 seconds finds it ready up to 5 seconds late; this project's asks twice a second
while the server starts. *compose, our check* has it too: what that is ahead of this project is what Pulumi costs. It comes before the first
container is made: the start of its engine, of Node.js with Pulumi's SDK, and of two plugins. Its Docker provider then looks at a container
once a second.

## The same, with the network still to be made

![](performance-own.svg)

${coldTable('own')}

The provider, which Terraform and Pulumi share, waits 2 seconds after it has made a network.

## Finding out that nothing is to be changed, on a network that exists

![](performance-noop.svg)

${noopTable('external')}

Pulumi runs a program for that, where the others read a file. Of a program with nothing in it, a preview by the same CLI and SDK takes
${range(series(results, 'pulumi', 'empty'))} s here, ${ratio(series(results, 'pulumi', 'empty', 'own'), series(results, 'terraform', 'noop', 'own')).toFixed(2)} × \`terraform plan\` with a network of its own: no program of Pulumi's can be faster than that.

## The same, with a network of its own

${noopTable('own')}

Terraform asks the engine for everything that it has made, the network with those 2 seconds; \`pulumi preview\` does so only with \`--refresh\`.

## An update that changes nothing

${table('| | seconds: median (range) | to pulumi up |', [
  `| pulumi up | ${range(bare)} | 1.00 × |`,
  `| npm run up | ${range(command)} | ${ratio(command, bare).toFixed(2)} × |`,
])}

\`npm run up\` also looks for what is missing on the machine and what was changed by hand, and proves the deployment: with a sign-in, an event
through Valkey and what Valkey must refuse. Where neither program nor settings have changed, that happens beside Pulumi's own comparison.
${(median(command) - median(bare)).toFixed(1)} s more than \`pulumi up\`, of which npm itself takes a part to start.

## Memory

${table(
  '| | MiB of both containers: median (range) | to docker compose |',
  rows(peers, of('memory'), ['docker compose'], 0),
)}

As the engine counts it when the web UI has just become healthy. Nothing of Pulumi stays running.

## What is installed

${table(
  '| | MiB |',
  sizes.map(([name, size]) => `| ${name} | ${size.toFixed(0)} |`),
)}

The CLI and each plugin are one program with all that it may ever need. \`npm ci\` with npm's cache filled takes ${install.seconds.toFixed(0)} s and makes ${install.size.toFixed(0)} MiB of
${packages.all} packages, ${packages.production} of them to run with. Pulumi's SDK brings most of these: it can turn functions into resources, and carries a compiler and
npm's own resolver for that.
`,
  );
  const plots = {
    external: plot(
      'Cold start, network exists',
      peers.map(({ name }) => [name, of('up', 'external')(name)] as const),
    ),
    own: plot(
      'Cold start, network is made',
      peers.map(({ name }) => [name, of('up', 'own')(name)] as const),
    ),
    noop: plot(
      'No-op, network exists',
      still.map(({ name }) => [name, of('noop', 'external')(name)] as const),
    ),
  };
  for (const [name, svg] of Object.entries(plots)) writeFileSync(join(root, 'docs', `performance-${name}.svg`), svg);
}
