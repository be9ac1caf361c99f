/** Valkey's data through every change of its form, killed on the way, damaged, and read by an older release. */

import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BareValkey } from '../support/bareValkey.ts';
import { IMAGES } from '../support/deployment.ts';
import { docker } from '../support/docker.ts';

jest.setTimeout(600_000);

const FORMS = ['aof', 'snapshots'] as const;
const KEYS = 300_000;
const YEAR = 365 * 24 * 3600;

/** Fills both databases: enough for a conversion of about a second, some of it with an end. */
async function fill(valkey: BareValkey): Promise<void> {
  const script = `for i = 1, ${KEYS} do redis.call('SET', 'open-webui:' .. i, string.rep(i, 20)) end
    for i = 1, 1000 do redis.call('EXPIRE', 'open-webui:' .. i, ${YEAR}) end`;
  await valkey.cli('EVAL', script, '0');
  await valkey.cli('-n', '1', 'HSET', 'open-webui:sessions', 'one', '1');
}

/** All of it in a few lines; an end is the same to the second whenever one looks. */
async function content(valkey: BareValkey): Promise<string> {
  const sum = `local sum = 0
    for i = 1, ${KEYS} do sum = sum + #redis.call('GET', 'open-webui:' .. i) end
    return sum .. ' ' .. redis.call('EXPIRETIME', 'open-webui:1000') .. ' ' .. redis.call('EXPIRETIME', 'open-webui:1001')`;
  const zero = await valkey.cli('EVAL', sum, '0');
  return [zero, await valkey.cli('DBSIZE'), await valkey.cli('-n', '1', 'HGETALL', 'open-webui:sessions')].join('\n');
}

const files = (valkey: BareValkey) => valkey.onVolume('find . ! -type d');

describe.each(['standard', 'strict'] as const)('with %s hardening', (hardening) => {
  let valkey: BareValkey;
  let all: string;

  beforeAll(async () => {
    valkey = await BareValkey.create(`form-${hardening}`, { hardening });
    await valkey.start('snapshots');
    await fill(valkey);
    all = await content(valkey);
    expect(all.split('\n').slice(1)).toEqual([String(KEYS), 'one', '1']);
    await docker('stop', valkey.name);
  });
  afterAll(() => valkey?.remove());

  it.each(['aof', 'snapshots', 'aof'] as const)('keeps all of it on the way to %s', async (form) => {
    await valkey.start(form);
    expect(await content(valkey)).toBe(all);
    expect(await valkey.cli('CONFIG', 'GET', 'appendonly')).toContain(form === 'aof' ? 'yes' : 'no');
    // The server is the container's first process, and ends in order on SIGTERM.
    expect(await docker('exec', valkey.name, 'cat', '/proc/1/comm')).toBe('valkey-server');
    await docker('stop', valkey.name);
    expect(await valkey.ended()).toBe(0);
    expect((await files(valkey)).includes('manifest')).toBe(form === 'aof');
  });

  it('keeps all of it however often it is killed on the way', async () => {
    let [cut, done] = [0, 0];
    for (let round = 0; round < 24; round++) {
      const form = FORMS[(round + 1) % 2] as (typeof FORMS)[number];
      await valkey.launch(form);
      await sleep(randomInt(1500));
      await docker('kill', valkey.name);
      if ((await valkey.log()).includes('Ready to accept connections tcp')) done++;
      else cut++;
      if (round % 4 === 3) {
        const other = FORMS[randomInt(2)] as (typeof FORMS)[number];
        await valkey.start(other);
        expect(await content(valkey)).toBe(all);
        await docker('kill', valkey.name);
      }
    }
    // Otherwise nothing was tried.
    expect(cut).toBeGreaterThan(6);
    expect(cut + done).toBe(24);
    await valkey.start('snapshots');
    expect(await content(valkey)).toBe(all);
    await docker('stop', valkey.name);
    expect(await files(valkey)).toBe('./dump.rdb');
  });

  it('ends at once when it is stopped on the way', async () => {
    await valkey.launch('aof');
    await sleep(400);
    const before = Date.now();
    await docker('stop', valkey.name);
    expect(Date.now() - before).toBeLessThan(5000);
    await valkey.start('aof');
    expect(await content(valkey)).toBe(all);
    await docker('stop', valkey.name);
  });

  it('reads no old append-only file after a time with snapshots alone', async () => {
    await valkey.start('snapshots');
    await valkey.cli('SET', 'open-webui:1', 'new');
    await docker('stop', valkey.name);
    await valkey.start('aof');
    expect(await valkey.cli('GET', 'open-webui:1')).toBe('new');
    await docker('stop', valkey.name);
  });
});

