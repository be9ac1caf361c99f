/** What breaks and how it recovers: the table of docs/faults.md. Each row is what a test has seen. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Watched } from './eventWatch.ts';

export interface Fault {
  /** What a test does on purpose. */
  fault: string;
  /** What follows. */
  happens: string;
  /** What it takes to recover. */
  takes: 'nothing' | 'one `npm run up`' | string;
  /** Seconds from the fault, or from the command, to the end of a `verify` that passes; a test fails beyond. */
  within: number;
  lost: string;
}

const NOTHING = 'nothing';
const UP = 'one `npm run up`';

/** Changes of Valkey that were not on disk; the tests look for what was there before. */
const UNWRITTEN = 'events of that time, and what Valkey had not written yet';

const REQUESTS = 'requests of that time';

/** The rows, by the name of their test. */
export const FAULTS = {
  'valkey killed': {
    fault: '`kill -9` of Valkey',
    happens: 'Docker restarts it at once; the web UI reconnects by itself.',
    ...{ takes: NOTHING, within: 90, lost: UNWRITTEN },
  },
  'web UI killed': {
    fault: '`kill -9` of the web UI',
    happens: 'Docker restarts it; browsers reconnect by themselves.',
    ...{ takes: NOTHING, within: 150, lost: 'answers that were being written' },
  },
  'both killed': {
    fault: '`kill -9` of both at the same moment',
    happens: 'Docker restarts both.',
    ...{ takes: NOTHING, within: 150, lost: `answers that were being written, ${UNWRITTEN}` },
  },
  'valkey stopped': {
    fault: 'Valkey hangs (SIGSTOP)',
    happens: 'After 30 s without an answer its health check kills it, and Docker restarts it.',
    ...{ takes: NOTHING, within: 150, lost: UNWRITTEN },
  },
  'endless script': {
    fault: 'Valkey runs an endless Lua script',
    happens: 'The same, because it answers only BUSY.',
    ...{ takes: NOTHING, within: 150, lost: UNWRITTEN },
  },
  'debug sleep': {
    fault: 'Valkey sleeps (`DEBUG SLEEP`, which a deployment allows no user)',
    happens: 'The same.',
    ...{ takes: NOTHING, within: 60, lost: UNWRITTEN },
  },
  'slow load': {
    fault: 'Valkey loads its data for longer than that',
    happens: 'It is unhealthy until it has loaded, because it answers LOADING, but it is not killed.',
    ...{ takes: NOTHING, within: 120, lost: NOTHING },
  },
  'slow snapshot': {
    fault: 'Valkey writes a snapshot for longer than that',
    happens: 'It answers all the time, so it is not killed.',
    ...{ takes: NOTHING, within: 120, lost: NOTHING },
  },
  'web UI stopped': {
    fault: 'The web UI hangs (SIGSTOP), with `webui.healthcheck.startPeriod` of 1 minute',
    happens:
      'After a `startPeriod` (2 minutes by default) without an answer its health check kills it, and Docker restarts it.',
    ...{ takes: NOTHING, within: 240, lost: 'answers that were being written' },
  },
  'engine killed': {
    fault: '`kill -9` of the Docker engine (dockerd), which then starts again, as under systemd',
    happens:
      'The new engine stops the containers that the old one left running and treats that as a `docker stop`. `npm run up` recreates them.',
    ...{ takes: UP, within: 240, lost: 'answers that were being written' },
  },
  'volume full, valkey': {
    fault: "Valkey's volume is full for a while",
    happens:
      'It accepts no more writes and is unhealthy, but is not killed. Once there is room again, its next snapshot succeeds and it continues.',
    ...{ takes: NOTHING, within: 120, lost: 'events of that time' },
  },
  'volume full, web UI': {
    fault: "The web UI's volume is full for a while",
    happens: 'What people save is refused, the rest works. Once there is room again, everything does.',
    ...{ takes: NOTHING, within: 120, lost: NOTHING },
  },
  'containers stopped': {
    fault: 'Both containers are stopped by hand (`docker stop`)',
    happens: 'They stay stopped, as Docker was asked to. `npm run up` recreates them.',
    ...{ takes: UP, within: 180, lost: NOTHING },
  },
  'valkey removed': {
    fault: "Valkey's container is removed by hand",
    happens: 'The web UI is unhealthy and keeps its users; `npm run up` recreates Valkey with its data.',
    ...{ takes: UP, within: 180, lost: UNWRITTEN },
  },
  'web UI removed': {
    fault: "The web UI's container is removed by hand",
    happens: 'The page is gone; `npm run up` recreates it with its data.',
    ...{ takes: UP, within: 180, lost: 'answers that were being written' },
  },
  'network deleted': {
    fault: 'The network is deleted by hand, after both containers were disconnected from it',
    happens: 'The page cannot be reached. `npm run up` recreates network and containers.',
    ...{ takes: UP, within: 180, lost: 'events of that time' },
  },
  'other environment': {
    fault: 'The web UI is replaced by hand (`docker run`), with other variables and another port',
    happens: '`npm run drift` shows what differs; `npm run up` replaces it by the container of the stack.',
    ...{ takes: UP, within: 180, lost: NOTHING },
  },
  'volume removed': {
    fault: "Valkey's container and its volume are removed by hand",
    happens: '`npm run up` recreates both, the volume empty.',
    ...{
      takes: UP,
      within: 180,
      lost: 'what was in that volume: a token that was signed out is valid again until it expires',
    },
  },
  'files of root, valkey': {
    fault: "All files in Valkey's volume belong to root",
    happens: 'Snapshots fail, Valkey accepts no more writes and is unhealthy. `npm run up` gives it its files back.',
    ...{ takes: UP, within: 180, lost: NOTHING },
  },
  'append-only file damaged': {
    fault: "Zeros and junk follow the last change in Valkey's append-only file, as after a power cut",
    happens:
      'Valkey does not start on it. `npm run up` fails and shows the command that cuts the damage off; Docker then starts Valkey by itself.',
    ...{ takes: 'the command that `npm run up` shows', within: 120, lost: NOTHING },
  },
  'primary killed': {
    fault: '`kill -9` of the primary of three Valkeys (`valkey.highAvailability`)',
    happens:
      'Sentinels promote a replica within 5 s, and the balancer leads the web UI there. Docker restarts the one that was killed, as a replica.',
    ...{ takes: NOTHING, within: 120, lost: 'events of that time' },
  },
  'primary hangs': {
    fault: 'The primary of three Valkeys hangs (SIGSTOP)',
    happens: 'The same. The script beside it ends it once another one has taken over.',
    ...{ takes: NOTHING, within: 120, lost: 'events of that time' },
  },
  'primary cut off': {
    fault: 'The primary of three Valkeys is disconnected from the network for 60 s',
    happens:
      'The same. After 5 s the old one refuses writes, and after 10 s it begins again as a replica, which follows when it is connected again.',
    ...{ takes: NOTHING, within: 240, lost: 'events of that time' },
  },
  'all Valkeys killed': {
    fault: '`kill -9` of all three Valkeys at the same moment',
    happens: 'Docker restarts them, and the one with the most recent data becomes the primary.',
    ...{ takes: NOTHING, within: 180, lost: UNWRITTEN },
  },
  'twenty failovers': {
    fault: '`kill -9` of whichever of three Valkeys is the primary, twenty times in a row',
    happens: 'Each time another one takes over; in the end each Sentinel knows each server once.',
    ...{ takes: NOTHING, within: 1100, lost: 'events of those times' },
  },
  'database killed': {
    fault: '`kill -9` of Postgres',
    happens: 'Docker restarts it, and it recovers from its write-ahead log; the web UI connects again by itself.',
    ...{ takes: NOTHING, within: 120, lost: REQUESTS },
  },
  'database stopped': {
    fault: 'Postgres hangs (SIGSTOP), with `database.healthcheck.startPeriod` of 30 seconds',
    happens:
      'After a `startPeriod` (1 minute by default) without an answer its health check kills it, and Docker restarts it.',
    ...{ takes: NOTHING, within: 180, lost: REQUESTS },
  },
  'volume full, database': {
    fault: "Postgres' volume is full for a while",
    happens: 'What people save is refused, what is there can be read. Once there is room again, everything works.',
    ...{ takes: NOTHING, within: 120, lost: REQUESTS },
  },
  'database cut off': {
    fault: 'Postgres is disconnected from its network by hand',
    happens: 'The web UI is unhealthy, and the page cannot be used. `npm run up` recreates Postgres with its data.',
    ...{ takes: UP, within: 180, lost: REQUESTS },
  },
  'database removed': {
    fault: "Postgres' container is removed by hand",
    happens: 'The same.',
    ...{ takes: UP, within: 180, lost: REQUESTS },
  },
  'gateway killed': {
    fault: '`kill -9` of the gateway',
    happens: 'Docker restarts it with the certificate that it had; browsers reconnect by themselves.',
    ...{ takes: NOTHING, within: 60, lost: REQUESTS },
  },
  'gateway stopped': {
    fault: 'The gateway hangs (SIGSTOP), with `gateway.healthcheck.startPeriod` of 30 seconds',
    happens: 'After a `startPeriod` without an answer its health check kills it, and Docker restarts it.',
    ...{ takes: NOTHING, within: 150, lost: REQUESTS },
  },
  'volume full, gateway': {
    fault: "The gateway's volume is full for a while, and the gateway starts meanwhile",
    happens: 'It serves with the certificate that it has.',
    ...{ takes: NOTHING, within: 60, lost: NOTHING },
  },
  'gateway cut off': {
    fault: 'The gateway is disconnected from its network by hand',
    happens: 'The page cannot be reached. `npm run up` recreates the gateway with its certificate.',
    ...{ takes: UP, within: 180, lost: REQUESTS },
  },
  'gateway removed': {
    fault: "The gateway's container is removed by hand",
    happens: 'The same.',
    ...{ takes: UP, within: 180, lost: REQUESTS },
  },
  'certificate expired': {
    fault: "The gateway's certificate expires while its authority does not answer, which then answers again",
    happens:
      'Browsers refuse the page; `npm run verify` names it. The gateway tries again by itself at growing intervals, and at once when its container is restarted.',
    ...{ takes: '`docker restart` of the gateway', within: 60, lost: REQUESTS },
  },
  'deployment killed': {
    fault:
      "A deployment by `npm run up` is killed (SIGKILL to Pulumi's CLI, its plugin, Node.js or all of it), at 10 moments",
    happens: 'The next `npm run up` clears what is half done, locks included, and finishes the deployment.',
    ...{ takes: UP, within: 300, lost: NOTHING },
  },
  'update killed': {
    fault: 'An update that replaces both containers is killed in the same way, at 10 moments',
    happens: 'The same.',
    ...{ takes: UP, within: 300, lost: 'answers that were being written' },
  },
  'files of root, web UI': {
    fault: "All files in the web UI's volume belong to root",
    happens: 'Nothing: with `hardening: standard` its server is root, without rights elsewhere.',
    ...{ takes: NOTHING, within: 60, lost: NOTHING },
  },
} satisfies Record<string, Fault>;

