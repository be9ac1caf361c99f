/**
 * The main path on a newer engine, from the first deployment to the removal. The other files run all of it, and more, on the engine of this
 * machine.
 */

import { backup, restore } from '../support/archive.ts';
import { Deployment } from '../support/deployment.ts';
import { labelOf } from '../support/docker.ts';
import { startNewerEngine } from '../support/newerEngine.ts';
import { drift } from '../support/recovery.ts';
import type { SecondEngine } from '../support/secondEngine.ts';

jest.setTimeout(600_000);

let engine: SecondEngine;
let life: Deployment;
let file: string;

beforeAll(async () => {
  engine = await startNewerEngine();
  life = await Deployment.create('newer');
  Object.assign(life.env, { PATH: engine.path, DOCKER_CONFIG: engine.config });
  life.config.hardening = 'strict';
  life.config.host = engine.tls;
  // The page is for this machine as well.
  life.config.webui['publish'] = { port: life.port, address: engine.far };
});

afterAll(async () => {
  await life?.remove();
  await engine?.stop();
});

const containers = () => engine.containers(life.stack);

/** What `docker inspect` says of one of the stack's containers. */
const inspect = (name: string, format: string) => engine.docker('inspect', '--format', format, name);

const titles = async (): Promise<string[]> =>
  ((await (await life.administrator()).request('GET', '/api/v1/chats/')) as { title: string }[]).map(
    ({ title }) => title,
  );

/** Everything works, and a second run and a comparison with the engine find nothing to do. */
async function settled(): Promise<void> {
  expect(await life.failedChecks()).toEqual([]);
  await life.expectUnchanged();
  expect(await drift(life)).toMatchObject({ code: 0, differences: [] });
}

it('deploys a strict stack that works', async () => {
  await life.up();
  expect(containers()).toHaveLength(2);
  for (const name of [life.valkey, life.webui]) {
    const confined = '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.Config.User}} {{.State.Health.Status}}';
    expect(inspect(name, confined)).toMatch(/^true \[ALL\] [1-9]\d*:\d+ healthy$/);
  }
  await settled();
});

it('is as Pulumi recorded it, when refreshed', () => life.expectNoDrift());

it('changes memory and processes in place', async () => {
  const before = containers();
  Object.assign(life.config.valkey, { memory: '600 MiB', pidsLimit: 128 });
  expect(await life.up()).toEqual(['update chat-valkey-container']);
  expect(inspect(life.valkey, '{{.HostConfig.Memory}} {{.HostConfig.PidsLimit}}')).toBe(`${600 * 1024 ** 2} 128`);
  expect(containers()).toEqual(before);
  await settled();
});

it('finds and repairs what was changed by hand', async () => {
  engine.docker('rm', '--force', life.valkey);
  expect((await drift(life)).code).toBe(1);
  const { code, stderr } = await life.run('node', ['cli/main.ts', 'up', '--stack', life.stack]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  await settled();
});

it('backs up what people have', async () => {
  const session = await life.administrator();
  await session.request('POST', '/api/v1/chats/new', { chat: { title: 'kept', messages: [] } });
  file = await backup(life);
  await session.request('DELETE', '/api/v1/chats/');
  expect(await titles()).toEqual([]);
});

it('brings it back', async () => {
  const { code, stderr } = await restore(life, ['--from', file, '--yes']);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(await titles()).toEqual(['kept']);
  await settled();
});

it('leaves nothing behind but its data', async () => {
  await life.destroy();
  expect(engine.docker('ps', '--all', '--quiet')).toBe('');
  expect(engine.docker('network', 'ls', '--quiet', '--filter', `label=${labelOf(life.stack)}`)).toBe('');
  const kept = engine.docker('volume', 'ls', '--quiet').split('\n');
  expect(kept).toEqual(expect.arrayContaining([life.webui, life.valkeyVolume]));
});
