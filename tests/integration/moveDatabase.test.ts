/** A stack with everything that people have, from SQLite and Chroma to Postgres and pgvector, and back. */

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readStackFile } from '../../settings/file.ts';
import { root } from '../support/checkout.ts';
import { EMBEDDING, imageWithChroma, startEmbedding } from '../support/chroma.ts';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, inspect } from '../support/docker.ts';
import { Possessions } from '../support/possessions.ts';

jest.setTimeout(900_000);

const { image: postgresImage } = readStackFile(join(root, 'Pulumi.local.yaml'), 'open-webui', 'local').database;
const image = `local/open-webui:test-${process.pid}-chroma`;

let life: Deployment;
let all: Possessions;
let before: Record<string, unknown>;

/** What Postgres takes only in another form, and what has lost its other end. */
const STRANGE = `
import sqlite3
database = sqlite3.connect("/app/backend/data/webui.db", timeout=30)
user, = database.execute("select id from user where email = 'ben@example.com'").fetchone()
database.execute("insert into chat (id, user_id, title, archived, created_at, updated_at, chat, meta) values ('strange', ?, ?, 0, 1.5, 1, ?, '{}')",
    [user, "a" + chr(0) + "b", '{"title": "c\\\\u0000d \\\\ud83d", "n": NaN, "history": {"messages": {}}}'])
database.execute("insert into chat_file (id, user_id, chat_id, file_id, created_at, updated_at) values ('lost', ?, 'gone', 'gone', 1, 1)", [user])
database.execute("insert into config_old (id, data, version, created_at, updated_at) values (7, '{}', 0, '2024-02-29 12:00:00.5', 'in spring')")
database.execute("create table of_a_plugin (id text)")
database.execute("insert into of_a_plugin values ('kept in SQLite')")
database.commit()
`;

/** A collection of Chroma whose vectors have so many numbers; none for 0. */
const WIDE = `
import os, random, sys
os.environ.update(USE_SLIM_DOCKER="false", VECTOR_DB="chroma", ENABLE_DB_MIGRATIONS="false", STATIC_DIR="/tmp/static", WEBUI_SECRET_KEY="test")
from open_webui.retrieval.vector.dbs.chroma import ChromaClient
client, width = ChromaClient(), int(sys.argv[1])
if client.has_collection("wide"):
    client.delete_collection("wide")
if width:
    passage = lambda number: {"id": f"wide-{number}", "text": f"wide {number}", "metadata": {"name": "wide"}, "vector": [random.random() for _ in range(width)]}
    client.insert("wide", [passage(number) for number in range(20)])
`;

const inChroma = (width: number) =>
  docker(
    ...['run', '--rm', '--volume', `${life.webui}:/app/backend/data`, '--entrypoint', 'python3', image],
    ...['-c', WIDE, String(width)],
  );

/** What is in the old files, looked at in copies: SQLite may put a journal into its file whenever it opens one. */
const FILES = `
import hashlib, json, os, shutil, sqlite3
def content(name):
    for suffix in ("", "-wal"):
        if os.path.exists("/app/backend/data/" + name + suffix):
            shutil.copy("/app/backend/data/" + name + suffix, "/tmp/" + os.path.basename(name) + suffix)
    return hashlib.sha256("".join(sqlite3.connect("/tmp/" + os.path.basename(name)).iterdump()).encode("utf-8", "surrogateescape")).hexdigest()
print(json.dumps([content("webui.db"), content("vector_db/chroma.sqlite3")]))
`;

/** Digests of the old files; also while no container runs. */
const oldFiles = async () =>
  JSON.parse(
    await docker(
      'run',
      '--rm',
      '--volume',
      `${life.webui}:/app/backend/data`,
      '--entrypoint',
      'python3',
      image,
      '-c',
      FILES,
    ),
  ) as string[];

const inPostgres = (sql: string) =>
  docker(
    ...[
      'exec',
      `open-webui-postgres-${life.stack}`,
      'psql',
      '-h',
      '/run/postgresql',
      '-U',
      'operations',
      '-d',
      'open_webui',
    ],
    ...['-Atc', sql],
  );

/** Runs the command and kills it as soon as it says something. */
const killedAt = (words: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('node', ['cli/main.ts', 'move-database', '--stack', life.stack], {
      cwd: life.dir,
      env: { ...process.env, ...life.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (words.test(said)) child.kill('SIGKILL');
      });
    child.on('close', (_, signal) =>
      signal === 'SIGKILL' ? resolve(said) : reject(new Error(`it ended before it said ${words}:\n${said}`)),
    );
  });

const setDatabase = (database: Record<string, unknown>) => {
  life.config.database = database;
  life.writeConfig();
};

beforeAll(async () => {
  life = await Deployment.create('move-database');
  await imageWithChroma(IMAGES.webui, image);
  const env = { ...EMBEDDING, ENABLE_CHANNELS: 'true', ENABLE_API_KEYS: 'true' };
  life.config.webui = { ...life.config.webui, image, env };
  await life.up();
  await startEmbedding(life, image);
  all = new Possessions(life, image);
  await all.make();
  await docker('exec', life.webui, 'python3', '-c', STRANGE);
  before = await all.seen();
});

