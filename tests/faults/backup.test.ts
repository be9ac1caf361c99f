/** `npm run backup` and `npm run restore`, killed in the middle and on a full disk: nothing is lost, and `npm run up` repairs it. */

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { archiveContainerOf } from '../../core/names.ts';
import { until } from '../../core/until.ts';
import { archives, Belongings, backup, restore } from '../support/archive.ts';
import { Deployment } from '../support/deployment.ts';
import { docker, inspect } from '../support/docker.ts';

jest.setTimeout(900_000);

let life: Deployment;
let belongings: Belongings;
let before: Awaited<ReturnType<Belongings['seen']>>;
let file: string;
/** The web UI's volume, as the engine has it on its disk. */
let volume: string;

beforeAll(async () => {
  life = await Deployment.create('faults');
  await life.up();
  belongings = new Belongings(life);
  await belongings.make();
  before = await belongings.seen();
  // Large enough for something to happen while it is read.
  await docker('exec', life.webui, 'sh', '-c', 'head -c 300000000 /dev/urandom > /app/backend/data/uploads/large');
  volume = (await inspect('volume', life.webui)).Mountpoint;
});

afterAll(async () => {
  await life?.remove();
});

/** Runs a command with all that it has started, and kills all of it as soon as something is seen. */
async function killedWhen(args: string[], seen: () => boolean | Promise<boolean>): Promise<void> {
  const child = spawn('node', args, {
    cwd: life.dir,
    env: { ...process.env, ...life.env },
    detached: true,
    stdio: 'ignore',
  });
  let ended = false;
  child.on('close', () => {
    ended = true;
  });
  const met = await until(async () => ended || (await seen()), Boolean, { seconds: 300, everyMs: 2 });
  if (!met || ended) throw new Error(`${args.join(' ')} ended before it could be killed, or never got there`);
  process.kill(-(child.pid as number), 'SIGKILL');
  await until(() => ended, Boolean, { seconds: 20, everyMs: 10 });
}

const helper = () => docker('ps', '--all', '--quiet', '--filter', `name=^${archiveContainerOf(life.webui)}$`);
const gone = () => until(helper, (id) => id === '', { seconds: 30 });

describe('a backup that is killed', () => {
  const partial = () => {
    const folder = join(life.dir, 'backups');
    const name = existsSync(folder) ? readdirSync(folder).find((one) => one.endsWith('.partial')) : undefined;
    return name === undefined ? 0 : statSync(join(folder, name)).size;
  };

  it.each<[string, () => boolean | Promise<boolean>]>([
    ['while the databases are copied', async () => (await helper()) !== ''],
    ['as the file begins', () => partial() > 0],
    ['in the middle of the file', () => partial() > 100_000_000],
  ])('%s: leaves no backup that is none, nothing on the engine, and the next one comes', async (_, seen) => {
    await killedWhen(['cli/main.ts', 'backup', '--stack', life.stack], seen);
    expect(await gone()).toBe('');
    file = await backup(life);
    expect(readdirSync(join(life.dir, 'backups')).filter((name) => name.endsWith('.partial'))).toEqual([]);
    expect(await belongings.seen()).toEqual(before);
    for (const old of archives(life).slice(0, -1)) rmSync(old);
  });
});

it('says that the disk is full, and leaves nothing there', async () => {
  const small = join(life.dir, 'small');
  mkdirSync(small);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'tmpfs', small]);
  try {
    const { code, stderr } = await life.command('backup', ['--to', small]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('no backup: ENOSPC') });
    expect(readdirSync(small)).toEqual([]);
  } finally {
    execFileSync('umount', [small]);
  }
  expect(await gone()).toBe('');
});

describe('a restore that is killed', () => {
  const area = (name: string) => existsSync(join(volume, '.restore', name));
  const stopped = async () => (await inspect('container', life.webui)).State.Running === false;

  it.each<[string, () => boolean | Promise<boolean>]>([
    ['while it unpacks', () => area('in.partial')],
    ['when all is unpacked', () => area('in')],
    ['when the web UI stands still', stopped],
    ['during the exchange', () => area('phase.out') || area('phase.in') || area('phase.swapped')],
  ])('%s: npm run up brings back the previous data', async (_, seen) => {
    const { chats } = await belongings.seen();
    await belongings.member.request('POST', '/api/v1/chats/new', {
      chat: { title: `since ${chats.length}`, messages: [] },
    });
    const present = await belongings.seen();
    await killedWhen(['bootstrap/run.mjs', 'restore', '--stack', life.stack, '--from', file, '--yes'], seen);
    expect(await gone()).toBe('');
    const { code, stdout, stderr } = await life.run('node', ['bootstrap/run.mjs', 'up', '--stack', life.stack]);
    if (code !== 0) throw new Error(stderr + stdout);
    expect(await belongings.seen()).toEqual(present);
    expect(readdirSync(volume).filter((name) => name.startsWith('phase.'))).toEqual([]);
  });

  it('while the web UI starts with the new data: a pulumi up keeps that and all that is written since, and the old data can be brought back', async () => {
    const present = await belongings.seen();
    const starts = async () => area('phase.swapped') && !(await stopped());
    await killedWhen(['bootstrap/run.mjs', 'restore', '--stack', life.stack, '--from', file, '--yes'], starts);
    expect(await gone()).toBe('');
    await until(
      async () => (await inspect('container', life.webui)).State.Health?.Status === 'healthy',
      (well) => well,
      { seconds: 120 },
    );
    const restored = await belongings.seen();
    expect(restored).toEqual(before);
    await belongings.member.request('POST', '/api/v1/chats/new', {
      chat: { title: 'since the restore', messages: [] },
    });
    const since = await belongings.seen();
    expect(since).not.toEqual(restored);
    // As from another machine: nothing here tells that something was killed.
    const { code, stdout, stderr } = await life.run('pulumi', ['up', '--yes', '--skip-preview', '--stack', life.stack]);
    if (code !== 0) throw new Error(stderr + stdout);
    expect(stderr + stdout).toContain('The servers are healthy with its data, which stays');
    expect(await belongings.seen()).toEqual(since);
    expect(readdirSync(join(volume, '.restore'))).toEqual(['before']);
    const back = await restore(life, ['--back', '--yes']);
    if (back.code !== 0) throw new Error(back.stderr);
    expect(await belongings.seen()).toEqual(present);
  });

  it('can be made after all that, and undone', async () => {
    const present = await belongings.seen();
    const { code, stderr } = await restore(life, ['--from', file, '--yes']);
    if (code !== 0) throw new Error(stderr);
    expect(await belongings.seen()).toEqual(before);
    const back = await restore(life, ['--back', '--yes']);
    if (back.code !== 0) throw new Error(back.stderr);
    expect(await belongings.seen()).toEqual(present);
  });
});
