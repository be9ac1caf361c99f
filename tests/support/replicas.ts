/** The web UIs of a service, and what fails of the requests through its gateway while something is done to them. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Client } from '../../bench/load/client.ts';
import { until } from '../../core/until.ts';
import { SERVICE_LABEL } from '../../docker/services.ts';

/** An engine that a test has started. */
export interface Engine {
  docker(...args: string[]): string;
}

/** Time for tasks that a change has left over to end, and for those of a lost node to start elsewhere, in seconds. */
const SETTLES = 240;

/** Time after which a request counts as failed, in seconds: the gateway gives up before. */
const PATIENCE = 360;

/** Containers of a service on an engine that run, one line each. */
const running = (engine: Engine, service: string): string[] =>
  engine
    .docker('ps', '--filter', `label=${SERVICE_LABEL}=${service}`, '--format', '{{.ID}} {{.Status}}')
    .split('\n')
    .filter(Boolean)
    .sort();

const isWell = (line: string): boolean => line.includes('(healthy)');
const idOf = (line: string): string => line.split(' ')[0] ?? '';

/** Ids of the containers of a service on an engine that are well now. */
export const wellOn = (engine: Engine, service: string): string[] => running(engine, service).filter(isWell).map(idOf);

/**
 * The same of each engine, once there are `count` of them and no other: one that a change has replaced drains after it, and one that it has
 * started is not well at once.
 *
 * @throws Error with what is there, when that does not come.
 */
export async function settledOn(
  engines: readonly Engine[],
  service: string,
  count: number,
  seconds = SETTLES,
): Promise<string[][]> {
  const isSettled = (lists: readonly string[][]) => lists.flat().length === count && lists.flat().every(isWell);
  const look = () => engines.map((engine) => running(engine, service));
  const lists = await until(look, isSettled, { seconds, everyMs: 500 });
  if (!isSettled(lists))
    throw new Error(
      `after ${seconds} s ${service} is not ${count} containers that are well:\n${lists.flat().join('\n')}`,
    );
  return lists.map((list) => list.map(idOf));
}

/** What came of requests. */
export interface Load {
  asked: number;
  /** What was answered in the place of a page, or why there was no answer. */
  failed: string[];
}

/** One request in four is a POST, which a gateway must not send twice. */
const request = (client: Client, number: number): Promise<Answer> =>
  number % 4 === 0
    ? client.ask('/api/v1/utils/code/format', { method: 'POST', body: { code: `load = ${number}` } })
    : client.ask('/api/v1/chats/?page=1');

/** What went wrong with a request; undefined when nothing did. */
async function failureOf(answer: Promise<Answer>): Promise<string | undefined> {
  const gone = new AbortController();
  const late = sleep(PATIENCE * 1000, `no answer in ${PATIENCE} s`, { signal: gone.signal, ref: false });
  late.catch(() => {});
  try {
    const first = await Promise.race([answer, late]);
    if (typeof first === 'string') return first;
    return first.status === 200 ? undefined : `${first.status} ${first.body.slice(0, 200)}`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    gone.abort();
  }
}

/** Sends requests of a user, so many a second, before, while and after something is done. */
export async function during(
  { client, rate }: { client: Client; rate: number },
  work: () => Promise<unknown>,
): Promise<Load> {
  const failures: Promise<string | undefined>[] = [];
  let going = true;
  const load = (async () => {
    while (going) {
      failures.push(failureOf(request(client, failures.length)));
      await sleep(1000 / rate);
    }
  })();
  try {
    await sleep(1000);
    await work();
    await sleep(2000);
  } finally {
    going = false;
    await load;
  }
  // As many as there have to be, also on a machine that has other work to do.
  expect(failures.length).toBeGreaterThan(rate);
  const failed = (await Promise.all(failures)).filter((one) => one !== undefined);
  return { asked: failures.length, failed };
}
