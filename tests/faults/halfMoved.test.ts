/** A move of the database that was killed in the middle: what the commands do that people then try in place of the one that goes on. */

import { join } from 'node:path';
import { readStackFile } from '../../settings/file.ts';
import { backup, restore } from '../support/archive.ts';
import { root } from '../support/checkout.ts';
import { Deployment } from '../support/deployment.ts';
import { inspect, objectsOf } from '../support/docker.ts';
import { Running } from '../support/killing.ts';

jest.setTimeout(1_200_000);

let life: Deployment;
let file: string;

const POSTGRES: Record<string, unknown> & { volume?: string } = {
  kind: 'postgres',
  image: readStackFile(join(root, 'Pulumi.local.yaml'), 'open-webui', 'local').database.image,
};

const chat = async (title: string) =>
  (await life.administrator()).request('POST', '/api/v1/chats/new', { chat: { title, messages: [] } });
const titles = async () =>
  ((await (await life.administrator()).request('GET', '/api/v1/chats/')) as { title: string }[])
    .map(({ title }) => title)
    .sort();

const isUp = async () => (await inspect('container', life.webui)).State.Running as boolean;
const postgres = () => `open-webui-postgres-${life.stack}`;

const setDatabase = (database: Record<string, unknown>) => {
  life.config.database = database;
  life.writeConfig();
};

/** Begins a move and kills it, with all that it has started, while the web UI stands still. */
async function moveKilled(): Promise<void> {
  setDatabase(POSTGRES);
  const run = new Running(life, {}, ['node', 'cli/main.ts', 'move-database', '--stack', life.stack]);
  try {
    await run.reach(/copying the old files aside/);
  } finally {
    run.close();
    await run.ended;
  }
}

beforeAll(async () => {
  life = await Deployment.create('half-moved');
  await life.up();
  await chat('before');
  file = await backup(life);
  await chat('since');
});

afterAll(() => life?.remove());

const MOVE_AGAIN = () => `To move it:         npm run move-database -- --stack ${life.stack}`;

it('a restore works: the page is back with SQLite, and the move can go on', async () => {
  await moveKilled();
  expect(await isUp()).toBe(false);
  const { code, stderr } = await restore(life, ['--from', file, '--yes']);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect(await titles()).toEqual(['before']);
  expect((await life.command('up')).stdout).toContain(MOVE_AGAIN());
  const back = await restore(life, ['--back', '--yes']);
  expect([back.code, await titles()]).toEqual([0, ['before', 'since']]);
});

it('after npm run down the data is there, and each refusal names the way to it', async () => {
  await moveKilled();
  const down = await life.command('down');
  expect([down.code, down.stderr]).toEqual([
    0,
    expect.stringContaining(`Kept the volume ${postgres()}, the volume ${life.webui}`),
  ]);
  expect((await life.command('up')).stdout).toContain(MOVE_AGAIN());
  const { code, stderr } = await life.command('move-database');
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(
      `the web UI of the stack ${life.stack} is not deployed, and a move starts from a running web UI with SQLite`,
    ),
  ]);
  expect(stderr).toContain(
    `npm run pulumi -- config set --path database.kind sqlite --stack ${life.stack}, and npm run up`,
  );
  setDatabase({ kind: 'sqlite' });
  const up = await life.command('up');
  expect([up.code, up.code === 0 ? '' : up.stderr]).toEqual([0, '']);
  expect(await titles()).toEqual(['before', 'since']);
  setDatabase(POSTGRES);
  const moved = await life.command('move-database');
  expect([moved.code, moved.code === 0 ? '' : moved.stderr]).toEqual([0, '']);
  expect(await titles()).toEqual(['before', 'since']);
  await life.expectNoDrift();
});

it('npm run down --volumes removes all of it', async () => {
  // Back to SQLite, and into another Postgres.
  setDatabase({ kind: 'sqlite' });
  await life.up();
  POSTGRES.volume = `${postgres()}-other`;
  await moveKilled();
  const { code, stderr } = await life.command('down', ['--volumes']);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect(await objectsOf(life.stack)).toEqual({ containers: [], networks: [], volumes: [] });
});