describe('data that cannot be read', () => {
  let valkey: BareValkey;
  beforeAll(async () => {
    valkey = await BareValkey.create('damaged');
  });
  afterAll(() => valkey?.remove());

  const make = async (form: (typeof FORMS)[number]) => {
    await valkey.onVolume('rm -rf ./* .[!.]*');
    await valkey.start(form);
    await fill(valkey);
    await docker('stop', valkey.name);
  };
  const damage = (file: string) =>
    valkey.onVolume(`printf 'nothing that it could be' | dd of=${file} bs=1 seek=5000 conv=notrunc 2>/dev/null`);
  const sums = () => valkey.onVolume('find . -type f -exec sha256sum {} + | sort');

  it.each(['aof', 'snapshots'] as const)(
    'is reported and left alone: a damaged snapshot, wanted is %s',
    async (form) => {
      await make('snapshots');
      await damage('dump.rdb');
      const before = await sums();
      await valkey.launch(form);
      expect(await valkey.ended()).toBe(1);
      expect(await valkey.log()).toMatch(/RDB|Unrecoverable error|CRC/);
      expect(await sums()).toBe(before);
    },
  );

  it.each(['aof', 'snapshots'] as const)('is reported and left alone: a damaged AOF, wanted is %s', async (form) => {
    await make('aof');
    await damage('appendonlydir/appendonly.aof.1.incr.aof');
    const before = await sums();
    await valkey.launch(form);
    expect(await valkey.ended()).toBe(1);
    expect(await valkey.log()).toContain('Bad file format reading the append only file');
    expect(await valkey.log()).toContain('open-webui: the append-only file is damaged');
    expect(await sums()).toBe(before);
  });

  it('is mended by the command in the log: zeros and junk at the end of an AOF, as after a power cut', async () => {
    await make('aof');
    await valkey.onVolume(
      "head -c 512 /dev/zero >> appendonlydir/appendonly.aof.1.incr.aof; printf 'junk\\r\\n' >> appendonlydir/appendonly.aof.1.incr.aof",
    );
    await valkey.launch('aof');
    expect(await valkey.ended()).toBe(1);
    const [, command] = /to do: (echo y \| docker run .*)$/m.exec(await valkey.log()) ?? [];
    await promisify(execFile)('sh', ['-c', String(command)]);
    await valkey.start('aof');
    expect(await valkey.cli('-n', '1', 'HGETALL', 'open-webui:sessions')).toBe('one\n1');
    expect(await valkey.cli('DBSIZE')).toBe(String(KEYS));
    await docker('stop', valkey.name);
  });

  it('is no AOF that only lacks its end: Valkey mends that itself', async () => {
    await make('aof');
    await valkey.onVolume('truncate -s -3 appendonlydir/appendonly.aof.1.incr.aof');
    await valkey.start('aof');
    expect(await valkey.cli('DBSIZE')).toBe(String(KEYS));
    await docker('stop', valkey.name);
  });

  it.each(['out', 'in', 'back'])('is not started on: half of a restore, in the phase %s', async (phase) => {
    await valkey.onVolume(`mkdir -p .restore && touch .restore/phase.${phase} && chown -R 999:1000 .restore`);
    await valkey.launch('aof');
    expect(await valkey.ended()).toBe(1);
    expect(await valkey.log()).toContain('open-webui: a restore was killed half-way');
    await valkey.onVolume(`mv .restore/phase.${phase} .restore/phase.swapped`);
    await valkey.start('aof');
    await docker('stop', valkey.name);
    await valkey.onVolume('rm -r .restore');
  });

  it('is reported and left alone: an AOF without the list of its files', async () => {
    await make('aof');
    await valkey.onVolume('rm appendonlydir/appendonly.aof.manifest');
    const before = await sums();
    await valkey.launch('aof');
    expect(await valkey.ended()).toBe(1);
    expect(await valkey.log()).toContain('/data/appendonlydir has data and no appendonly.aof.manifest');
    expect(await sums()).toBe(before);
  });

  it('is not what a server leaves that was killed in its first moment', async () => {
    await valkey.onVolume('rm -rf ./* .[!.]* && mkdir appendonlydir && chown 999:1000 appendonlydir');
    await valkey.start('aof');
    expect(await valkey.cli('DBSIZE')).toBe('0');
    await docker('stop', valkey.name);
  });
});

