/** A stack whose database is Postgres: several server processes, faults, other passwords, a backup into another stack. */

import { execFileSync } from 'node:child_process';
import * as pulumi from '@pulumi/pulumi';
import { OPERATIONS_ROLE, POSTGRES_RUN, WEBUI_DATABASE } from '../../core/postgres.ts';
import { connect } from '../../docker/client.ts';
import { Session } from '../../ops/webui.ts';
import { requireReachable } from '../../preflight/reachable.ts';
import { backup, restore } from '../support/archive.ts';
import { DATABASE_IMAGE, Deployment } from '../support/deployment.ts';
import { docker, inspect } from '../support/docker.ts';
import { recovered, restarts, signal } from '../support/recovery.ts';

jest.setTimeout(900_000);

let life: Deployment;
let other: Deployment | undefined;
let people: Session;
let postgres: string;

/** A stack with Postgres and two server processes, of which nothing exists yet. */
async function withPostgres(topic: string): Promise<Deployment> {
  const made = await Deployment.create(topic);
  made.config.hardening = 'strict';
  made.config.database = { kind: 'postgres', image: DATABASE_IMAGE };
  made.config.webui = { ...made.config.webui, env: { UVICORN_WORKERS: 2 } };
  made.writeConfig();
  return made;
}

const titles = async (session: Session) =>
  ((await session.request('GET', '/api/v1/chats/')) as { title: string }[]).map(({ title }) => title);
const chat = (title: string) => people.request('POST', '/api/v1/chats/new', { chat: { title, messages: [] } });

/** Runs SQL as the web UI, with its own password; returns what it prints. */
const asWebUi = (stack: Deployment, sql: string) =>
  docker(
    ...['exec', stack.webui, 'sh', '-c', '. "$1"; export DATABASE_URL; exec python3 -c "$2" "$3"', 'sh'],
    ...['/run/secrets/open-webui.env', PYTHON, sql],
  );
const PYTHON = `
import os, sys, psycopg2
with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
    cursor.execute(sys.argv[1])
    print(cursor.fetchall() if cursor.description else "done")
`;
const FIND = 'select id from document_chunk order by vector <=> (array_fill(0.2, array[1535]) || 9.0)::vector limit 1';

const asOperations = (sql: string) =>
  docker('exec', postgres, 'psql', '-h', POSTGRES_RUN, '-U', OPERATIONS_ROLE, '-d', WEBUI_DATABASE, '-Atc', sql);

beforeAll(async () => {
  life = await withPostgres('postgres');
  postgres = `open-webui-postgres-${life.stack}`;
  await life.up();
  people = await life.administrator();
  await chat('kept');
  await asWebUi(
    life,
    `insert into document_chunk (id, collection_name, text, vector) values
      ('near', 'c', 'near', (array_fill(0.1, array[1535]) || 9.0)::vector), ('far', 'c', 'far', array_fill(0.5, array[1536])::vector)`,
  );
});

afterAll(async () => {
  await life?.remove();
  await other?.remove();
});

it('works with two server processes, and a second update finds nothing to do', async () => {
  const { checks, check } = await life.verify();
  expect(checks.filter(({ ok, notProved }) => !ok || notProved)).toEqual([]);
  expect(check('database')?.detail).toMatch(
    /^Postgres 17\.\d+ accepts a write, and pgvector [\d.]+ finds the nearest vector; \d+ of 106 connections are open$/,
  );
  expect(check('subscriptions')?.detail).toContain('2 of 2 server processes');
  await life.expectUnchanged();
  await life.expectNoDrift();
  const { code, stdout } = await life.command('drift');
  expect([code, stdout]).toEqual([0, expect.any(String)]);
});

it('migrates once, in a step of its own', async () => {
  const { stderr, stdout } = await life.run('docker', ['logs', life.webui]);
  const log = stdout + stderr;
  expect(log.match(/open-webui: migrating the database/g)).toHaveLength(1);
  expect(log.indexOf('the database is up to date')).toBeLessThan(log.indexOf('Started parent process'));
});

it('is reached by the web UI alone, with no more rights than it needs', async () => {
  const { Config, HostConfig, NetworkSettings } = await inspect('container', postgres);
  expect(Object.keys(NetworkSettings.Networks)).toEqual([`${postgres}-network`]);
  expect((await inspect('network', `${postgres}-network`)).Internal).toBe(true);
  expect([HostConfig.PortBindings ?? {}, HostConfig.CapDrop, HostConfig.ReadonlyRootfs]).toEqual([{}, ['ALL'], true]);
  expect(Config.User).toBe('999:999');
  expect(
    await asOperations(
      "select current_setting('data_checksums'), current_setting('server_encoding'), current_setting('password_encryption'), datcollate, rolname, rolsuper from pg_database join pg_roles on datdba = pg_roles.oid where datname = current_database()",
    ),
  ).toBe('on|UTF8|scram-sha-256|C.UTF-8|open_webui|f');
  expect(await asOperations('select count(*) from chat')).toBe('1');
  await expect(asOperations("update chat set title = 'changed'")).rejects.toThrow('permission denied for table chat');
  await expect(asOperations('create table public.own (i int)')).rejects.toThrow('permission denied for schema public');
  await expect(asWebUi(life, 'create role friend superuser')).rejects.toThrow('permission denied to create role');
});

