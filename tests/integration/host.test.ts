/** A stack on another host than that of Pulumi, by each way in. */

import { Deployment } from '../support/deployment.ts';
import { labelOf, objectsOf } from '../support/docker.ts';
import { startNewerEngine } from '../support/newerEngine.ts';
import type { SecondEngine } from '../support/secondEngine.ts';

jest.setTimeout(600_000);

let engine: SecondEngine;
let life: Deployment;

beforeAll(async () => {
  // Another version than this machine's own: what is new in an engine shows here as well.
  engine = await startNewerEngine();
  life = await Deployment.create('host');
  Object.assign(life.env, { PATH: engine.path, DOCKER_CONFIG: engine.config });
});

afterAll(async () => {
  await life?.remove();
  await engine?.stop();
});

/** Ids of the stack's containers on the second engine. */
const containers = () =>
  engine
    .docker('ps', '--quiet', '--no-trunc', '--filter', `label=${labelOf(life.stack)}`)
    .split('\n')
    .sort();

const failure = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing failed',
    (error: Error) => error.message,
  );

async function works(): Promise<void> {
  const report = await life.verify();
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.checks).toHaveLength(7);
}

it('previews without the engine, and says on up that it does not answer, without being bound to it', async () => {
  life.config.host = { address: 'unix:///nowhere/docker.sock' };
  // A preview shows what would be made all the same: a review of a change need not reach the host.
  expect(Number(/(\d+) to create/.exec(await life.preview())?.[1])).toBeGreaterThan(10);
  const message = await failure(life.up());
  expect(message).toContain('unix:///nowhere/docker.sock does not answer');
  expect(message).not.toMatch(/\n\s+at .*\.ts:/);
});

it('is deployed behind TLS, with the page on the loopback address there, and nothing here', async () => {
  life.config.host = engine.tls;
  await life.up();
  expect(containers()).toHaveLength(2);
  expect(await objectsOf(life.stack)).toEqual({ containers: [], networks: [], volumes: [] });
  const limits = engine.docker('inspect', '--format', '{{.HostConfig.PidsLimit}}', ...containers());
  expect(limits.split('\n').sort()).toEqual(['2048', '256']);
  await works();
});

it('refuses another host as long as it is deployed, in a preview as well', async () => {
  const before = containers();
  for (const host of [{}, { address: engine.socket }]) {
    life.config.host = host;
    for (const message of [await failure(life.preview()), await failure(life.up())]) {
      expect(message).toContain(`The stack ${life.stack} is deployed on ${engine.tls.address}, and`);
      expect(message).toContain('Nothing was created or changed');
    }
  }
  expect(containers()).toEqual(before);
  expect(await objectsOf(life.stack)).toEqual({ containers: [], networks: [], volumes: [] });
  life.config.host = engine.tls;
  expect(await life.up()).toEqual([]);
});

it.each([
  ['ssh', () => ({ address: engine.ssh })],
  ['a socket', () => ({ address: engine.socket })],
  [
    'a Docker context',
    () => {
      const { address, certificates: at } = engine.tls;
      const tls = ['ca', 'cert', 'key'].map((name) => `${name}=${at}/${name}.pem`).join();
      engine.docker('context', 'create', 'second', '--docker', `host=${address},${tls}`);
      return { context: 'second' };
    },
  ],
])('finds the same engine by %s, with the option that says so', async (_, host) => {
  const before = containers();
  life.config.host = host();
  await life.pulumi(['up', '--yes', '--skip-preview', '--replace', '**::host']);
  expect(containers()).toEqual(before);
  await life.expectUnchanged();
  if (life.config.host['address']?.toString().startsWith('unix:')) {
    // The page is on the loopback address of what is another machine, though its socket is here.
    expect((await life.verify()).check('ping')?.ok).toBe(true);
  } else {
    await works();
  }
});

it('leaves nothing behind but its volumes', async () => {
  await life.destroy();
  expect(engine.docker('ps', '--all', '--quiet')).toBe('');
  expect(engine.docker('volume', 'ls', '--quiet').split('\n').sort()).toEqual([life.webui, life.valkeyVolume]);
});