export type Name = keyof typeof FAULTS;

/** A fault on a Swarm of three nodes, of which the first one has the data. What is lost is counted. */
export type SwarmFault = Omit<Fault, 'lost'>;

const AGAIN = 'Swarm starts another web UI in place of the lost one, on another node.';

/** The rows, by the name of their test. */
export const SWARM_FAULTS = {
  'worker lost': {
    fault: 'A worker loses its power: its engine and all that it runs end at once, and close no connection',
    happens: `The gateway uses the web UIs of the other nodes, and sends them what the lost one has not answered within 25 s. ${AGAIN}`,
    ...{ takes: NOTHING, within: 180 },
  },
  'worker cut off': {
    fault: 'A worker is cut off from the network for 30 s',
    happens: 'The same. When it is back, Swarm stops the web UI that is too many.',
    ...{ takes: NOTHING, within: 240 },
  },
  'disk full': {
    fault: "A worker's disk is full for 30 s",
    happens: 'Its web UI refuses uploads; everything else works. Once there is room again, uploads do too.',
    ...{ takes: 'room on the disk', within: 120 },
  },
  'bucket away': {
    fault: 'The object store does not answer for 30 s',
    happens: 'Uploads wait; everything else works. When it answers again, they are finished.',
    ...{ takes: NOTHING, within: 180 },
  },
  'manager restarted': {
    fault:
      'The engine of the first node, with Valkey, Postgres and the gateway, is restarted (`systemctl restart docker`)',
    happens: 'Its servers stop in order and start again. Meanwhile the page is gone.',
    ...{ takes: NOTHING, within: 300 },
  },
  'manager lost': {
    fault: 'The first node, with Valkey, Postgres and the gateway, loses its power and starts again',
    happens: 'The page is gone as long as the node is. All servers start again with their data.',
    ...{ takes: 'starting the node again', within: 300 },
  },
} satisfies Record<string, SwarmFault>;