it('shows no password anywhere', async () => {
  const { password } = new URL((await life.secretEnv())['DATABASE_URL'] as string);
  expect(password).toHaveLength(48);
  const shown = await Promise.all([
    ...[life.webui, postgres, `${postgres}-init`].flatMap((name) => [docker('inspect', name), docker('logs', name)]),
    docker('exec', postgres, 'sh', '-c', 'cat /run/secrets/* /proc/[0-9]*/cmdline 2> /dev/null'),
    life.preview('--diff'),
  ]);
  // Not the texts: a failing test must not show what it protects.
  expect(shown.map((text) => text.includes(password))).toEqual(shown.map(() => false));
});

// One that hangs: npm run test:faults, and for the other servers recovery.test.ts.
it('comes back alone when Postgres is killed, with what was written last', async () => {
  await chat('killed');
  const [before, since] = [await restarts(postgres), Date.now()];
  await signal(postgres, 'postgres', 'KILL');
  await recovered(life, since, 120);
  expect(await restarts(postgres)).toBe(before + 1);
  expect(await titles(people)).toContain('killed');
});

it('gets other passwords while people are connected; the old one is refused', async () => {
  const address = async () => new URL((await life.secretEnv())['DATABASE_URL'] as string);
  const old = await address();
  const { code, stderr } = await life.command('rotate', ['--secret', 'database']);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect((await address()).password).not.toBe(old.password);
  expect(await titles(people)).toContain('kept');
  const connect = 'import sys, psycopg2; psycopg2.connect(sys.argv[1])';
  await expect(docker('exec', life.webui, 'python3', '-c', connect, String(old))).rejects.toThrow(
    'password authentication failed',
  );
});

it('comes back after `npm run down` with its data: the same release needs no backup', async () => {
  const down = await life.command('down');
  expect([down.code, down.code === 0 ? '' : down.stderr]).toEqual([0, '']);
  // What is to come is no release that this Postgres has served.
  const { image } = life.config.webui;
  const next = `${image}-next-${life.stack}`;
  execFileSync('docker', ['build', '--quiet', '--tag', next, '-'], {
    input: `FROM ${image}\nUSER root\nRUN echo >> $(python3 -c 'import importlib.util as i; print(i.find_spec("open_webui").submodule_search_locations[0])')/config.py\n`,
  });
  try {
    life.config.webui['image'] = next;
    await expect(life.up()).rejects.toThrow(
      /because there is no backup: the server \S+ is not running, so its database cannot/,
    );
  } finally {
    life.config.webui['image'] = image;
    await docker('image', 'rm', next);
  }
  expect(await life.up()).toContain('create chat-webui-container');
  expect(await titles(people)).toContain('kept');
});

it('is tried before a web UI is to use it as a Postgres of its own', async () => {
  const url = new URL((await life.secretEnv())['DATABASE_URL'] as string);
  const given = {
    image: life.config.webui['image'] as string,
    networks: ['missing', life.network, `${postgres}-network`],
    connections: 25,
  };
  const tried = (address: URL, more: Partial<typeof given> & { index?: number } = {}) =>
    requireReachable(connect({}), { ...given, ...more, url: String(address) });
  await tried(url);
  const warn = jest.spyOn(pulumi.log, 'warn').mockImplementation(async () => {});
  try {
    // That of the stack itself has enough.
    await tried(url, { index: 128 });
    expect(warn).not.toHaveBeenCalled();
    await tried(url, { index: 100_000 });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/: ALTER ROLE open_webui SET maintenance_work_mem = '100000MB'$/)],
    ]);
  } finally {
    warn.mockRestore();
  }
  await expect(tried(url, { connections: 2000 })).rejects.toThrow(
    /it allows 1\d\d connections\n {4}to do: allow at least 2000/,
  );
  url.password = 'wrong';
  await expect(tried(url)).rejects.toThrow('password authentication failed for user "open_webui"');
  url.hostname = 'nowhere';
  await expect(tried(url)).rejects.toThrow('could not translate host name "nowhere"');
});

it('is taken while people work, and goes into an empty stack with its vectors', async () => {
  let [go, made] = [true, 0];
  const work = (async () => {
    for (; go; made++) await chat(`during ${made}`);
  })();
  const file = await backup(life);
  go = false;
  await work;
  const names = execFileSync('tar', ['tzf', file], { encoding: 'utf8' }).trim().split('\n');
  expect([names[0], names.at(-1)]).toEqual(['database/database.dump', 'manifest.json']);
  const manifest = JSON.parse(execFileSync('tar', ['xzOf', file, 'manifest.json'], { encoding: 'utf8' }));
  expect(manifest.warnings).toEqual([]);
  expect(manifest.parts[0]).toMatchObject({ name: 'database', version: /^17/, facts: { users: 1 } });

  other = await withPostgres('postgres-other');
  await other.up();
  const { adminPassword } = await life.outputs();
  const { code, stderr } = await restore(other, ['--from', file, '--yes'], { OPEN_WEBUI_PASSWORD: adminPassword });
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  const session = await Session.signIn(`http://127.0.0.1:${other.port}`, 'admin@example.com', adminPassword);
  expect(await titles(session)).toContain('kept');
  expect(await asWebUi(other, FIND)).toBe("[('near',)]");
});

it('is refused where people have their data in SQLite, before anything changes', async () => {
  if (!other) throw new Error('there is no second stack');
  const write = `
import os, sqlite3
database = sqlite3.connect("/app/backend/data/webui.db")
database.execute("create table user (id text)")
database.execute("insert into user values ('a'), ('b')")
database.commit()
os.remove("/app/backend/data/.postgres")
`;
  await docker('exec', other.webui, 'python3', '-c', write);
  await docker('rm', '--force', other.webui);
  await expect(other.up()).rejects.toThrow(
    `database.kind is postgres, and the volume ${other.webui} has the data of 2 users in SQLite, which would be left behind. Nothing was created or changed.`,
  );
});