afterAll(async () => {
  await life?.remove();
  await docker('image', 'rm', image).catch(() => {});
});

it('is refused while the stack file says sqlite', async () => {
  const { code, stderr } = await life.command('move-database');
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(`the file of the stack ${life.stack} says database.kind: sqlite, and the data is there`),
  ]);
});

it('is what an update names, and which changes nothing', async () => {
  setDatabase({ kind: 'postgres', image: postgresImage });
  await expect(life.up()).rejects.toThrow(`To move it:         npm run move-database -- --stack ${life.stack}`);
});

it('can be killed in the middle of the copy: the old files are as they were, and nothing else works on half of it', async () => {
  await killedAt(/copying the old files aside/);
  const files = await oldFiles();
  expect(await inPostgres('select count(*) from "user"')).toBe('0');
  await expect(life.up()).rejects.toThrow('npm run move-database');
  expect(await oldFiles()).toEqual(files);
});

it('moves everything, and says what it could not take as it was', async () => {
  const { code, stdout, stderr } = await life.command('move-database');
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  expect(readdirSync(join(life.dir, 'backups')).length).toBeGreaterThan(0);
  expect(stdout).toMatch(
    /has its database in Postgres: [\d,]+ rows in \d+ tables, compared by digest; 10 passages in 2 collections, compared by 4 searches/,
  );
  expect(stderr).toContain('! chat.title: 1 × NUL characters, removed');
  expect(stderr).toContain('! chat.chat: 1 × NaN or Infinity in JSON, replaced by null');
  expect(stderr).toContain('! chat.created_at: 1 × fractions in whole numbers, rounded');
  expect(stderr).toContain('! config_old.updated_at: 1 × values that its type does not take, left empty');
  expect(stderr).toMatch(/! chat_file\.\w+: 1 × references to what is no longer in \w+, left out with their rows/);
  expect(stderr).toContain('! the table of_a_plugin with 1 row is not part of this release, and stays only in SQLite');
  expect(await inPostgres('select created_at, last_value, is_called from config_old, config_id_seq')).toBe(
    '2024-02-29 12:00:00.5|7|t',
  );
  expect(stderr).toContain('! document_chunk: 5 × passages whose id another collection has as well, given another one');
});

it('everybody signs in with the old password, has everything, and finds the same passages', async () => {
  expect(await all.seen()).toEqual(before);
  expect(await all.asked()).toEqual(all.chromas);
  expect((await life.verify()).checks.filter(({ ok, notProved }) => !ok || notProved)).toEqual([]);
  await life.expectUnchanged();
  await life.expectNoDrift();
});

it('does not do it twice', async () => {
  const { code, stderr } = await life.command('move-database');
  expect([code, stderr]).toEqual([1, expect.stringContaining('already has its database in Postgres')]);
});

it('leads back by one line, to what was there before', async () => {
  const line = `npm run pulumi -- config set --path database.kind sqlite --stack ${life.stack} && npm run up -- --stack ${life.stack}`;
  await life.succeed('sh', ['-c', line.replaceAll(/npm run (\S+) -- /g, 'node cli/main.ts $1 ')]);
  life.readConfig();
  expect((await inspect('container', life.webui)).Config.Cmd).not.toContain('migrate');
  expect(await all.seen()).toEqual(before);
});

describe('again, with wide vectors, into a volume whose data is protected', () => {
  const protect = () =>
    setDatabase({
      ...{ kind: 'postgres', image: postgresImage, protectData: true },
      volume: `open-webui-postgres-${life.stack}-again`,
    });
  const move = () => life.command('move-database');

  it.each([
    [
      4096,
      'the embedding model makes vectors of 4096 dimensions, and pgvector cannot index more than 4000; without an index the web UI does not start',
      '--without-vectors',
    ],
    [
      3072,
      'the embedding model makes vectors of 3072 dimensions, of which the web UI would keep 1536 in pgvector permanently',
      'set webui.env.PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH to 3072 and webui.env.PGVECTOR_USE_HALFVEC to true, then try again',
    ],
  ])('refuses vectors of %i numbers, and names the way', async (width, why, next) => {
    await inChroma(width);
    protect();
    const { code, stderr } = await move();
    expect([code, stderr]).toEqual([1, expect.stringContaining(why)]);
    expect(stderr).toContain(next);
  });

  it('moves them to the chosen store, and searches find the same', async () => {
    const env = life.config.webui['env'] as Record<string, string>;
    Object.assign(env, { PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH: '3072', PGVECTOR_USE_HALFVEC: 'true' });
    protect();
    const { code, stdout, stderr } = await move();
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/30 passages in 3 collections, compared by 6 searches/);
    expect(await inPostgres('select distinct vector_dims(vector) from document_chunk')).toBe('3072');
    expect(await all.seen()).toEqual(before);
    expect(await all.asked()).toEqual(all.chromas);
    const line = /Go back {9}(.*)/.exec(stdout)?.[1] ?? '';
    expect(line).toContain('database.protectData false');
    await life.succeed('sh', ['-c', line.replaceAll(/npm run (\S+) -- /g, 'node cli/main.ts $1 ')]);
    life.readConfig();
    expect(await all.seen()).toEqual(before);
  });
});
