/** The engine itself, killed under a running deployment: one of its own, as nobody else's containers are to stop. */

import { until } from '../../ops/until.ts';
import { Deployment } from '../support/deployment.ts';
import { fault } from '../support/faults.ts';
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
  engine.docker('ps', '--quiet', '--no-trunc', '--filter', `label=com.pulumi.stack=${life.stack}`).split('\n').sort();

fault('engine killed', async () => {
  const before = ids();
  expect(before).toHaveLength(2);
  // Written by the web UI's start, and on disk.
  const written = engine.docker('exec', life.valkey, 'sh', '-c', 'ls -s /data');
  expect(written).not.toBe('');
  const since = Date.now();
  await engine.killAndStart();
  // It ends what is left of them before it starts them anew.
  expect(await until(ids, (running) => running.length === 2, { seconds: 120 })).toEqual(before);
  // The check of the containers waits for both to be healthy; signing in proves the database.
  const { checks } = await life.verify();
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  const seconds = (Date.now() - since) / 1000;
  expect(ids()).toEqual(before);
  return seconds;
});
