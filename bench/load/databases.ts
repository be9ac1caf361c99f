/** SQLite and Postgres beside each other: what one user waits for, and how much twenty get done. */

import type { Client } from './client.ts';
import { newChat } from './requests.ts';
import type { LoadStack } from './stack.ts';

/** What was measured on one database: milliseconds of each request, by what it was. */
export interface Database {
  signIn: number[];
  newChat: number[];
  list: number[];
  /** The same with 20 users at once, each of whom makes chats and lists them. */
  busyNewChat: number[];
  busyList: number[];
  /** Requests a second of all 20 users, and how many failed. */
  throughput: number;
  failed: number;
}

export const USERS = 20;
export const CHATS = 1000;
const SIGN_INS = 3;
const MEASURED = 100;
const BUSY_SECONDS = 20;

const PASSWORD = 'of-a-measurement-only';

interface Side {
  stack: LoadStack;
  administrator: Client;
  users: Client[];
  figures: Database;
}

const timed = async (into: number[], work: () => Promise<unknown>): Promise<void> => {
  const started = performance.now();
  await work();
  into.push(performance.now() - started);
};

const email = (number: number) => `user${number}@example.com`;

async function prepare(stack: LoadStack): Promise<Side> {
  const administrator = await stack.administrator(await stack.page());
  const figures = { signIn: [], newChat: [], list: [], busyNewChat: [], busyList: [], throughput: 0, failed: 0 };
  for (let number = 0; number < USERS; number++) {
    const account = { name: `User ${number}`, email: email(number), password: PASSWORD, role: 'user' };
    await administrator.request('POST', '/api/v1/auths/add', account);
  }
  return { stack, administrator, users: [], figures };
}

/** Each user signs in a few times; the web UI refuses more than 15 within three minutes. */
async function signIn(side: Side, number: number): Promise<void> {
  const user = await side.stack.visitor();
  for (let count = 0; count < SIGN_INS; count++)
    await timed(side.figures.signIn, () => user.signIn(email(number), PASSWORD));
  side.users[number] = user;
}

const create = (client: Client, count: number) => client.request('POST', '/api/v1/chats/new', newChat(`chat ${count}`));

/** All users at once, without a pause. */
async function busy({ users, figures }: Side): Promise<void> {
  const end = performance.now() + BUSY_SECONDS * 1000;
  let done = 0;
  const attempt = async (into: number[], work: () => Promise<unknown>) => {
    await timed(into, work).then(
      () => {
        done += 1;
      },
      () => {
        figures.failed += 1;
      },
    );
  };
  await Promise.all(
    users.map(async (user) => {
      for (let count = 0; performance.now() < end; count++) {
        await attempt(figures.busyNewChat, () => create(user, count));
        await attempt(figures.busyList, () => user.request('GET', '/api/v1/chats/?page=1'));
      }
    }),
  );
  figures.throughput = done / BUSY_SECONDS;
}

/** Measures two deployed stacks in turn, request by request. */
export async function compareDatabases(stacks: readonly [LoadStack, LoadStack]): Promise<[Database, Database]> {
  const sides = [await prepare(stacks[0]), await prepare(stacks[1])] as const;
  for (let number = 0; number < USERS; number++) for (const side of sides) await signIn(side, number);
  for (let count = 0; count < CHATS; count++) {
    for (const { administrator, figures } of sides) {
      const work = () => create(administrator, count);
      await (count < MEASURED ? timed(figures.newChat, work) : work());
    }
  }
  for (let count = 0; count < MEASURED; count++) {
    for (const { administrator, figures } of sides)
      await timed(figures.list, () => administrator.request('GET', '/api/v1/chats/'));
  }
  for (const side of sides) await busy(side);
  for (const { administrator, users } of sides) for (const client of [administrator, ...users]) client.close();
  return [sides[0].figures, sides[1].figures];
}
