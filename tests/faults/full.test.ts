/** Data volumes that are full, and then no longer. */

import { labelsOf } from '../../core/labels.ts';
import { until } from '../../core/until.ts';
import { VALKEY_USER } from '../../core/valkey.ts';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, labelOf } from '../support/docker.ts';
import { fault } from '../support/faults.ts';
import { Belongings, recovered } from '../support/recovery.ts';

jest.setTimeout(600_000);

let life: Deployment;
let belongings: Belongings;
let keeper: string;

/** A volume of limited size. It is in memory, so a container has to hold it while another is replaced. */
async function smallVolume(name: string, options: string): Promise<void> {
  const labels = Object.entries(labelsOf({ project: 'open-webui', stack: life.stack }, 'data')).flatMap(
    ([label, value]) => ['--label', `${label}=${value}`],
  );
  const mount = ['--opt', 'type=tmpfs', '--opt', 'device=tmpfs', '--opt', `o=${options}`];
  await docker('volume', 'create', ...labels, ...mount, name);
}

beforeAll(async () => {
  life = await Deployment.create('full');
  const data = life.valkeyVolume;
  await smallVolume(data, `size=16m,uid=${VALKEY_USER.user},gid=${VALKEY_USER.group}`);
  await smallVolume(life.webui, 'size=64m');
  keeper = `keeper-${life.stack}`;
  await docker(
    ...['run', '--detach', '--init', '--name', keeper, '--label', labelOf(life.stack)],
    ...['--volume', `${data}:/valkey`, '--volume', `${life.webui}:/webui`],
    ...['--entrypoint', 'sleep', IMAGES.valkey, 'infinity'],
  );
  await life.up();
  belongings = new Belongings(life);
  await belongings.leave();
});

afterAll(async () => {
  await life?.remove();
});

const fill = (path: string) => docker('exec', keeper, 'sh', '-c', `cat /dev/zero > ${path}/fill 2>/dev/null || true`);
const empty = (path: string) => docker('exec', keeper, 'rm', `${path}/fill`);
const health = (container: string) =>
  docker('inspect', '--format', '{{.State.Health.Status}} {{.RestartCount}}', container);

/** Is whole again without help once there is room, and holds what it held. */
async function afterwards(path: string, within: number): Promise<number> {
  const since = Date.now();
  await empty(path);
  const seconds = await recovered(life, since, within);
  expect(await belongings.lost()).toEqual([]);
  return seconds;
}

fault('volume full, valkey', async (within) => {
  await fill('/valkey');
  await belongings.touch();
  // Nothing ends it meanwhile: what it holds in memory is all there is.
  expect(
    await until(
      () => health(life.valkey),
      (text) => text === 'unhealthy 0',
      { seconds: 120 },
    ),
  ).toBe('unhealthy 0');
  await expect(belongings.touch()).rejects.toThrow('MISCONF');
  return afterwards('/valkey', within);
});

fault('volume full, web UI', async (within) => {
  await fill('/webui');
  const session = await life.administrator();
  const attempt = session.request('POST', '/api/v1/chats/new', { chat: { title: 'x'.repeat(100_000) } });
  await expect(attempt).rejects.toThrow(/answered [45]\d\d/);
  expect(await health(life.webui)).toBe('healthy 0');
  return afterwards('/webui', within);
});
