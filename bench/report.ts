/** Tables, plots and ratios of a comparison. */

import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Footprint } from './footprint.ts';
import { type Loaded, loadSection } from './load/section.ts';
import type { Peer } from './peers/common.ts';
import { plot } from './plot.ts';
import type { Resting } from './rest.ts';
import { restSection } from './restSection.ts';
import { type Figures, median, ratio } from './statistics.ts';
import { type Swarmed, swarmSection } from './swarm/section.ts';

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
  { resting, loaded, swarmed }: { resting: Resting; loaded: Loaded; swarmed: Swarmed },
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

\`npm run bench\` writes this page. Each tool deploys the same Valkey and the same web UI, from the same images and with empty volumes. The tools
take turns for ${rounds} rounds, after a warm-up round that does not count. The times come from one run on one machine (${cpus().length} processors,
${Math.round(totalmem() / 2 ** 30)} GiB) and will differ on yours. The ratios carry over: each is the median of the quotients of all rounds.
\`npm run bench -- --check\` measures again and fails if a ratio has grown by more than 15 %.

${peers.map(({ name, about }) => `- **${name}**: ${about}`).join('\n')}

## Cold start to a healthy web UI, on a network that exists

![](performance-external.svg)

${coldTable('external')}

Most of this is the web UI's own start. A check every 5 seconds notices up to 5 seconds late that the server is ready; this project's check asks
twice a second during the start. *compose, our check* uses it as well, so its lead over this project is the price of Pulumi. Pulumi spends that
time before the first container exists: it starts its engine, Node.js with Pulumi's SDK, and two plugins. Its Docker provider then polls each
container once a second.

## Cold start including the network

![](performance-own.svg)

${coldTable('own')}

Terraform and Pulumi share a provider, which waits 2 seconds after it has created a network.

## Detecting that nothing has changed, on a network that exists

![](performance-noop.svg)

${noopTable('external')}

Pulumi has to run a program, while the others read a file. With an empty program, a preview by the same CLI and SDK takes
${range(series(results, 'pulumi', 'empty'))} s here, ${ratio(series(results, 'pulumi', 'empty', 'own'), series(results, 'terraform', 'noop', 'own')).toFixed(2)} × \`terraform plan\` including the network. No Pulumi program can be faster.

## Detecting that nothing has changed, including the network

${noopTable('own')}

Terraform queries the engine for everything it has created, and waits those 2 seconds for the network. \`pulumi preview\` queries only with
\`--refresh\`.

## An update that changes nothing

${table('| | seconds: median (range) | to pulumi up |', [
  `| pulumi up | ${range(bare)} | 1.00 × |`,
  `| npm run up | ${range(command)} | ${ratio(command, bare).toFixed(2)} × |`,
])}

\`npm run up\` also looks for missing programs and for changes made by hand, and verifies the deployment: it signs in, sends an event through
Valkey, and tries what Valkey must refuse. If neither the program nor the settings have changed, it does so while Pulumi compares. It takes
${(median(command) - median(bare)).toFixed(1)} s more than \`pulumi up\`; part of that is the start of npm.

## Memory

${table(
  '| | MiB of both containers: median (range) | to docker compose |',
  rows(peers, of('memory'), ['docker compose'], 0),
)}

As the engine reports it right after the web UI has become healthy. Pulumi leaves no process running.

${restSection(resting)}
${loadSection(loaded)}
${swarmSection(swarmed)}
## What is installed

${table(
  '| | MiB |',
  sizes.map(([name, size]) => `| ${name} | ${size.toFixed(0)} |`),
)}

The CLI and each plugin are single, self-contained programs. With a warm cache, \`npm ci\` takes ${install.seconds.toFixed(0)} s and installs ${packages.all}
packages (${install.size.toFixed(0)} MiB), of which ${packages.production} are needed at run time. Most of them come with Pulumi's SDK, which can turn functions into resources and
includes a compiler and npm's resolver for that.
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
