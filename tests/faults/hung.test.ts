/** Servers that hang, and servers that only look as if they did. */

import { until } from '../../core/until.ts';
import { Deployment } from '../support/deployment.ts';
import { docker, valkeyAs } from '../support/docker.ts';
import { fault } from '../support/faults.ts';
import { Belongings, recovered, restarts, signal } from '../support/recovery.ts';
import { twinOf } from '../support/twin.ts';

jest.setTimeout(600_000);

/** Seconds without an answer after which Valkey is ended, and those by which nothing has ended a server that answers. */
const HANG = 30;
const LONG = 50;

let life: Deployment;
let belongings: Belongings;

beforeAll(async () => {
  life = await Deployment.create('hung');
  // The time after which the web UI counts as hung; a start on a busy machine may take longer, and is no hang.
  life.config.webui['healthcheck'] = { startPeriod: '1m', retries: 20 };
  life.writeConfig();
  await life.up();
  belongings = new Belongings(life);
  await belongings.leave();
});

afterAll(async () => {
  await life?.remove();
});

/** What happens to the deployment itself: it comes back alone, has counted it, says so, and has lost nothing. */
async function recovers(container: () => string, cause: () => Promise<unknown>, within: number): Promise<number> {
  const before = await restarts(container());
  const since = Date.now();
  await cause();
  const seconds = await recovered(life, since, within);
  expect(await restarts(container())).toBe(before + 1);
  const counted = before === 0 ? 'once' : `${before + 1} times`;
  expect((await life.verify()).check('containers')?.detail).toContain(
    `has restarted ${container()} ${counted}, last at`,
  );
  expect(await belongings.lost()).toEqual([]);
  return seconds;
}

const valkey = () => life.valkey;

describe('a hung server is ended, and comes back', () => {
  fault('valkey stopped', (within) => recovers(valkey, () => signal(life.valkey, 'valkey-server', 'STOP'), within));

  fault('endless script', (within) =>
    recovers(
      valkey,
      async () => {
        // Its answer comes when the server ends.
        const script = valkeyAs({ container: life.valkey }, await life.application(), 'EVAL', 'while true do end', '0');
        script.catch(() => {});
        const busy = () => valkeyAs({ container: life.valkey }, undefined, 'PING').then((text) => /^BUSY/.test(text));
        expect(await until(busy, Boolean, { seconds: 20 })).toBe(true);
      },
      within,
    ),
  );

  fault('web UI stopped', (within) =>
    recovers(
      () => life.webui,
      () => signal(life.webui, 'python', 'STOP'),
      within,
    ),
  );

  fault('debug sleep', async (within) => {
    const name = await twinOf(life, 'sleeper', ['--enable-debug-command', 'local']);
    const answers = () =>
      valkeyAs({ container: name }, undefined, 'PING').then(
        (text) => text === 'PONG',
        () => false,
      );
    await until(answers, Boolean, { seconds: 30 });
    const since = Date.now();
    const sleeping = docker('exec', name, 'valkey-cli', 'DEBUG', 'SLEEP', '600').catch(() => 'ended');
    expect(
      await until(
        () => restarts(name),
        (count) => count === 1,
        { seconds: within },
      ),
    ).toBe(1);
    expect(await until(answers, Boolean, { seconds: 30 })).toBe(true);
    await sleeping;
    return (Date.now() - since) / 1000;
  });
});

describe('a busy server is left alone', () => {
  const state = (name: string) => docker('inspect', '--format', '{{.RestartCount}} {{.State.Health.Status}}', name);

  /** Watches a twin until it is healthy; fails when it is ended. */
  async function survives(name: string, since: number, within: number): Promise<number> {
    const seen = await until(
      () => state(name),
      (text) => text !== '0 starting' && text !== '0 unhealthy',
      { seconds: within },
    );
    expect(seen).toBe('0 healthy');
    return (Date.now() - since) / 1000;
  }

  fault('slow load', async (within) => {
    const name = await twinOf(life, 'loader', ['--key-load-delay', '10000']);
    await until(
      () => state(name),
      (text) => text === '0 healthy',
      { seconds: 30 },
    );
    // 6000 values, each with a pause of 10 ms; the server looks up from its work every 2 MB, that is every 2 s.
    await docker(
      'exec',
      name,
      'valkey-cli',
      'EVAL',
      "for i = 1, 6000 do redis.call('SET', i, string.rep('x', 10000)) end",
      '0',
    );
    await docker('exec', name, 'valkey-cli', 'CONFIG', 'SET', 'rdbcompression', 'no');
    await docker('exec', name, 'valkey-cli', 'SAVE');
    const since = Date.now();
    await docker('restart', name);
    const seconds = await survives(name, since, within);
    expect(seconds).toBeGreaterThan(LONG);
    expect(await docker('exec', name, 'valkey-cli', 'DBSIZE')).toBe('6000');
    return seconds;
  });

  fault('slow snapshot', async (within) => {
    const name = await twinOf(life, 'writer', []);
    await until(
      () => state(name),
      (text) => text === '0 healthy',
      { seconds: 30 },
    );
    await docker('exec', name, 'valkey-cli', 'EVAL', "for i = 1, 5000 do redis.call('SET', i, i) end", '0');
    await docker('exec', name, 'valkey-cli', 'CONFIG', 'SET', 'rdb-key-save-delay', '10000');
    const since = Date.now();
    await docker('exec', name, 'valkey-cli', 'BGSAVE');
    const saved = async () =>
      (await docker('exec', name, 'valkey-cli', 'INFO', 'persistence')).includes('rdb_bgsave_in_progress:0');
    expect(await until(saved, Boolean, { seconds: within })).toBe(true);
    const seconds = await survives(name, since, within);
    expect(seconds).toBeGreaterThan(HANG);
    return seconds;
  });
});

it('says in the log why', async () => {
  const said = 'No answer for 30 s: the health check ends the server, and Docker restarts it.';
  expect((await life.run('docker', ['logs', life.valkey])).stderr.split(said)).toHaveLength(3);
  expect((await life.run('docker', ['logs', life.webui])).stderr).toContain('No answer for 60 s');
});

it('changes nothing for Pulumi', async () => {
  expect(await life.up()).toEqual([]);
  await life.expectNoDrift();
});

it.each(['valkey', 'webui'] as const)('lets %s end by itself when it is stopped', async (which) => {
  const name = life[which];
  const before = await restarts(name);
  const since = Date.now();
  await docker('stop', '--time', '30', name);
  // Before the engine loses its patience, and not counted as a restart.
  expect((Date.now() - since) / 1000).toBeLessThan(20);
  expect(await docker('inspect', '--format', '{{.State.ExitCode}}', name)).toMatch(/^(0|143)$/);
  expect(await restarts(name)).toBe(before);
  await docker('start', name);
});
