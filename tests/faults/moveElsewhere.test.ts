/** A move from a folder to a Postgres of one's own, for two server processes; interrupted, killed, dropped, and done. */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readStackFile } from '../../settings/file.ts';
import { root } from '../support/checkout.ts';
import { Deployment } from '../support/deployment.ts';
import { docker, inspect } from '../support/docker.ts';
import { Lab } from '../support/moveLab.ts';

jest.setTimeout(1_200_000);

let life: Deployment;
let lab: Lab;
let folder: string;

beforeAll(async () => {
  lab = await Lab.create('move-elsewhere-lab');
  life = await Deployment.create('move-elsewhere');
  folder = mkdtempSync(join(tmpdir(), 'open-webui-move-'));
  life.config.webui = { ...life.config.webui, folder };
  await life.up();
  await chat('before');
});

afterAll(async () => {
  // Its Postgres is on the network of the stack.
  await docker('rm', '--force', lab.postgres).catch(() => {});
  await life?.remove();
  await lab?.remove();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const chat = async (title: string) =>
  (await life.administrator()).request('POST', '/api/v1/chats/new', { chat: { title, messages: [] } });
const titles = async () =>
  ((await (await life.administrator()).request('GET', '/api/v1/chats/')) as { title: string }[])
    .map(({ title }) => title)
    .sort();
const command = async () => (await inspect('container', life.webui)).Config.Cmd as string[];
const isUp = async () => (await inspect('container', life.webui)).State.Running as boolean;
const SQLITE = { kind: 'sqlite' };
const deployed = {
  kind: 'postgres',
  image: readStackFile(join(root, 'Pulumi.local.yaml'), 'open-webui', 'local').database.image,
};

const setDatabase = (database: Record<string, unknown>) => {
  life.config.database = database;
  life.writeConfig();
};

/** Runs the command and sends it a signal as soon as the web UI is to be stopped. */
const struck = (signal: NodeJS.Signals) =>
  new Promise<{ code: number | null; said: string }>((resolve) => {
    const child = spawn('node', ['cli/main.ts', 'move-database', '--stack', life.stack], {
      cwd: life.dir,
      env: { ...process.env, ...life.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [said, sent] = ['', false];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (!sent && said.includes('copying the old files aside')) {
          sent = true;
          child.kill(signal);
        }
      });
    child.on('close', (code) => resolve({ code, said }));
  });

it('is refused for a stack that is not deployed, with the way', async () => {
  const other = await Deployment.create('move-none');
  try {
    other.config.database = { kind: 'postgres' };
    other.writeConfig();
    const { code, stderr } = await other.command('move-database');
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('is not deployed, and a move starts from a running web UI with SQLite'),
    ]);
  } finally {
    await other.remove();
  }
});

it('serves with SQLite again after Ctrl-C in the middle of the copy', async () => {
  setDatabase(deployed);
  const { code, said } = await struck('SIGINT');
  expect([code, said]).toEqual([
    1,
    expect.stringContaining('the data was not moved: interrupted. The web UI keeps running with SQLite'),
  ]);
  expect(await isUp()).toBe(true);
  expect(await titles()).toEqual(['before']);
});

it('can be dropped after a kill -9: drift shows it, a backup works, and an update with SQLite brings the page back', async () => {
  setDatabase(deployed);
  const { said } = await struck('SIGKILL');
  expect(said).toContain('copying the old files aside');
  expect(await isUp()).toBe(false);
  expect((await life.command('drift')).code).toBe(1);
  expect((await life.command('backup')).code).toBe(0);
  expect((await life.command('up')).stdout).toContain('npm run move-database');
  setDatabase(SQLITE);
  const { code, stderr } = await life.command('up');
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect(await titles()).toEqual(['before']);
  await life.expectNoDrift();
});

it('moves out of a folder into a Postgres of one’s own, for two processes', async () => {
  await chat('since');
  // It is reached on the stack's own network, as one elsewhere is by its address.
  await docker('network', 'connect', life.network, lab.postgres);
  life.config.webui['env'] = { UVICORN_WORKERS: 2 };
  setDatabase({ kind: 'postgres' });
  await life.setSecret('database.url', lab.url);
  const { code, stdout, stderr } = await life.command('move-database');
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect(stdout).toContain(`Left as it was  webui.db and vector_db in the folder ${folder}`);
  expect(await titles()).toEqual(['before', 'since']);
  expect(await lab.query('select count(*) from chat')).toBe('2');
  expect(await command()).toContain('migrate');
  await chat('in Postgres');
  const line = /Go back {9}(.*)/.exec(stdout)?.[1] ?? '';
  expect(line).toContain('webui.env.UVICORN_WORKERS 1');
  await life.succeed('sh', ['-c', line.replaceAll(/npm run (\S+) -- /g, 'node cli/main.ts $1 ')]);
  expect(await titles()).toEqual(['before', 'since']);
});

it('does not move into a Postgres that people have worked with', async () => {
  life.readConfig();
  life.config.webui['env'] = {};
  setDatabase({ kind: 'postgres' });
  await life.setSecret('database.url', lab.url);
  const { code, stderr } = await life.command('move-database');
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining('has users or passages of its own: a move would mix the data'),
  ]);
  expect(await isUp()).toBe(true);
  expect(await titles()).toEqual(['before', 'since']);
});
