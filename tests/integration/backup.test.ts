/** `npm run backup` while people work, and `npm run restore`: over a stack that is used, and into one that is new. */

import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { archives, Belongings, backup, restore } from '../support/archive.ts';
import { Deployment } from '../support/deployment.ts';
import { docker, objectsOf } from '../support/docker.ts';
import { upload } from '../support/people.ts';

jest.setTimeout(600_000);

let life: Deployment;
let other: Deployment | undefined;
let belongings: Belongings;
let before: Awaited<ReturnType<Belongings['seen']>>;
let file: string;

beforeAll(async () => {
  life = await Deployment.create('backup');
  await life.up();
  belongings = new Belongings(life);
  await belongings.make();
  before = await belongings.seen();
});

afterAll(async () => {
  await life?.remove();
  await other?.remove();
});

/** Creates chats and files, one after the other, until stopped; returns how many. */
function people(origin: string): () => Promise<number> {
  let go = true;
  const work = (async () => {
    const session = await Belongings.member(origin);
    for (let number = 1; ; number++) {
      if (!go) return number - 1;
      await session.request('POST', '/api/v1/chats/new', { chat: { title: `during ${number}`, messages: [] } });
      await upload(session, `during-${number}.bin`, new Uint8Array(200_000).fill(number));
    }
  })();
  return async () => {
    go = false;
    return work;
  };
}

it('finds people with a chat, a file, vectors, one token that is good and one that is not', () => {
  expect(before).toMatchObject({ chats: ['kept'], file: true, token: true, signedOutToken: false });
});

it('takes all of it while people work, into one file for its owner alone that any tar reads', async () => {
  const stop = people(`http://127.0.0.1:${life.port}`);
  file = await backup(life);
  expect(await stop()).toBeGreaterThan(0);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const names = execFileSync('tar', ['tzf', file], { encoding: 'utf8' }).trim().split('\n');
  expect(names).toEqual(
    expect.arrayContaining(['webui/webui.db', 'webui/vector_db/0f9c/data_level0.bin', 'valkey/dump.rdb']),
  );
  expect(names.at(-1)).toBe('manifest.json');
  expect(names.filter((name) => /-(wal|shm)$|\.restore/.test(name))).toEqual([]);
  const manifest = JSON.parse(execFileSync('tar', ['xzOf', file, 'manifest.json'], { encoding: 'utf8' }));
  expect(manifest).toMatchObject({
    stack: life.stack,
    parts: [
      { name: 'webui', version: '0.12.4', facts: { users: 2 } },
      { name: 'valkey', facts: { snapshot: 'made' } },
    ],
    warnings: [],
  });
  // Each file that the database names is there.
  const count = names.filter((name) => /^webui\/uploads\/./.test(name)).length;
  expect(count).toBeGreaterThanOrEqual(manifest.parts[0].facts.files);
  for (const secret of await life.secrets()) expect(readFileSync(file).includes(secret)).toBe(false);
  expect(await life.refused()).toEqual([]);
});

it('shows what it would replace, and replaces nothing without --yes', async () => {
  const { code, stderr } = await restore(life, ['--from', file]);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^In the stack {3}2 users, .* files?; this will be kept\nIn the backup {2}2 users, .* files?, of .*, Open WebUI 0\.12\.4$/m,
  );
  expect(stderr).toContain('nothing was changed\n  next: add --yes to do it');
});

it('puts it back over what is there, keeps that, and brings it back when asked', async () => {
  const session = await Belongings.member(`http://127.0.0.1:${life.port}`);
  await session.request('DELETE', '/api/v1/chats/');
  await session.request('POST', '/api/v1/chats/new', { chat: { title: 'after', messages: [] } });
  await docker('exec', life.webui, 'sh', '-c', 'rm -r /app/backend/data/vector_db /app/backend/data/uploads/*');

  const { code, stdout, stderr } = await restore(life, ['--from', file, '--yes']);
  if (code !== 0) throw new Error(stderr);
  expect(stdout).toContain('is in place, and verified.');
  const { chats, ...rest } = await belongings.seen();
  const { chats: _, ...expected } = before;
  expect(rest).toEqual(expected);
  expect(chats).toContain('kept');
  expect(chats).not.toContain('after');
  expect(await life.refused()).toEqual([]);
  // A change of the program finds the stack as it has left it.
  expect(await life.up()).toEqual([]);
});

it('puts it into another stack, new and strict, with the users and passwords of the backup', async () => {
  other = await Deployment.create('empty');
  other.config.hardening = 'strict';
  await other.up();
  const { code, stdout, stderr } = await restore(other, ['--from', file, '--yes']);
  if (code !== 0) throw new Error(stderr);
  expect(stderr).toContain(`it is of the stack ${life.stack}`);
  expect(stderr).toContain('it was made with another session key: everyone has to sign in again');
  expect(stdout).toContain('admin@example.com cannot sign in: the password is not the one of this stack');
  const { chats, file: content, vectors } = await belongings.seen(other, { sameKey: false });
  expect({ file: content, vectors }).toEqual({ file: true, vectors: before.vectors });
  expect(chats).toContain('kept');
  const owners = await docker(
    'exec',
    other.webui,
    'sh',
    '-c',
    'find /app/backend/data ! -user 1000 ! -path "*/phase.*"',
  );
  expect(owners).toBe('');
  const { adminPassword } = await life.outputs();
  const rotated = await other.command('rotate', ['--secret', 'admin'], { OPEN_WEBUI_PASSWORD: adminPassword });
  expect({ code: rotated.code, stderr: rotated.stderr }).toEqual({ code: 0, stderr: '' });
  expect((await other.verify()).ok).toBe(true);
});

it('leaves nothing on the engine but the stack', async () => {
  expect((await objectsOf(life.stack)).containers).toEqual([life.webui, life.valkey]);
  expect(archives(life)).toEqual([file]);
});