export type SwarmName = keyof typeof SWARM_FAULTS;

/** The rows of three Valkeys, one on each of these nodes, by the name of their test. */
export const VALKEY_FAULTS = {
  'Swarm primary killed': {
    fault: '`kill -9` of the primary',
    happens:
      'Sentinels promote a replica within 5 s, and the balancers lead the web UIs there. Swarm restarts the one that was killed, as a replica.',
    ...{ takes: NOTHING, within: 180 },
  },
  'Swarm primary hangs': {
    fault: 'The primary hangs (SIGSTOP)',
    happens: 'The same. The script beside it ends it once another one has taken over.',
    ...{ takes: NOTHING, within: 180 },
  },
  'node with the primary cut off': {
    fault: 'A worker with the primary is cut off from the network for 60 s',
    happens:
      'The same. After 5 s the old primary refuses writes, and after 10 s it stops; Swarm starts it as a replica when the node is back.',
    ...{ takes: NOTHING, within: 300 },
  },
  'node with the primary lost': {
    fault: 'A worker with the primary loses its power for 60 s',
    happens:
      'The same. The web UIs on the other nodes answer requests; what the lost one has not answered within 25 s is sent to them.',
    ...{ takes: NOTHING, within: 300 },
  },
  'Swarm Valkeys killed': {
    fault: '`kill -9` of all three Valkeys at the same moment',
    happens: 'Swarm restarts them, and the one with the most recent data becomes the primary.',
    ...{ takes: NOTHING, within: 240 },
  },
  'twenty Swarm failovers': {
    fault: '`kill -9` of whichever is the primary, twenty times in a row',
    happens:
      'Each time another one takes over; after each, the test checks all that is checked after the other faults.',
    ...{ takes: NOTHING, within: 2400 },
  },
} satisfies Record<string, SwarmFault>;

