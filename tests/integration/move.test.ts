/** The whole way from the containers of the tutorial to a stack, by the commands that are printed, and back. */

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { VALKEY_DATA } from '../../core/valkey.ts';
import { WEBUI_DATA, WEBUI_PORT } from '../../core/webui.ts';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, inspect, labelOf, removeObjectsOf } from '../support/docker.ts';
import { Mover, VERIFY, way, wayBack } from '../support/moving.ts';

jest.setTimeout(900_000);

let deployment: Deployment;
let mover: Mover;
let sidecar: string;

/** Runs a container outside Pulumi. */
const run = (name: string, ...args: string[]) =>
  docker(
    'run',
    '--detach',
    '--name',
    name,
    '--label',
    labelOf(deployment.stack),
    '--network',
    deployment.network,
    ...args,
  );

beforeAll(async () => {
  deployment = await Deployment.create('move');
  mover = new Mover(deployment);
  sidecar = `sidecar-${deployment.stack}`;
  // What makes a stack of it writes its file itself.
  rmSync(join(deployment.dir, `Pulumi.${deployment.stack}.yaml`));
  const { network, valkey, webui, valkeyVolume, port, stack } = deployment;
  await docker('network', 'create', '--label', labelOf(stack), network);
  for (const volume of [valkeyVolume, webui]) await docker('volume', 'create', '--label', labelOf(stack), volume);
  const store = ['--volume', `${valkeyVolume}:${VALKEY_DATA}`, '--restart', 'unless-stopped', IMAGES.valkey];
  await run(valkey, ...store, 'valkey-server', '--save', '30', '1');
  const variables = [
    'ENABLE_WEBSOCKET_SUPPORT=True',
    'WEBSOCKET_MANAGER=redis',
    `WEBSOCKET_REDIS_URL=redis://${valkey}:6379/1`,
    'OPENAI_API_KEY=sk-of-the-old-one',
  ].flatMap((variable) => ['--env', variable]);
  const publish = ['--publish', `127.0.0.1:${port}:${WEBUI_PORT}`];
  await run(webui, '--volume', `${webui}:${WEBUI_DATA}`, '--restart', 'always', ...publish, ...variables, IMAGES.webui);
  await run(sidecar, IMAGES.valkey, 'sleep', '1d');
  await mover.begin();
});

afterAll(async () => {
  if (!deployment) return;
  await removeObjectsOf(deployment.stack);
  rmSync(deployment.dir, { recursive: true, force: true });
});

it('moves from the containers of the tutorial to a stack and back: users stay signed in, nothing is lost', async () => {
  const { stack, webui, valkey, network } = deployment;
  const before = await mover.containers();
  const made = await deployment.run('node', ['cli/main.ts', 'new-stack', stack, '--from-containers', webui]);
  expect(made).toMatchObject({ code: 0, stdout: expect.not.stringContaining('Cannot move') });
  expect(made.stdout).toContain(`${sidecar}: on the network ${network}`);
  expect(await mover.containers()).toBe(before);
  const key = await docker('exec', webui, 'cat', '/app/backend/.webui_secret_key');
  const file = readFileSync(join(deployment.dir, `Pulumi.${stack}.yaml`), 'utf8');
  for (const secret of [key, 'sk-of-the-old-one']) expect(file + made.stdout + made.stderr).not.toContain(secret);
  expect(file).toMatch(/sessionKey:\n\s+secure: /);

  await mover.type(way(made.stdout));
  expect(await mover.missing()).toEqual([]);
  expect(await mover.from(sidecar, webui)).toContain('{"status":true}');
  expect((await deployment.verify(VERIFY)).checks.filter(({ ok, notProved }) => !ok || notProved)).toEqual([]);
  const { Config } = await inspect('container', webui);
  expect(JSON.stringify(Config)).not.toMatch(/sk-of-the-old-one/);
  expect((await deployment.secretEnv())['WEBUI_SECRET_KEY']).toBe(key);
  expect(await deployment.refused()).toEqual([]);

  await mover.type(wayBack(made.stdout));
  await mover.page();
  expect(await mover.missing()).toEqual([]);
  expect(await mover.from(sidecar, webui)).toContain('{"status":true}');
  const { HostConfig, NetworkSettings } = await inspect('container', webui);
  expect([HostConfig.RestartPolicy.Name, Object.keys(NetworkSettings.Networks)]).toEqual(['always', [network]]);
  expect(await docker('inspect', '--format', '{{.State.Status}}', valkey)).toBe('running');
});
