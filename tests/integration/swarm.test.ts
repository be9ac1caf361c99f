/** A stack on a Swarm of one node, on an engine of its own: several web UIs, and a change without a failed request. The rest is in `npm run test:swarm`. */

import { until } from '../../core/until.ts';
import { labelOf } from '../support/docker.ts';
import { opened } from '../support/eventWatch.ts';
import { OneNode } from '../support/oneNode.ts';

jest.setTimeout(600_000);

let node: OneNode;

beforeAll(async () => {
  node = await OneNode.start('swarm');
  node.useSwarm(2);
  const { config } = node.life;
  Object.assign(config, { hardening: 'strict', network: { encrypted: true } });
  config.webui['reservation'] = { memory: '64 MiB', cpus: 0.1 };
});
afterAll(() => node?.stop());

it('is refused on an engine that is in no Swarm, unless it may make one, which no preview does', async () => {
  const { life, engine } = node;
  const { platform } = life.config;
  life.config.platform = 'swarm';
  await expect(life.up()).rejects.toThrow(
    /is not part of a Swarm\. Nothing was created or changed\.\n\s+to do: docker swarm init/,
  );
  life.config.platform = platform;
  expect(await life.preview()).toContain('the update initializes a single-node Swarm');
  expect(engine.docker('info', '--format', '{{.Swarm.LocalNodeState}}')).toBe('inactive');
});

it('is deployed and verified, and a second update and a refresh find nothing to do', async () => {
  const { life, webui } = node;
  await life.up();
  expect((await life.outputs()).servers.webui).toMatchObject({ service: webui, replicas: 2 });
  const report = await node.expectVerified();
  expect(report.check('subscriptions')?.detail).toMatch(/^2 of 2 server processes/);
  await life.expectNoDrift();
  expect(await life.up()).toEqual([]);
  const format = '{{json .Spec.TaskTemplate.Resources.Reservations}}';
  expect(JSON.parse(node.engine.docker('service', 'inspect', '--format', format, webui))).toEqual({
    NanoCPUs: 1e8,
    MemoryBytes: 64 * 1024 ** 2,
  });
});

it('has encrypted networks alone, and stays with them', async () => {
  const { life, engine } = node;
  const names = engine.docker('network', 'ls', '--quiet', '--filter', `label=${labelOf(life.stack)}`).split('\n');
  const format = '{{.Driver}} {{json .Options}}';
  const found = engine.docker('network', 'inspect', '--format', format, ...names).split('\n');
  expect(found).toHaveLength(4);
  for (const one of found) expect(one).toMatch(/^overlay .*"encrypted":""/);
  life.config.network = {};
  await expect(life.up()).rejects.toThrow(
    /network\.encrypted is false, and .* are encrypted, which Docker cannot change\. Nothing was created or changed\.\n\s+to do: npm run down/,
  );
  life.config.network = { encrypted: true };
});

it('shows no secret, and runs nothing as root', async () => {
  const { engine } = node;
  const names = engine.docker('service', 'ls', '--format', '{{.Name}}').split('\n');
  const containers = engine.docker('ps', '--all', '--quiet').split('\n');
  const shown = `${engine.docker('service', 'inspect', ...names)}${engine.docker('inspect', ...containers)}`;
  const [instance = ''] = await node.settled(2);
  const file = engine.docker('exec', instance, 'cat', '/run/secrets/open-webui.env');
  const secrets = [...file.matchAll(/'([^']{16,})'/g)].flatMap(([, value = '']) => value);
  expect(secrets.length).toBeGreaterThan(4);
  // Not the texts: a failing test must not show what it protects.
  expect(secrets.map((secret) => shown.includes(secret))).toEqual(secrets.map(() => false));
  const users = engine
    .docker('ps', '--quiet')
    .split('\n')
    .map((id) => engine.docker('exec', id, 'id', '-u'));
  expect(users).toHaveLength(5);
  expect(users).not.toContain('0');
});

it('fails no request while a setting changes', async () => {
  const { life } = node;
  await node.signIn();
  const before = await node.settled(2);
  life.config.webui['env'] = { THREAD_POOL_SIZE: 50 };
  expect(await node.failedDuring(() => life.up())).toEqual([]);
  expect((await node.settled(2)).filter((id) => before.includes(id))).toEqual([]);
});

it('is not turned into containers while its services run', async () => {
  node.useDocker();
  const { config } = node.life;
  config.network = {};
  const { reservation } = config.webui;
  delete config.webui['reservation'];
  await expect(node.life.up()).rejects.toThrow(/runs as services of Swarm .*\n\s+to do: npm run down/);
  node.useSwarm(2);
  config.network = { encrypted: true };
  config.webui['reservation'] = reservation;
});

it('goes, but for its data, while a page is open and when a service is gone already', async () => {
  const { client, engine, life, webui } = node;
  // The gateway waits for its websocket until Swarm kills it.
  const socket = await opened(client);
  engine.docker('service', 'rm', life.valkey);
  await node.command('down');
  socket.close();
  const left = () =>
    ['service ls', 'secret ls', 'config ls', 'ps --all']
      .map((command) => engine.docker(...command.split(' '), '--quiet'))
      .join('');
  // Containers go after their services.
  expect(await until(left, (text) => text === '', { seconds: 60 })).toBe('');
  expect(engine.docker('network', 'ls', '--format', '{{.Name}}')).not.toContain(life.stack);
  const volumes = engine
    .docker('volume', 'ls', '--quiet')
    .split('\n')
    .filter((name) => name.includes(life.stack));
  expect(volumes.sort()).toEqual(
    [`caddy-data-${life.stack}`, webui, `open-webui-postgres-${life.stack}`, `redis-data-${life.stack}`].sort(),
  );
});