export type ValkeyName = keyof typeof VALKEY_FAULTS;

/** What was seen of events and requests, and the seconds until a `verify` that passes. */
export interface Interrupted extends Watched {
  seconds: number;
}

/** What people have noticed of a fault. */
export interface Noticed {
  /** Until a `verify` that passes. */
  seconds: number;
  requests: Share;
  /** Each to each browser. */
  events: Share;
}

interface Share {
  of: number;
  lost: number;
}

const file = join(__dirname, '..', '..', 'docs', 'faults.md');

/** Seconds with as many figures as another run is likely to repeat. */
export const rounded = (seconds: number): string => `${Number(seconds.toPrecision(seconds < 10 ? 1 : 2))} s`;

/** A part of a whole, as a cell. */
const share = ({ of, lost }: Share): string => `${lost} of ${of}`;

/** Cells of a row before its figures, and behind them. */
interface Row {
  before: string[];
  behind: string[];
}

interface Table {
  begin: string;
  end: string;
  head: string[];
  /** By the name of their test. */
  rows: Record<string, Row>;
  /** Number of figures in each row. */
  figures: number;
}

const rowsOf = <Kind extends SwarmFault>(faults: Record<string, Kind>, behind: (one: Kind) => string[]) =>
  Object.fromEntries(
    Object.entries(faults).map(([name, one]) => [
      name,
      { before: [one.fault, one.happens, one.takes, `${one.within} s`], behind: behind(one) },
    ]),
  );

const COMMON = ['Fault', 'What happens', 'Takes', 'Back within', 'Seen'];

