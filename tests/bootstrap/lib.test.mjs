import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { providePackages } from '../../bootstrap/packages.mjs';
import { takeOptions, withLongStack } from '../../system/args.mjs';
import { cached, folder, locked } from '../../system/cache.mjs';
import { seconds } from '../../system/console.mjs';
import { capture, run, which } from '../../system/exec.mjs';
import { atLeast } from '../../system/versions.mjs';

const dir = mkdtempSync(join(tmpdir(), 'bootstrap-'));
after(() => rmSync(dir, { recursive: true, force: true }));
beforeEach(() => {
  process.env['OPEN_WEBUI_CACHE_DIR'] = mkdtempSync(join(dir, 'cache-'));
});

const CACHE = JSON.stringify(new URL('../../system/cache.mjs', import.meta.url).href);

/**
 * Runs a script in a process of its own until it prints a line.
 *
 * @param {string} script
 */
async function started(script) {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child;
}

/** @param {import('node:child_process').ChildProcess} child */
async function killed(child) {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

describe('versions', () => {
  for (const [a, b, expected] of /** @type {[string, string, boolean][]} */ ([
    ['v22.18.0', '22.18.0', true],
    ['v24.0.0', '22.18.0', true],
    ['22.17.9', '22.18.0', false],
    ['v20.20.2', '22.18.0', false],
    ['3.256.0', '3.250.0', true],
  ])) {
    it(`${a} is ${expected ? '' : 'not '}at least ${b}`, () => assert.equal(atLeast(a, b), expected));
  }
});

describe('takeOptions', () => {
  /** @type {Parameters<typeof takeOptions>[1]} */
  const options = { stack: { type: 'string', short: 's' }, markdown: { type: 'boolean' } };
  for (const [line, values, rest] of /** @type {[string, Record<string, unknown>, string][]} */ ([
    ['--stack prod --markdown --refresh', { stack: 'prod', markdown: true }, '--refresh'],
    ['--target urn:x --stack=prod --diff', { stack: 'prod' }, '--target urn:x --diff'],
    ['-s prod --parallel=2', { stack: 'prod' }, '--parallel=2'],
    ['--refresh', {}, '--refresh'],
  ])) {
    it(`leaves "${rest}" of "${line}"`, () =>
      assert.deepEqual(takeOptions(line.split(' '), options), { values, rest: rest.split(' ') }));
  }
});

describe('withLongStack', () => {
  for (const line of ['--stack prod', '--stack=prod', '-s prod', '-s=prod', '-sprod']) {
    it(`takes "${line}" for --stack prod`, () =>
      assert.deepEqual(withLongStack(['--json', ...line.split(' ')]), ['--json', '--stack', 'prod']));
  }
  it('leaves what is behind -- and what only looks alike', () => {
    const args = ['--secret', 'session', '--', '-s', 'prod'];
    assert.deepEqual(withLongStack(args), args);
  });
});

describe('locked', () => {
  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await sleep(20);
      inside--;
    };
    await Promise.all([locked('a', work), locked('a', work), locked('a', work)]);
    assert.equal(most, 1);
    assert.deepEqual(readdirSync(cached('locks')), []);
  });

  it('is released by an error', async () => {
    await assert.rejects(
      locked('a', () => Promise.reject(new Error('failed'))),
      /failed/,
    );
    assert.equal(await locked('a', async () => 'next'), 'next');
  });

  it('tells who holds it, and is not waited for where that is refused', async () => {
    const child = await started(
      `import { locked } from ${CACHE}; await locked('a', () => { console.log('in'); return new Promise(() => setInterval(() => {}, 1000)); }, { note: 'me' });`,
    );
    const busy = (/** @type {string} */ note) => {
      throw new Error(`busy: ${note}`);
    };
    const second = () => locked('a', async () => 'second', { note: 'you', busy });
    await assert.rejects(second(), /^Error: busy: me$/);
    assert.equal(existsSync(cached('locks', 'a')), true);
    await killed(child);
    assert.equal(await second(), 'second');
    assert.deepEqual(readdirSync(cached('locks')), []);
  });

  it('is taken over from a process that was killed', async () => {
    const child = await started(
      `import { locked } from ${CACHE}; await locked('a', () => { console.log('in'); return new Promise(() => setInterval(() => {}, 1000)); });`,
    );
    let done = false;
    const waiting = locked('a', async () => {
      done = true;
    });
    await sleep(300);
    assert.equal(done, false);
    await killed(child);
    await waiting;
    assert.deepEqual(readdirSync(cached('locks')), []);
  });

  it('is taken over when some other program has got the id of the dead one', {
    skip: process.platform !== 'linux' && 'only Linux tells',
  }, async () => {
    await locked('other', async () => {});
    writeFileSync(cached('locks', 'a'), `${process.pid} 1`);
    assert.equal(await locked('a', async () => 'in'), 'in');
  });
});

