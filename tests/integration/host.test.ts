/** A stack on another host than that of Pulumi, by each way in, and its life there: on a newer engine than this machine's own, which all other files have. */

import { backup, restore } from '../support/archive.ts';
import { Deployment } from '../support/deployment.ts';
import { labelOf, objectsOf } from '../support/docker.ts';
import { startNewerEngine } from '../support/newerEngine.ts';
import { drift } from '../support/recovery.ts';
import type { SecondEngine } from '../support/secondEngine.ts';

jest.setTimeout(600_000);

let engine: SecondEngine;
let life: Deployment;

beforeAll(async () => {
  engine = await startNewerEngine();
  life = await Deployment.create('host');
  Object.assign(life.env, { PATH: engine.path, DOCKER_CONFIG: engine.config });
  life.config.hardening = 'strict';
});

afterAll(async () => {
  await life?.remove();
  await engine?.stop();
});

const containers = () => engine.containers(life.stack);

/** What `docker inspect` says of one of the stack's containers. */
const inspect = (name: string, format: string) => engine.docker('inspect', '--format', format, name);

const failure = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing failed',
    (error: Error) => error.message,
  );

async function works(): Promise<void> {
  const report = await life.verify();
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(report.checks).toHaveLength(8);
}

/** Each of the commands fails with both engines. */
async function expectRefusals(...commands: [name: string, ...args: string[]][]): Promise<void> {
  for (const [name, ...args] of commands) {
    const { code, stderr } = await life.command(name, args);
    expect([name, stderr]).toEqual([
      name,
      expect.stringMatching(/is deployed on the engine of .* points to the engine of/),
    ]);
    expect(code).not.toBe(0);
  }
}

it('previews without the engine, and says on up that it does not answer, without being bound to it', async () => {
  life.config.host = { address: 'unix:///nowhere/docker.sock' };
  // A preview shows what would be made all the same: a review of a change need not reach the host.
  expect(Number(/(\d+) to create/.exec(await life.preview())?.[1])).toBeGreaterThan(10);
  const message = await failure(life.up());
  expect(message).toContain(`Pulumi.${life.stack}.yaml (unix:///nowhere/docker.sock) does not answer`);
  expect(message).not.toMatch(/\n\s+at .*\.ts:/);
});

it('is deployed behind TLS, strict, with the page on the loopback address there, and nothing here', async () => {
  life.config.host = engine.tls;
  await life.up();
  expect(containers()).toHaveLength(2);
  expect(await objectsOf(life.stack)).toEqual({ containers: [], networks: [], volumes: [] });
  const limits = engine.docker('inspect', '--format', '{{.HostConfig.PidsLimit}}', ...containers());
  expect(limits.split('\n').sort()).toEqual(['2048', '256']);
  for (const name of [life.valkey, life.webui]) {
    const confined = '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.Config.User}} {{.State.Health.Status}}';
    expect(inspect(name, confined)).toMatch(/^true \[ALL\] [1-9]\d*:\d+ healthy$/);
  }
  await works();
  await life.expectNoDrift();
});

it('refuses another engine as long as it is deployed, whatever names it, in every command that would act on it', async () => {
  const before = containers();
  // This machine's own engine.
  const { host: _, ...own } = life.config;
  life.config = own;
  for (const message of [await failure(life.preview()), await failure(life.up())]) {
    expect(message).toMatch(/is deployed on the engine of \S+ \(\S+ \S+\); .* points to the engine of/);
    expect(message).toContain('Nothing was created or changed');
  }
  await expectRefusals(['down'], ['rotate', '--secret', 'session'], ['up']);
  // Nor does it get an image that it lacks.
  const { webui } = life.config;
  life.config.webui = { ...webui, image: 'registry.invalid/open-webui:v0.12.4' };
  await expectRefusals(['up']);
  life.config.webui = webui;
  // What only looks follows the stack, not its file.
  await works();
  expect((await life.command('drift')).code).toBe(0);
  expect(containers()).toEqual(before);
  expect(await objectsOf(life.stack)).toEqual({ containers: [], networks: [], volumes: [] });
  life.config.host = engine.tls;
  expect(await life.up()).toEqual([]);
});

it.each([
  ['ssh', () => ({ address: engine.ssh })],
  ['ssh and the path of its socket', () => ({ address: `${engine.ssh}${engine.socket.slice('unix://'.length)}` })],
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
])('finds the same engine by %s, and replaces nothing', async (_, host) => {
  const before = containers();
  life.config.host = host();
  expect(await life.up()).toEqual([]);
  expect(containers()).toEqual(before);
  await life.expectUnchanged();
  if (life.config.host['address']?.toString().startsWith('unix:')) {
    // The page is on the loopback address of what is another machine, though its socket is here.
    expect((await life.verify()).check('ping')?.ok).toBe(true);
  } else {
    await works();
  }
});

it.each<[string, () => Record<string, string>]>([
  ['DOCKER_HOST', () => ({ DOCKER_HOST: engine.ssh })],
  [
    'DOCKER_HOST with TLS',
    () => ({
      DOCKER_HOST: engine.tls.address,
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: engine.tls.certificates,
    }),
  ],
  ['DOCKER_CONTEXT', () => ({ DOCKER_CONTEXT: 'second' })],
])('is reached alike by pulumi and by every command where %s names it', async (_, choice) => {
  const before = containers();
  const { host: _host, ...own } = life.config;
  life.config = own;
  const env = choice();
  Object.assign(life.env, env);
  try {
    expect(await life.up()).toEqual([]);
    await life.expectUnchanged();
    await works();
    expect((await life.command('drift')).code).toBe(0);
    const { code, stderr } = await life.command('up');
    expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
    await life.expectUnchanged();
    if (env['DOCKER_HOST'] === engine.ssh) {
      // This machine's own engine.
      delete life.env['DOCKER_HOST'];
      await expectRefusals(['down'], ['verify'], ['drift'], ['backup'], ['rotate', '--secret', 'session'], ['up']);
      expect(await failure(life.up())).toContain('Nothing was created or changed');
      expect(await objectsOf(life.stack)).toEqual({ containers: [], networks: [], volumes: [] });
    }
    expect(containers()).toEqual(before);
  } finally {
    for (const name of Object.keys(env)) delete life.env[name];
    life.config.host = engine.tls;
  }
});

describe('its life there', () => {
  let file: string;

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

  it('publishes the page on an address that this machine reaches, too', async () => {
    life.config.webui['publish'] = { port: life.port, address: engine.far };
    expect(await life.up()).toContain('replace chat-webui-container');
    await settled();
  });

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

  it('leaves nothing behind but its volumes', async () => {
    await life.destroy();
    expect(engine.docker('ps', '--all', '--quiet')).toBe('');
    expect(engine.docker('network', 'ls', '--quiet', '--filter', `label=${labelOf(life.stack)}`)).toBe('');
    expect(engine.docker('volume', 'ls', '--quiet').split('\n').sort()).toEqual([life.webui, life.valkeyVolume]);
  });
});