const TABLES: readonly Table[] = [
  {
    begin: '<!-- biome-ignore format: the table of faults, written by npm run test:faults -->',
    end: '<!-- end of the table of faults -->',
    head: [...COMMON, 'Lost'],
    rows: rowsOf<Fault>(FAULTS, ({ lost }) => [lost]),
    figures: 1,
  },
  {
    begin: '<!-- biome-ignore format: the table of faults on a Swarm, written by npm run test:swarm -->',
    end: '<!-- end of the table of faults on a Swarm -->',
    head: [...COMMON, 'Requests failed', 'Events lost'],
    rows: rowsOf<SwarmFault>(SWARM_FAULTS, () => []),
    figures: 3,
  },
  {
    begin:
      '<!-- biome-ignore format: the table of faults of three Valkeys on a Swarm, written by npm run test:swarm -->',
    end: '<!-- end of the table of faults of three Valkeys on a Swarm -->',
    head: [...COMMON, 'Without events', 'Events lost', 'Requests failed', 'Longest request'],
    rows: rowsOf<SwarmFault>(VALKEY_FAULTS, () => []),
    figures: 5,
  },
];

const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** What was seen, by the name of the test. */
export type Seen = Partial<Record<Name, number> & Record<SwarmName, Noticed> & Record<ValkeyName, Interrupted>>;

function figuresOf(seen: number | Noticed | Interrupted): string[] {
  if (typeof seen === 'number') return [rounded(seen)];
  if ('events' in seen) return [rounded(seen.seconds), share(seen.requests), share(seen.events)];
  const { seconds, silence, sent, lost, asked, failed, longest } = seen;
  const [events, requests] = [share({ of: sent, lost }), share({ of: asked, lost: failed.length })];
  return [rounded(seconds), rounded(silence), events, requests, rounded(longest)];
}

/** A page with the present rows of a table; a row that was not seen this time keeps its figures. */
function written(page: string, { begin, end, head, rows, figures }: Table, seen: Seen): string {
  const [from, to] = [page.indexOf(begin) + begin.length, page.indexOf(end)];
  const present = page.slice(from, to).trim().split('\n').slice(2).map(cellsOf);
  const lines = Object.entries(rows).map(([name, { before, behind }]) => {
    const now = seen[name as keyof Seen];
    const [at, then] = [before.length, present.find(([fault]) => fault === before[0])];
    const old = Array.from({ length: figures }, (_, index) => then?.[at + index] ?? '–');
    return lineOf([...before, ...(now === undefined ? old : figuresOf(now)), ...behind]);
  });
  const table = [lineOf(head), lineOf(head.map(() => '---')), ...lines].join('\n');
  return `${page.slice(0, from)}\n${table}\n\n${page.slice(to)}`;
}

/** The page with the present rows; a row that was not seen this time keeps its figures. */
export const updated = (page: string, seen: Seen = {}): string =>
  TABLES.reduce((text, table) => written(text, table, seen), page);

function toPage(seen: Seen): void {
  if (process.env['FAULTS_TO_PAGE']) writeFileSync(file, updated(readFileSync(file, 'utf8'), seen));
}

/** Writes into the page how long a row took, under `npm run test:faults`; fails when that was too long. */
export function note(name: Name, seconds: number): void {
  expect(seconds).toBeLessThanOrEqual(FAULTS[name].within);
  toPage({ [name]: seconds });
}

/** A test of a row: breaks something, and returns how long it took to recover. */
export function fault(name: Name, test: (within: number) => Promise<number>): void {
  it(name, async () => note(name, await test(FAULTS[name].within)));
}

/** The same on a Swarm, under `npm run test:swarm`; returns what people have noticed as well. */
export function swarmFault(name: SwarmName, test: () => Promise<Noticed>): void {
  it(name, async () => {
    const noticed = await test();
    expect(noticed.seconds).toBeLessThanOrEqual(SWARM_FAULTS[name].within);
    toPage({ [name]: noticed });
  });
}

/** The same of three Valkeys on a Swarm. */
export function valkeyFault(name: ValkeyName, test: () => Promise<Interrupted>): void {
  it(name, async () => {
    const seen = await test();
    expect(seen.seconds).toBeLessThanOrEqual(VALKEY_FAULTS[name].within);
    toPage({ [name]: seen });
  });
}
