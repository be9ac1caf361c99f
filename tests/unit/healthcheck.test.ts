/** The checks as scripts, run by this machine's shell with programs that answer what a test says. */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { OpenWebUI } from '../../components/openWebUI/index.ts';
import { Valkey } from '../../components/valkey/index.ts';
import { dockerPlatform } from '../../platform/docker/platform.ts';
import { named, record } from '../support/mocks.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'open-webui-check-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

type Timing = { startPeriod?: `${number}s`; timeout?: `${number}s`; interval?: `${number}s` };

/** The check as it stands in the container: a script and its arguments. */
async function scriptOf(what: 'valkey' | 'webui', healthcheck: Timing = {}): Promise<string[]> {
  const platform = dockerPlatform();
  jest.spyOn(console, 'warn').mockImplementation();
  const secret = pulumi.secret('secret');
  const { resources } = await record(() =>
    what === 'valkey'
      ? new Valkey(what, { platform, name: 'a', volume: 'a', networkName: 'a', healthcheck })
      : new OpenWebUI(what, {
          ...{
            platform,
            name: 'b',
            volume: 'b',
            networkNames: ['a'],
            redisUrl: 'c',
            websocketRedisUrl: 'c',
            healthcheck,
          },
          ...{ admin: { email: 'a@example.com', password: secret }, sessionKey: secret },
        }),
  );
  const { tests } = named(resources, `${what}-container`).inputs['healthcheck'] as { tests: string[] };
  expect(tests.slice(0, 3)).toEqual(['CMD', '/bin/sh', '-c']);
  return tests.slice(3);
}

/** What ends everything in a container would end everything here. */
function harmless(script: string): string {
  const lines = script.trimEnd().split('\n');
  expect(lines.filter((line) => line.includes('/proc/1/fd'))).toEqual([
    expect.stringMatching(/^echo "No answer for .* > \/proc\/1\/fd\/2$/),
  ]);
  expect(lines.at(-1)).toBe('kill -KILL -1');
  return [...lines.slice(0, -1).filter((line) => !line.includes('/proc/1/fd')), 'exit 99'].join('\n');
}

/** A check that uses other files. */
const replaced = ([script = '', ...args]: string[], from: string, to: string) => [script.replaceAll(from, to), ...args];

/** Runs a check in a folder of programs; each notes its calls. */
function run(given: string[], programs: Record<string, string>) {
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(dir, name), `#!/bin/sh\necho "${name} $*" >> ${dir}/calls\n${text}\n`);
    chmodSync(join(dir, name), 0o755);
  }
  const [script = '', ...args] = replaced(given, '/dev/shm', dir);
  const options = { encoding: 'utf8', env: { PATH: dir } } as const;
  const { status, stdout } = spawnSync('/bin/sh', ['-c', harmless(script), ...args], options);
  return { status, stdout, calls: readFileSync(join(dir, 'calls'), 'utf8').trim().split('\n') };
}

const valkey = (answer: string) => ({ timeout: 'shift; "$@"', 'valkey-cli': answer, sleep: '' });

it('counts as well on PONG, at the first attempt', async () => {
  expect(run(await scriptOf('valkey'), valkey('echo PONG'))).toEqual({
    status: 0,
    stdout: '',
    calls: ['timeout 3 valkey-cli -p 6379 ping', 'valkey-cli -p 6379 ping'],
  });
});

it.each([
  ['that loads its data', 'LOADING Valkey is loading the dataset in memory'],
  ['whose disk is full', 'MISCONF Errors writing to the AOF file: No space left on device'],
  ['that has no primary', "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."],
  ['that does not listen yet', 'Could not connect to Valkey at 127.0.0.1:6379: Connection refused'],
  ['that has clients enough', 'ERR max number of clients reached'],
])('never ends a Valkey %s', async (_, answer) => {
  const { status, stdout } = run(await scriptOf('valkey'), valkey(`echo "${answer}" >&2; exit 1`));
  expect({ status, stdout }).toEqual({ status: 1, stdout: `${answer}\n` });
});

it('never ends anything where a program of the check is missing', async () => {
  expect(run(await scriptOf('valkey'), { timeout: 'exec nothing-of-that-name' }).status).toBe(1);
});

it.each([
  ['answers nothing', 'exit 1', 10, 0],
  ['runs a script without an end', 'echo "BUSY Valkey is busy running a script."', 10, 10],
])('ends a Valkey that %s for 30 s', async (_, answer, asked, slept) => {
  const { status, calls } = run(await scriptOf('valkey'), valkey(answer));
  expect(status).toBe(99);
  expect(calls.filter((call) => call.startsWith('valkey-cli'))).toHaveLength(asked);
  expect(calls.filter((call) => call === 'sleep 3')).toHaveLength(slept);
});

it('spares a Valkey that answers the last attempt', async () => {
  const late = `[ $(/usr/bin/grep -c ^valkey-cli ${dir}/calls) = 10 ] && echo PONG`;
  expect(run(await scriptOf('valkey'), valkey(late)).status).toBe(0);
});

