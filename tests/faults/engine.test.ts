/** The engine itself, killed under a running deployment: one of its own, as no other containers may stop. */

import { Deployment } from '../support/deployment.ts';
import { labelOf } from '../support/docker.ts';
import { fault } from '../support/faults.ts';
import { up } from '../support/recovery.ts';
import { SecondEngine } from '../support/secondEngine.ts';

jest.setTimeout(900_000);

let engine: SecondEngine;
let life: Deployment;

beforeAll(async () => {
  engine = await SecondEngine.start();
  life = await Deployment.create('engine');
  Object.assign(life.env, { PATH: engine.path, DOCKER_CONFIG: engine.config });
  life.config.host = engine.tls;
  // Nothing of the images is in memory yet.
  life.config.webui['healthcheck'] = { startPeriod: '5m' };
  life.writeConfig();
  await life.up();
});

afterAll(async () => {
  await life?.remove();
  await engine?.stop();
});

const ids = () =>
  engine
    .docker('ps', '--quiet', '--no-trunc', '--filter', `label=${labelOf(life.stack)}`)
    .split('\n')
    .sort();

fault('engine killed', async () => {
  expect(ids()).toHaveLength(2);
  // Written by the web UI's start, and on disk.
  expect(engine.docker('exec', life.valkey, 'sh', '-c', 'ls -s /data')).not.toBe('');
  await engine.killAndStart();
  // It ends them before it answers; one that started them again would have no need of what follows.
  expect(ids()).toEqual(['']);
  const since = Date.now();
  await up(life);
  const seconds = (Date.now() - since) / 1000;
  expect(ids()).toHaveLength(2);
  return seconds;
});
