/** What is killed, stopped, removed or changed by hand in a deployment, and comes back. */

import { STACK_LABEL } from '../../core/labels.ts';
import { until } from '../../core/until.ts';
import { VALKEY_DATA, VALKEY_USER } from '../../core/valkey.ts';
import { WEBUI_DATA, WEBUI_PORT } from '../../core/webui.ts';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, freePort, inspect } from '../support/docker.ts';
import { fault } from '../support/faults.ts';
import { Belongings, comesBack, drift, repaired, signal, whole } from '../support/recovery.ts';

jest.setTimeout(600_000);

let life: Deployment;
let belongings: Belongings;

beforeAll(async () => {
  life = await Deployment.create('broken');
  await life.up();
  belongings = new Belongings(life);
  await belongings.leave();
});

afterAll(async () => {
  await life?.remove();
});

const network = () => life.network;
const data = () => life.valkeyVolume;

const alone = (cause: () => Promise<unknown>, within: number) =>
  comesBack({ life, lost: () => belongings.lost() }, cause, within);
const withUp = (cause: () => Promise<unknown>, drifts: string[], within: number) =>
  repaired({ life }, cause, drifts, within);

/** Zeros and junk behind the last change, which is what a power cut can leave. */
const DAMAGE = `file=$(ls ${VALKEY_DATA}/appendonlydir/*.incr.aof); head -c 512 /dev/zero >> $file; printf 'junk\\r\\n' >> $file`;

const kill = (container: string, program: 'valkey-server' | 'python') => signal(container, program, 'KILL');

describe('a killed server comes back by itself', () => {
  fault('valkey killed', (within) => alone(() => kill(life.valkey, 'valkey-server'), within));
  fault('web UI killed', (within) => alone(() => kill(life.webui, 'python'), within));
  fault('both killed', (within) =>
    alone(() => Promise.all([kill(life.valkey, 'valkey-server'), kill(life.webui, 'python')]), within),
  );
});

describe('npm run up repairs what was done by hand', () => {
  const keeps = async (cause: () => Promise<unknown>, drifts: string[], within: number) => {
    const seconds = await withUp(cause, drifts, within);
    expect(await belongings.lost()).toEqual([]);
    return seconds;
  };

  it('finds no drift where there is none', async () => {
    expect(await drift(life)).toMatchObject({ code: 0, differences: [] });
  });

  fault('containers stopped', (within) =>
    keeps(
      () => docker('stop', '--time', '30', life.valkey, life.webui),
      [`container ${life.valkey}: state`, `container ${life.webui}: state`],
      within,
    ),
  );

  fault('valkey removed', (within) =>
    keeps(() => docker('rm', '--force', life.valkey), [`container ${life.valkey}: itself`], within),
  );

  fault('web UI removed', (within) =>
    keeps(() => docker('rm', '--force', life.webui), [`container ${life.webui}: itself`], within),
  );

  fault('network deleted', (within) =>
    keeps(
      async () => {
        for (const name of [life.valkey, life.webui]) await docker('network', 'disconnect', network(), name);
        await docker('network', 'rm', network());
      },
      [`network ${network()}: itself`, `container ${life.valkey}: network ${network()}`],
      within,
    ),
  );

  fault('other environment', (within) =>
    keeps(
      async () => {
        await docker('rm', '--force', life.webui);
        // Without a label, and with the data: it was meant to be the web UI of this stack.
        await docker(
          ...['run', '--detach', '--name', life.webui, '--network', network(), '--env', 'WEBUI_NAME=By hand'],
          ...['--publish', `127.0.0.1:${await freePort()}:${WEBUI_PORT}`, '--volume', `${life.webui}:${WEBUI_DATA}`],
          IMAGES.webui,
        );
      },
      [
        `container ${life.webui}: itself`,
        `container ${life.webui}: variable WEBUI_NAME`,
        `container ${life.webui}: variable WEBSOCKET_MANAGER`,
        `container ${life.webui}: port ${WEBUI_PORT}/tcp`,
        `container ${life.webui}: label ${STACK_LABEL}`,
        `container ${life.webui}: restart policy`,
      ],
      within,
    ),
  );

  fault('files of root, valkey', (within) =>
    keeps(
      async () => {
        await docker(
          'run',
          '--rm',
          '--user',
          '0',
          '--entrypoint',
          'chown',
          '--volume',
          `${data()}:/data`,
          IMAGES.valkey,
          '-R',
          'root:root',
          '/data',
        );
        // The next snapshot fails, and from then on every PING is answered so.
        await belongings.touch();
        const health = () => docker('inspect', '--format', '{{.State.Health.Status}}', life.valkey);
        expect(await until(health, (text) => text === 'unhealthy', { seconds: 90 })).toBe('unhealthy');
      },
      [`container ${life.valkey}: health`],
      within,
    ),
  );

  fault('files of root, web UI', (within) =>
    alone(
      () =>
        docker(
          'run',
          '--rm',
          '--user',
          '0',
          '--entrypoint',
          'chown',
          '--volume',
          `${life.webui}:/data`,
          IMAGES.valkey,
          '-R',
          'root:root',
          '/data',
        ),
      within,
    ),
  );

  fault('append-only file damaged', async (within) => {
    await docker('stop', '--time', '30', life.valkey);
    await docker(
      ...['run', '--rm', '--user', `${VALKEY_USER.user}:${VALKEY_USER.group}`, '--entrypoint', 'sh'],
      ...['--volume', `${data()}:${VALKEY_DATA}`, IMAGES.valkey, '-c', DAMAGE],
    );
    await docker('start', life.valkey);
    const { code, stderr } = await life.run('node', ['bootstrap/run.mjs', 'up', '--stack', life.stack]);
    expect(code).toBe(1);
    const TO_DO = /to do: (echo y \| docker run .*)$/m;
    expect(stderr).toMatch(TO_DO);
    const [, command = ''] = TO_DO.exec(stderr) ?? [];
    return alone(() => life.succeed('sh', ['-c', command]), within);
  });

  fault('volume removed', async (within) => {
    const seconds = await withUp(
      async () => {
        await docker('rm', '--force', life.valkey);
        await docker('volume', 'rm', data());
      },
      [`container ${life.valkey}: itself`, `volume ${data()}: itself`],
      within,
    );
    // As promised, and no more than that.
    expect(await belongings.lost()).toEqual(['a key of Valkey', 'that a token was signed out']);
    return seconds;
  });
});

it('is all as the program has it in the end', async () => {
  expect(await whole(life)).toBe(true);
  expect(await life.up()).toEqual([]);
  expect((await inspect('volume', data())).Labels[STACK_LABEL]).toBe(life.stack);
});
