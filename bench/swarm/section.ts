/** The section of docs/performance.md on several web UIs. */

import { gatewayDefaults } from '../../core/defaults.ts';
import { toMebibytes } from '../../core/units.ts';
import { POST_EVERY } from '../load/requests.ts';
import { ms, row, table, times, total } from '../table.ts';
import type { Noticed } from './changes.ts';
import type { Delivered } from './events.ts';
import type { Held } from './held.ts';
import { PARTS } from './stack.ts';
import { type Throughput, USERS } from './throughput.ts';
import type { ByPart } from './usage.ts';

/** What a run has measured. */
export interface Swarmed {
  /** MiB of each part with one idle web UI, just started. */
  idle: ByPart;
  /** By the number of web UIs. */
  sizes: Readonly<Record<string, Throughput>>;
  /** Requests a second while something changes. */
  rate: number;
  changes: Readonly<Record<string, Noticed>>;
  /** By the number of web UIs. */
  events: Readonly<Record<string, Delivered>>;
  /** Absent where it was not measured. */
  held?: Held;
  /** Seconds by the number of web UIs. */
  previews: Readonly<Record<string, number>>;
}

export const HEAD = '## Several web UIs';

const seconds = (value: number) => `${value.toFixed(value < 1 ? 2 : 1)} s`;
const share = (value: number) => `${(100 * value).toFixed(0)} %`;
const mib = (value: number) => `${value.toFixed(0)} MiB`;

const CLIENT = 'this program';
const processors = ({ parts, client, busy }: Throughput['processors']) => [
  ...PARTS.map((part) => share(parts[part])),
  share(client),
  share(busy),
];

const noticedRow = ([what, { requests, failed, p99, longest, outage, took }]: [string, Noticed]) =>
  row(what, `${requests}`, `${total(failed)}`, ...[p99, longest, outage, took].map(seconds));

/** What failed, in words, whatever was asked; nothing where nothing did. */
function failuresOf(changes: Swarmed['changes']): string[] {
  const said = Object.entries(changes).flatMap(([what, { failed }]) => {
    const counts: Record<string, number> = {};
    for (const [why, count] of Object.entries(failed)) {
      const answer = why.replace(/^(GET|POST) \S+ /, '').slice(0, 120);
      counts[answer] = (counts[answer] ?? 0) + count;
    }
    return Object.entries(counts).map(([why, count]) => `- ${what}: ${count} × \`${why}\``);
  });
  return said.length === 0 ? [] : ['What failed:', '', ...said, ''];
}

/** What three take beside one, where both are known. */
function acrossReplicas(events: Swarmed['events']): string[] {
  const { 1: one, 3: three } = events;
  if (!one || !three) return [];
  return [
    `Across three web UIs p50 is ${times(three.p50, one.p50)} and p99 ${times(three.p99, one.p99)} that of one.`,
    '',
  ];
}

/** The share of its memory up to which a gateway is filled by intention. */
const FILLED = 0.8;

/** What requests that wait take of the gateway, and how many of them its default memory holds; nothing where that was not measured. */
function heldSection(held: Held | undefined): string[] {
  const counts = Object.keys(held ?? {}).map(Number);
  const most = Math.max(0, ...counts);
  if (!held || most === 0) return [];
  const [idle = 0, full = 0] = [held[0], held[most]];
  const each = (full - idle) / most;
  const limit = (toMebibytes(gatewayDefaults.memory) * FILLED - idle) / each;
  return [
    '### Requests that wait',
    '',
    'While no web UI runs, requests wait in the gateway, here each on a connection of its own. Browsers that share connections take less.',
    '',
    ...table(
      ['requests', 'memory of the gateway'],
      counts.map((count) => row(count.toLocaleString('en'), mib(held[count] ?? 0))),
    ),
    '',
    `Each takes ${(each * 1024).toFixed(0)} KiB: with ${gatewayDefaults.memory}, the default of \`gateway.memory\`, about ${(Math.floor(limit / 100) * 100).toLocaleString('en')} fill ${share(FILLED)} of it.`,
    '',
  ];
}