describe('another release', () => {
  let valkey: BareValkey;
  const image = (version: string) => `local/valkey:${valkey.name}-${version}`;

  /**
   * Valkey under another number. One release is all that there is here, so this shows what the number alone decides; whether an older
   * server could read the data is not tried.
   */
  async function build(version: string): Promise<void> {
    const dir = mkdtempSync(join(tmpdir(), 'valkey-version-'));
    try {
      const says = `Valkey server v=${version}.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=0`;
      writeFileSync(
        join(dir, 'valkey-server'),
        `#!/bin/sh\n[ "$1" = --version ] && exec echo '${says}'\nexec /usr/bin/valkey-server "$@"\n`,
        { mode: 0o755 },
      );
      writeFileSync(join(dir, 'Dockerfile'), `FROM ${IMAGES.valkey}\nCOPY valkey-server /usr/local/bin/\n`);
      await docker('build', '--tag', image(version), dir);
    } finally {
      rmSync(dir, { recursive: true });
    }
  }

  beforeAll(async () => {
    valkey = await BareValkey.create('release');
    for (const version of ['8.0', '8.2', '10.0']) await build(version);
  });
  afterAll(async () => {
    await valkey?.remove();
    for (const version of ['8.0', '8.2', '10.0']) await docker('image', 'rm', image(version)).catch(() => {});
  });

  it.each(FORMS)('that is older does not start, and says why: %s', async (form) => {
    await valkey.start(form);
    await valkey.cli('SET', 'open-webui:kept', form);
    await docker('stop', valkey.name);
    const older = valkey.with(image('8.0'));
    await older.launch(form);
    expect(await older.ended()).toBe(1);
    const file = form === 'aof' ? /dump\.rdb|appendonlydir\/appendonly\.aof\.\d+\.base\.rdb/ : /dump\.rdb/;
    expect(await older.log()).toMatch(
      new RegExp(
        `open-webui: this is Valkey 8\\.0, and Valkey 8\\.1 has written /data/(${file.source}): an older release`,
      ),
    );
    expect(await older.log()).toContain('to do: set valkey.image to Valkey 8.1 or newer');
    await valkey.start(form);
    expect(await valkey.cli('GET', 'open-webui:kept')).toBe(form);
  });

  it.each(['8.2', '10.0'])('that is newer starts with all of it: %s', async (version) => {
    await valkey.start('aof');
    await valkey.cli('SET', 'open-webui:kept', version);
    await docker('stop', valkey.name);
    const newer = valkey.with(image(version));
    await newer.start('aof');
    expect(await newer.cli('GET', 'open-webui:kept')).toBe(version);
    await docker('stop', valkey.name);
  });
});