it.each<[Timing, number]>([
  [{ timeout: '4s' }, 8],
  [{ timeout: '60s' }, 1],
  [{ startPeriod: '60s', timeout: '5s' }, 12],
])('asks with %j at least until the longer of start and stop is over', async (timing, attempts) => {
  const { calls } = run(await scriptOf('valkey', timing), valkey('exit 1'));
  expect(calls.filter((call) => call.startsWith('valkey-cli'))).toHaveLength(attempts);
});

/** What curl ends with for each of the two paths. */
const curl = (ready: number, health: number) => ({
  curl: `for path; do :; done\ncase $path in */ready) exit ${ready} ;; */health) exit ${health} ;; esac`,
});

it.each([
  ['is ready', 0, 28, 0],
  ['misses its database or Valkey', 22, 0, 1],
  ['waits for a Valkey that hangs', 28, 0, 1],
  ['does not listen yet', 7, 7, 1],
  ['closes the connection', 56, 52, 1],
  ['answers nothing at all', 28, 28, 99],
])('for a web UI that %s', async (_, ready, health, status) => {
  expect(run(await scriptOf('webui'), curl(ready, health)).status).toBe(status);
});

it('asks this container, whatever proxy its variables name', async () => {
  // The real curl, and a web UI that answers at its port; each proxy would refuse.
  const server = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const [script = '', ...args] = replaced(await scriptOf('webui'), '/dev/shm', dir);
  const own = args.map((arg) => (arg === '8080' ? String(port) : arg));
  const refuses = 'http://127.0.0.1:9';
  const env = {
    PATH: process.env['PATH'],
    http_proxy: refuses,
    https_proxy: refuses,
    all_proxy: refuses,
    ALL_PROXY: refuses,
  };
  const child = spawn('/bin/sh', ['-c', harmless(script), ...own], { env });
  const [code] = await once(child, 'exit');
  server.close();
  expect(code).toBe(0);
});

it('gives the web UI as long as a start may take', async () => {
  const asked = async (timing: Timing) => run(await scriptOf('webui', timing), curl(28, 28)).calls.length / 2;
  expect(await asked({})).toBe(12);
  rmSync(join(dir, 'calls'));
  expect(await asked({ startPeriod: '10s' })).toBe(3);
});

/** As in a container whose first process has lived for so many seconds. */
function aged(check: string[], seconds: number): string[] {
  const fields = ['1', '(docker-init)', 'S', ...Array(18).fill('0'), '100000', '0'];
  writeFileSync(join(dir, 'stat'), `${fields.join(' ')}\n`);
  writeFileSync(join(dir, 'uptime'), `${1000 + seconds}.25 5000.00\n`);
  return replaced(replaced(check, '/proc/1/stat', join(dir, 'stat')), '/proc/uptime', join(dir, 'uptime'));
}

/** Refuses connections until it is asked for the third time. */
const thirdTime = () => ({
  curl: `[ $(/usr/bin/grep -c /ready ${dir}/calls) -ge 3 ] && exit 0; exit 7`,
  sleep: '',
});

it('asks a web UI that starts again until it is ready', async () => {
  const { status, calls } = run(aged(await scriptOf('webui'), 119), thirdTime());
  expect(status).toBe(0);
  expect(calls.filter((call) => call === 'sleep 0.5')).toHaveLength(2);
});

it('asks a web UI once that has been well, however young it is', async () => {
  const script = aged(await scriptOf('webui'), 10);
  expect(run(script, thirdTime()).status).toBe(0);
  expect(run(script, curl(22, 0))).toMatchObject({ status: 1 });
});

it('is well also where nothing can be noted', async () => {
  const script = replaced(await scriptOf('webui'), '/dev/shm', '/nowhere');
  expect(run(script, curl(0, 0))).toMatchObject({ status: 0, stdout: '' });
});

it('waits first while the server is well, and at no other time', async () => {
  const script = await scriptOf('webui', { interval: '15s' });
  const slept = (ready: number) => {
    rmSync(join(dir, 'calls'), { force: true });
    const { status, calls } = run(script, { ...curl(ready, 0), sleep: '' });
    return [status, ...calls.filter((call) => call.startsWith('sleep'))];
  };
  // The engine starts the check every 3 s.
  expect([slept(22), slept(0), slept(0)]).toEqual([[1], [0], [0, 'sleep 12']]);
  expect([slept(22), slept(22), slept(0), slept(0)]).toEqual([[1, 'sleep 12'], [1], [0], [0, 'sleep 12']]);
});

it('asks a web UI that has had its time once', async () => {
  const { status, calls } = run(aged(await scriptOf('webui'), 120), thirdTime());
  expect(status).toBe(1);
  expect(calls.filter((call) => call.startsWith('sleep'))).toEqual([]);
});

it.each(['/proc/uptime', '/proc/1/stat'])('asks once where the kernel does not tell %s', async (file) => {
  const script = replaced(await scriptOf('webui'), file, join(dir, 'missing'));
  expect(run(script, thirdTime()).status).toBe(1);
});

it('ends a web UI that hangs while it starts', async () => {
  expect(run(aged(await scriptOf('webui'), 5), curl(28, 28)).status).toBe(99);
});

it('is what a shell without extensions reads', async () => {
  for (const what of ['valkey', 'webui'] as const) {
    execFileSync('/bin/sh', ['-n', '-c', ...(await scriptOf(what))]);
  }
});
