/** The section of docs/performance.md on people who work while something happens, and on what the gateway and the databases cost. */

import { quantile } from '../statistics.ts';
import { ms, row, table, times, total } from '../table.ts';
import type { Change } from './change.ts';
import type { Series, Way } from './cost.ts';
import { CHATS, type Database, USERS } from './databases.ts';
import { POST_EVERY, RATE } from './requests.ts';
import { SOCKETS } from './sockets.ts';

/** Half of the requests took no longer than the first, and all but one in a hundred no longer than the second; in milliseconds. */
export interface Latency {
  p50: number;
  p99: number;
}

type Summary<Measured> = { [Key in keyof Measured]: Measured[Key] extends number[] ? Latency : Measured[Key] };

/** What a run has measured. */
export interface Loaded {
  changes: Readonly<Record<string, Change>>;
  cost: { gateway: Summary<Way>; direct: Summary<Way> };
  databases: { sqlite: Summary<Database>; postgres: Summary<Database> };
}

export const latency = (series: Series): Latency => ({ p50: quantile(series, 0.5), p99: quantile(series, 0.99) });

/** The figures with each series as its latency. */
export const summarize = <Measured extends object>(figures: Measured): Summary<Measured> =>
  Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Array.isArray(value) ? latency(value) : value]),
  ) as Summary<Measured>;

export const HEAD = '## Under load';

const seconds = (value: number | undefined) => (value === undefined ? 'not all' : `${value.toFixed(1)} s`);

function changeRow(name: string, { requests, failed, longest, outage, socketsBack, ownStart }: Change): string {
  return row(name, `${requests}`, `${total(failed)}`, ...[longest, outage, ownStart, socketsBack].map(seconds));
}

/** A line of two latencies beside each other. */
const compared = (name: string, one: Latency, other: Latency) =>
  row(
    name,
    ms(one.p50),
    ms(other.p50),
    times(one.p50, other.p50),
    ms(one.p99),
    ms(other.p99),
    times(one.p99, other.p99),
  );

/** The section, without what follows it. */
export function loadSection({ changes, cost, databases }: Loaded): string {
  const { gateway, direct } = cost;
  const { sqlite, postgres } = databases;
  return [
    HEAD,
    '',
    `\`npm run bench -- --load\` measures this. ${RATE} requests a second read the settings of a user, and every ${POST_EVERY}th makes a new chat, while ${SOCKETS} pages have`,
    'their websocket open. Each request is sent at its time, however long those before it wait. Then `npm run up` changes a setting, or replaces the',
    'image by another one with the same program in it, with the backup that belongs to an upgrade.',
    '',
    ...table(
      ['', 'requests', 'failed', 'longest', 'no success for', "web UI's own start", 'websockets back after'],
      Object.entries(changes).map(([name, change]) => changeRow(name, change)),
    ),
    '',
    'The *own start* was measured just before, on the same container, without load. *Websockets back* counts from the first success after the',
    'interruption until the last of them is open again. Without a gateway nothing answers meanwhile, and requests fail. With one they wait, and go on in',
    'the order in which they came, a few at a time ([gateway.md](gateway.md#while-the-web-ui-is-replaced)). Before there was that queue, all of them went to',
    'the web UI at once when it was back, where each waited for all others: the longest took 12 to 22 s, and websockets came back after 3 to 4 s.',
    '',
    '### What the gateway costs',
    '',
    'The same requests to the same web UI, through the gateway over HTTPS and directly over HTTP, in turn. A *token* is measured from the moment',
    'at which a model inside the web UI has it until the client has it.',
    '',
    ...table(
      ['', 'p50 with', 'p50 without', 'ratio', 'p99 with', 'p99 without', 'ratio'],
      [
        compared('page', gateway.page, direct.page),
        compared('API call', gateway.api, direct.api),
        compared('streamed token', gateway.token, direct.token),
      ],
    ),
    '',
    '### SQLite and Postgres',
    '',
    `One server process each, request by request in turn; then ${USERS} users at once, one database after the other, who make chats and list them without a pause.`,
    '',
    ...table(
      ['', 'p50 Postgres', 'p50 SQLite', 'ratio', 'p99 Postgres', 'p99 SQLite', 'ratio'],
      [
        compared('sign-in', postgres.signIn, sqlite.signIn),
        compared('new chat', postgres.newChat, sqlite.newChat),
        compared(`list of ${CHATS.toLocaleString('en')} chats`, postgres.list, sqlite.list),
        compared(`new chat, ${USERS} users`, postgres.busyNewChat, sqlite.busyNewChat),
        compared(`list, ${USERS} users`, postgres.busyList, sqlite.busyList),
      ],
    ),
    '',
    `The ${USERS} users got ${postgres.throughput.toFixed(0)} answers a second from Postgres and ${sqlite.throughput.toFixed(0)} from SQLite; ${postgres.failed} and ${sqlite.failed} requests failed.`,
    '',
  ].join('\n');
}
