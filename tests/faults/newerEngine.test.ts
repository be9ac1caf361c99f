/** What depends on the engine when something breaks, on a newer one: it restarts what ends, and leaves alone what it was asked to stop. */

import { Deployment } from '../support/deployment.ts';
import { docker } from '../support/docker.ts';
import { FAULTS } from '../support/faults.ts';
import { startNewerEngine } from '../support/newerEngine.ts';
import { Belongings, recovered, restarts, signal, up } from '../support/recovery.ts';
import type { SecondEngine } from '../support/secondEngine.ts';

jest.setTimeout(900_000);

let engine: SecondEngine;
let life: Deployment;
let belongings: Belongings;
const { DOCKER_HOST: before } = process.env;

beforeAll(async () => {
  engine = await startNewerEngine();
  // For all commands of this file, and for Pulumi's provider.
  process.env['DOCKER_HOST'] = engine.socket;
  life = await Deployment.create('newer-faults');
  life.config.hardening = 'strict';
  life.config.webui['publish'] = { port: life.port, address: engine.far };
  life.config.webui['healthcheck'] = { startPeriod: '1m', retries: 20 };
  life.writeConfig();
  await life.up();
  belongings = new Belongings(life);
  await belongings.leave();
});

afterAll(async () => {
  await life?.remove();
  if (before === undefined) delete process.env['DOCKER_HOST'];
  else process.env['DOCKER_HOST'] = before;
  await engine?.stop();
});

const valkey = () => life.valkey;
const webui = () => life.webui;

it.each([
  ['valkey killed', valkey, 'valkey-server', 'KILL'],
  ['web UI killed', webui, 'python', 'KILL'],
  ['valkey stopped', valkey, 'valkey-server', 'STOP'],
  ['web UI stopped', webui, 'python', 'STOP'],
] as const)('recovers by itself: %s', async (name, container, program, what) => {
  const count = await restarts(container());
  const since = Date.now();
  await signal(container(), program, what);
  await recovered(life, since, FAULTS[name].within);
  expect(await restarts(container())).toBe(count + 1);
  expect(await belongings.lost()).toEqual([]);
});

it('recreates what was stopped by hand, and what a killed engine has left', async () => {
  await docker('stop', life.valkey, life.webui);
  await up(life);
  await engine.killAndStart();
  await up(life);
  expect(await life.failedChecks()).toEqual([]);
  expect(await belongings.lost()).toEqual([]);
});