describe('folder', () => {
  it('appears only when it is complete', async () => {
    const target = cached('thing');
    await assert.rejects(
      folder(target, async (into) => {
        writeFileSync(join(into, 'half'), '');
        throw new Error('interrupted');
      }),
      /interrupted/,
    );
    assert.equal(existsSync(target), false);
    await folder(target, async (into) => writeFileSync(join(into, 'whole'), ''));
    assert.deepEqual(readdirSync(target), ['whole']);
  });

  it('is filled again after a kill', async () => {
    const child = await started(
      `import { cached, folder } from ${CACHE}; import { writeFileSync } from 'node:fs';
       await folder(cached('thing'), (into) => { writeFileSync(into + '/half', ''); console.log('in'); return new Promise(() => setInterval(() => {}, 1000)); });`,
    );
    await killed(child);
    await folder(cached('thing'), async (into) => writeFileSync(join(into, 'whole'), ''));
    assert.deepEqual(readdirSync(cached('thing')), ['whole']);
  });

  it('is filled once', async () => {
    let fills = 0;
    const fill = async () => {
      fills++;
    };
    await Promise.all([folder(cached('thing'), fill), folder(cached('thing'), fill)]);
    assert.equal(fills, 1);
  });
});

describe('run', () => {
  it('never lets a shell see an argument', async () => {
    assert.equal(
      await run(process.execPath, ['-e', 'process.stdout.write(process.argv[1])', '$(id); `id` "x'], {}),
      '$(id); `id` "x',
    );
  });

  it('shows the end of what a failing program said, from both its outputs', async () => {
    const script = 'console.log("one"); console.error("two"); process.exit(3)';
    await assert.rejects(run(process.execPath, ['-e', script]), (/** @type {Error} */ error) => {
      assert.equal(error.name, 'RemoteError');
      assert.match(error.message, /failed \(3\):/);
      assert.match(error.message, /one/);
      assert.match(error.message, /two/);
      return true;
    });
  });

  it('says which program is missing', async () => {
    await assert.rejects(run('no-such-program', []), /no-such-program could not be started/);
    assert.equal(which('no-such-program'), undefined);
  });

  it('ends a program that takes too long', async () => {
    const { code } = await capture(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { timeout: 200 });
    assert.equal(code, 'signal SIGKILL');
  });
});

it('does not install npm packages into a folder that node_modules only leads to', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'packages-'));
  const elsewhere = join(dir, 'elsewhere');
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(dir, 'node_modules'));
  writeFileSync(join(dir, 'package-lock.json'), JSON.stringify({ packages: {} }));
  await assert.rejects(
    providePackages(process.env, () => {}, dir),
    /node_modules is a link, and what it leads to is not/,
  );
  rmSync(dir, { recursive: true });
});

for (const [ms, text] of /** @type {[number, string][]} */ ([
  [349, '0.3 s'],
  [59_940, '59.9 s'],
  [60_000, '1 min 0 s'],
  [899_700, '15 min 0 s'],
])) {
  it(`shows ${ms} ms as ${text}`, () => assert.equal(seconds(ms), text));
}
