/** Data volumes that are full, and then no longer. */

import { until } from '../../core/until.ts';
import { VALKEY_USER } from '../../core/valkey.ts';
import { Deployment } from '../support/deployment.ts';
import { docker } from '../support/docker.ts';
import { fault } from '../support/faults.ts';
import { Belongings, recovered } from '../support/recovery.ts';
import { empty, fill, makeSmallVolumes } from '../support/smallVolume.ts';

jest.setTimeout(600_000);

let life: Deployment;
let belongings: Belongings;

beforeAll(async () => {
  life = await Deployment.create('full');
  await makeSmallVolumes(life, {
    [life.valkeyVolume]: `size=16m,uid=${VALKEY_USER.user},gid=${VALKEY_USER.group}`,
    [life.webui]: 'size=64m',
  });
  await life.up();
  belongings = new Belongings(life);
  await belongings.leave();
});

afterAll(async () => {
  await life?.remove();
});

const health = (container: string) =>
  docker('inspect', '--format', '{{.State.Health.Status}} {{.RestartCount}}', container);

/** Is whole again without help once there is room, and holds what it held. */
async function afterwards(volume: string, within: number): Promise<number> {
  const since = Date.now();
  await empty(volume);
  const seconds = await recovered(life, since, within);
  expect(await belongings.lost()).toEqual([]);
  return seconds;
}

fault('volume full, valkey', async (within) => {
  await fill(life.valkeyVolume);
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
  return afterwards(life.valkeyVolume, within);
});

fault('volume full, web UI', async (within) => {
  await fill(life.webui);
  const session = await life.administrator();
  const attempt = session.request('POST', '/api/v1/chats/new', { chat: { title: 'x'.repeat(100_000) } });
  await expect(attempt).rejects.toThrow(/answered [45]\d\d/);
  expect(await health(life.webui)).toBe('healthy 0');
  return afterwards(life.webui, within);
});
