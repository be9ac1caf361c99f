/** A stack whose database is a Postgres that it does not deploy: what is wrong with it is said before the first start. */

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readStackFile } from '../../settings/file.ts';
import { root } from '../support/checkout.ts';
import { Deployment } from '../support/deployment.ts';
import { docker, labelOf, objectsOf } from '../support/docker.ts';

jest.setTimeout(600_000);

const { image } = readStackFile(join(root, 'Pulumi.local.yaml'), 'open-webui', 'local').database;

let life: Deployment;
/** Name of the server, and of its network. */
let server: string;
const password = randomBytes(16).toString('hex');

/** Runs SQL in a database of the server as its superuser. */
const sql = (text: string, database = 'postgres') =>
  docker('exec', server, 'psql', '-U', 'postgres', '-d', database, '-v', 'ON_ERROR_STOP=1', '-Atc', text);

const use = (database: string, secret = password) =>
  life.setSecret('database.url', `postgresql://chat:${secret}@${server}:5432/${database}`);

beforeAll(async () => {
  life = await Deployment.create('own-postgres');
  server = `own-${life.stack}`;
  const label = ['--label', labelOf(life.stack)];
  await docker('network', 'create', ...label, server);
  await docker(
    ...['run', '--detach', '--name', server, ...label, '--network', server],
    ...['--env', `POSTGRES_PASSWORD=${password}`, image],
  );
  life.config.database = { kind: 'postgres' };
  life.config.webui['networks'] = { [server]: {} };
  await docker('exec', server, 'sh', '-c', 'until pg_isready -q -h 127.0.0.1; do sleep 0.1; done');
  await sql(`create role chat login password '${password}' connection limit 5`);
  await sql("create database poor encoding 'SQL_ASCII' template template0 lc_collate 'C' lc_ctype 'C'");
  await sql('create database good');
});

afterAll(async () => {
  await life?.remove();
});

/** Why an update is refused. */
const refusal = () =>
  life.up().then(
    () => 'it is not refused',
    (error: Error) => error.message,
  );

const SAYS = 'The Postgres of database.url cannot be used. Nothing was created or changed.';

it('is refused with a password that its server does not know', async () => {
  await use('good', 'wrong');
  const said = await refusal();
  expect(said).toContain(SAYS);
  expect(said).toContain('password authentication failed for user "chat"');
});

it('is refused with everything that its database and its role lack', async () => {
  await use('poor');
  const said = await refusal();
  expect(said).toContain(SAYS);
  for (const what of [
    'it lacks the extension vector',
    'its role may not create tables',
    'it allows 5 connections',
    'its encoding is SQL_ASCII',
  ]) {
    expect(said).toContain(what);
  }
  expect(await objectsOf(life.stack)).toEqual({ containers: [server], networks: [server], volumes: [] });
});

it('is used once it is as the refusals have said, and a second update finds nothing to do', async () => {
  await sql('create extension vector', 'good');
  await sql('alter role chat connection limit -1');
  await sql('alter database good owner to chat');
  await use('good');
  await life.up();
  const { checks, check } = await life.verify();
  expect(checks.filter(({ ok, notProved }) => !ok || notProved)).toEqual([]);
  expect(check('database')?.detail).toMatch(
    /^Postgres 17\.\d+ accepts a write, and pgvector [\d.]+ finds the nearest vector;/,
  );
  expect(await sql('select role from "user"', 'good')).toBe('admin');
  const { containers } = await objectsOf(life.stack);
  expect(containers.sort()).toEqual([server, life.valkey, life.webui].sort());
  await life.expectUnchanged();
  await life.expectNoDrift();
});

it('shows its address nowhere', async () => {
  const shown = await Promise.all([
    docker('inspect', life.webui),
    docker('logs', life.webui),
    life.preview('--diff'),
    life.pulumi(['stack', 'export']),
  ]);
  // Not the texts: a failing test must not show what it protects.
  expect(shown.map((text) => text.includes(password))).toEqual(shown.map(() => false));
});