const sizeRow = ([size, { rate, failed, processors: busy }]: [string, Throughput]) =>
  row(size, rate.toFixed(0), `${failed}`, ...processors(busy));

/** For how long there is an event a second: as many as there were. */
const secondsOf = (events: Record<string, Delivered>) => Math.max(...Object.values(events).map((one) => one.events));

const eventRow = ([size, { sockets, events, lost, closed, p50, p99, own, processors: busy }]: [string, Delivered]) =>
  row(
    size,
    `${sockets}`,
    `${sockets * events}`,
    `${lost}`,
    `${closed}`,
    ms(p50),
    ms(p99),
    ms(own),
    ...processors(busy),
  );

const memoryRow = (what: string, parts: ByPart) => row(what, ...PARTS.map((part) => mib(parts[part])));

/** The section, without what follows it. */
export function swarmSection({ idle, sizes, rate, changes, events, previews, held }: Swarmed): string {
  return [
    HEAD,
    '',
    '`npm run bench -- --swarm` measures this on a [Swarm](scaling.md) of one node: the web UIs, the gateway, Postgres, Valkey and the program that measures share the',
    `two processors. Requests read the settings of a user, and every ${POST_EVERY}th makes a new chat. In the tables 100 % is one processor, except for _all_, which is the share of`,
    'both of them.',
    '',
    '### While something changes',
    '',
    `Three web UIs, and ${rate} requests a second: half of what these three get done without a pause (below), as a web UI that starts takes the other half. Each request`,
    'is sent at its time, however long those before it wait. A setting and the image change by `pulumi up`, which for the image makes a backup first; it replaces the',
    'image by another one with the same program in it. One web UI is killed with `kill -9`.',
    '',
    ...table(
      ['', 'requests', 'failed', 'p99', 'longest', 'no success for', 'took'],
      Object.entries(changes).map(noticedRow),
    ),
    '',
    ...failuresOf(changes),
    'An upgrade stops all web UIs, migrates the database once and starts them again, as Open WebUI does not allow two releases on one database. Requests wait',
    "meanwhile in the gateway's queue ([gateway.md](gateway.md#while-the-web-ui-is-replaced)).",
    '',
    '### Requests a second',
    '',
    `${USERS} users send one request after the other, through the gateway over HTTPS, for eight seconds.`,
    '',
    ...table(['web UIs', 'requests a second', 'failed', ...PARTS, CLIENT, 'all'], Object.entries(sizes).map(sizeRow)),
    '',
    '### Events',
    '',
    `An event a second goes to every websocket for ${secondsOf(events)} seconds. The time is from the request that causes it, through the gateway, until a websocket has it.`,
    '_Late_ is how late the program that measures was by itself, 99 times of a hundred no later.',
    '',
    ...table(
      ['web UIs', 'websockets', 'events', 'lost', 'closed', 'p50', 'p99', 'late', ...PARTS, CLIENT, 'all'],
      Object.entries(events).map(eventRow),
    ),
    '',
    ...acrossReplicas(events),
    '### What each part takes',
    '',
    'Memory as the engine counts it, of one web UI on average.',
    '',
    ...table(
      ['', ...PARTS],
      [
        memoryRow('one web UI, just started', idle),
        ...Object.entries(events).map(([size, one]) =>
          memoryRow(`${one.sockets} websockets, web UIs: ${size}`, one.memory),
        ),
      ],
    ),
    '',
    ...heldSection(held),
    '### Previews',
    '',
    '`pulumi preview` of another number of web UIs than the three that run. They are one service, whatever their number is.',
    '',
    ...table(
      ['web UIs', 'seconds'],
      Object.entries(previews).map(([size, value]) => row(size, value.toFixed(2))),
    ),
    '',
  ].join('\n');
}
