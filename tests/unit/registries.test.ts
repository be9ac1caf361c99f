/** Private registries: what is refused, what the docker command gets to know, and what is registered. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Deployment } from '../../components/deployment.ts';
import { qualified, registryOf } from '../../core/images.ts';
import { privateRegistryOf } from '../../core/registries.ts';
import type { Docker } from '../../docker/client.ts';
import { authenticated } from '../../docker/credentials.ts';
import { createProvider } from '../../platform/docker/provider.ts';
import { pinned, swarmPlatform } from '../../platform/swarm/platform.ts';
import { ofStackFile } from '../../preflight/origin.ts';
import { requireRegistries } from '../../preflight/registries.ts';
import { parse } from '../../settings/parse.ts';
import { warningsOf } from '../../settings/warnings.ts';
import { isSecret, named, record, revealed } from '../support/mocks.ts';
import { problem, refusal, source } from '../support/settings.ts';

const ADDRESS = 'registry.example.com:5000';
const PASSWORD = 'very-secret-0123456789';
const IMAGE = `${ADDRESS}/chat/open-webui:0.12.4`;
const entry = { username: 'deploy', password: PASSWORD };
const withRegistry = (more: object = {}) => ({
  registries: { [ADDRESS]: { ...entry, ...more } },
  webui: { image: IMAGE },
});
const KEPT = ['registries'];

describe('settings', () => {
  it('have no registry by default, and take several with encrypted passwords', () => {
    expect(parse(source({})).registries).toEqual({});
    const registries = {
      'ghcr.io': entry,
      localhost: entry,
      'registry:5000': entry,
      'docker.io': { ...entry, password: 12345 },
    };
    expect(parse(source({ registries }, KEPT)).registries).toEqual({
      ...registries,
      'docker.io': { username: 'deploy', password: '12345' },
    });
  });

  it.each(['https://ghcr.io', 'ghcr.io/startr', 'registry', 'registry.example.com:', 'a b.com', ''])(
    'refuse the address "%s"',
    (address) => {
      const [path, given, allowed, fix] = problem({ registries: { [address]: entry } }, KEPT);
      expect(path).toBe(`open-webui:registries.${address}`);
      expect(given).toContain('this is not the address of a registry');
      expect(allowed).toContain('Docker Hub is docker.io');
      expect(fix).toBe('write it as registry.example.com or registry.example.com:5000, without https:// and path');
    },
  );

  it.each(['index.docker.io', 'registry-1.docker.io', 'hub.docker.com', 'registry.hub.docker.com', 'docker.com'])(
    'refuse %s for Docker Hub',
    (address) => {
      const [path, , allowed, fix] = problem({ registries: { [address]: entry } }, KEPT);
      expect([path, allowed, fix]).toEqual([
        `open-webui:registries.${address}`,
        'docker.io',
        'write docker.io instead',
      ]);
    },
  );

  it('refuse a password in clear with the command that encrypts it, and never repeat it', () => {
    expect(problem(withRegistry())).toEqual([
      `open-webui:registries.${ADDRESS}.password`,
      '(not shown: it may be a secret) (in plain text it would show in the stack file, and anyone who knows it can act as that user)',
      'an encrypted value',
      `remove it from the file and set it with pulumi config set --secret --path 'open-webui:registries["${ADDRESS}"].password'`,
    ]);
    expect(refusal(withRegistry())).not.toContain(PASSWORD);
  });

  it('see the one in clear beside an encrypted one', () => {
    const given = source({ registries: { [ADDRESS]: entry, 'ghcr.io': entry } }, KEPT);
    const refused = () => parse({ ...given, encrypted: [['registries', ADDRESS, 'password']] });
    expect(refused).toThrow('open-webui:registries.ghcr.io.password\n');
    expect(refused).not.toThrow(`open-webui:registries.${ADDRESS}`);
  });

  it.each(['username', 'password'])('refuse a registry without a %s', (key) => {
    const [path, , allowed] = problem(withRegistry({ [key]: undefined }), KEPT);
    expect([path, allowed]).toEqual([`open-webui:registries.${ADDRESS}.${key}`, 'both username and password']);
  });

  it.each([
    [{ username: 'a:b' }, 'username'],
    [{ username: 'a b' }, 'username'],
    [{ password: '' }, 'password'],
    [{ password: 'a\nb' }, 'password'],
    [{ user: 'a' }, 'user'],
  ])('refuse %j', (change, key) => {
    const text = refusal(withRegistry(change), KEPT);
    expect(text).toContain(`open-webui:registries.${ADDRESS}.${key}\n`);
    expect(text).not.toContain(PASSWORD);
  });

  it('know the registry where its password cannot be seen, and say nothing of that', () => {
    const path = ['registries', ADDRESS, 'password'];
    const { registries } = parse({ ...source(withRegistry()), hidden: [path], allHidden: true });
    expect(registries).toEqual({ [ADDRESS]: { username: 'deploy', password: '(encrypted)' } });
  });

  it('warn of a registry that has no image of the stack', () => {
    const warned = (given: Record<string, unknown>) => warningsOf(parse(source(given, KEPT))).join();
    expect(warned(withRegistry())).not.toContain('registries');
    expect(warned({ registries: { [ADDRESS]: entry } })).toContain(`No image of the stack comes from ${ADDRESS}`);
  });
});

describe('images', () => {
  it.each([
    ['postgres:17', 'docker.io'],
    ['org/image', 'docker.io'],
    ['index.docker.io/org/image', 'docker.io'],
    ['ghcr.io/open-webui/open-webui:v0.12.4', 'ghcr.io'],
    [IMAGE, ADDRESS],
    ['localhost/image', 'localhost'],
    [`sha256:${'0'.repeat(64)}`, undefined],
  ])('%s is of %s', (image, registry) => expect(registryOf(image)).toBe(registry));

  it('of this machine are of no registry, also with an account on Docker Hub', () => {
    expect(privateRegistryOf('local/valkey:8', { 'docker.io': entry })).toBeUndefined();
    expect(privateRegistryOf('valkey/valkey:8', { 'docker.io': entry })).toBe('docker.io');
    expect(privateRegistryOf('valkey/valkey:8', { 'ghcr.io': entry })).toBeUndefined();
  });

  it('of Docker Hub can be named in full, and all others are', () => {
    expect([qualified('postgres:17'), qualified('org/image:1'), qualified(IMAGE)]).toEqual([
      ...['docker.io/library/postgres:17', 'docker.io/org/image:1', IMAGE],
    ]);
  });
});

/** What one docker command was given. */
interface Call {
  args: readonly string[];
  input?: string | undefined;
  folder?: string | undefined;
  config?: unknown;
  modes?: number[];
}
const mockCalls: Call[] = [];
let mockSaid = { code: 0, stderr: '' };
// The client itself, which unit tests replace under its usual path.
jest.mock('../../docker/./client.ts', () => ({
  connect: (endpoint: object, env: NodeJS.ProcessEnv = {}) => {
    const capture = async (args: readonly string[], { input }: { input?: string } = {}) => {
      const { DOCKER_CONFIG: folder } = env;
      if (mockSaid.code < 0) throw new Error('could not be started');
      const file = join(folder ?? '', 'config.json');
      mockCalls.push({
        ...{ args, input, folder },
        ...(folder && {
          config: JSON.parse(readFileSync(file, 'utf8')),
          modes: [folder, file].map((path) => statSync(path).mode & 0o777),
        }),
      });
      return { ...mockSaid, stdout: '', all: '', timedOut: false };
    };
    return { endpoint, capture, run: async (args: readonly string[]) => (await capture(args)).stdout };
  },
}));
const { connect } = jest.requireMock<{ connect: (endpoint: object, env?: NodeJS.ProcessEnv) => Docker }>(
  '../../docker/./client.ts',
);
beforeEach(() => {
  mockCalls.length = 0;
  mockSaid = { code: 0, stderr: '' };
});

describe('the docker command', () => {
  const client = () => authenticated(connect({}), { [ADDRESS]: entry, 'docker.io': entry });

  it('gets the password of the registry of an image in a file that is gone afterwards', async () => {
    await client().run(['pull', '--quiet', IMAGE]);
    const [{ args, folder, config, modes } = {} as Call, ...more] = mockCalls;
    expect([args, more]).toEqual([['pull', '--quiet', IMAGE], []]);
    expect(config).toEqual({ auths: { [ADDRESS]: { auth: Buffer.from(`deploy:${PASSWORD}`).toString('base64') } } });
    expect(modes).toEqual([0o700, 0o600]);
    expect(existsSync(folder ?? '/')).toBe(false);
  });

  it('knows Docker Hub by its own name', async () => {
    await client().capture(['pull', '--quiet', 'org/image']);
    expect(JSON.stringify(mockCalls[0]?.config)).toMatch(/^\{"auths":\{"https:\/\/index\.docker\.io\/v1\/":/);
  });

  it('has no file where it fails, either', async () => {
    const failing = authenticated({ ...connect({}), capture: () => Promise.reject(new Error('no')) }, {});
    await expect(failing.capture(['pull', IMAGE])).rejects.toThrow('no');
    mockSaid = { code: 1, stderr: 'no such image' };
    await client().capture(['pull', IMAGE]);
    expect(existsSync(mockCalls[0]?.folder ?? '/')).toBe(false);
  });

  it.each([
    [['pull', '--quiet', 'ghcr.io/a/b:1']],
    [['pull', 'local/valkey:8']],
    [['run', IMAGE]],
    [['image', 'inspect', IMAGE]],
  ])('is as before for %j', async (args) => {
    await client().run(args);
    expect(mockCalls).toEqual([{ args, input: undefined, folder: undefined }]);
  });
});

describe('the check before an update', () => {
  const check = async (said: typeof mockSaid, { preview = false, present = false, given = withRegistry() } = {}) => {
    const engine: Docker = {
      ...connect({}),
      run: async () => (present ? '[{"Id":"sha256:1"}]' : '[]'),
      capture: async () => ({
        code: 0,
        stdout: present ? '[{"Id":"sha256:1"}]' : '[]',
        stderr: '',
        all: '',
        timedOut: false,
      }),
    };
    const { result } = await record(
      () => {
        mockSaid = said;
        return requireRegistries(engine, parse(source(given, KEPT)), ofStackFile()).then(
          () => undefined,
          (error: Error) => error.message,
        );
      },
      { preview },
    );
    return result;
  };

  it('signs in with the password on its input alone', async () => {
    expect(await check({ code: 0, stderr: '' })).toBeUndefined();
    expect(mockCalls.map(({ args, input }) => ({ args, input }))).toEqual([
      { args: ['login', '--username', 'deploy', '--password-stdin', ADDRESS], input: PASSWORD },
    ]);
  });

  it('asks no registry where none is set', async () => {
    expect(await check({ code: 1, stderr: 'unauthorized' }, { given: {} as never })).toBeUndefined();
    expect(mockCalls).toEqual([]);
  });

  it.each([
    'Error response from daemon: Get "https://registry.example.com:5000/v2/": unauthorized: authentication required',
    'Error response from daemon: login attempt to http://registry.example.com:5000/v2/ failed with status: 401 Unauthorized',
    'Error response from daemon: Get "https://ghcr.io/v2/": denied: denied',
  ])('refuses what a registry refuses, in a preview as well: %s', async (stderr) => {
    for (const preview of [true, false]) {
      const message = await check({ code: 1, stderr }, { preview, present: true });
      expect(message).toBe(
        'A private registry cannot be used. Nothing was created or changed.\n' +
          `  ${ADDRESS} rejects the user name or password of the stack\n` +
          `    it says: ${stderr.replace('Error response from daemon: ', '')}\n` +
          `    to do:   correct open-webui:registries["${ADDRESS}"].username and its password: ` +
          `pulumi config set --secret --path 'open-webui:registries["${ADDRESS}"].password'\n`,
      );
    }
  });

  it('refuses a registry that does not answer where an image of it is missing, and only warns of it elsewhere', async () => {
    const warned = jest.spyOn(console, 'warn').mockImplementation();
    const silent = { code: 1, stderr: 'Error response from daemon: Get "https://x/v2/": dial tcp: no such host' };
    expect(await check(silent)).toContain(`${ADDRESS} does not answer the engine, which lacks ${IMAGE}\n`);
    expect(warned).not.toHaveBeenCalled();
    expect(await check(silent, { present: true })).toBeUndefined();
    expect(await check(silent, { preview: true })).toBeUndefined();
    expect(
      warned.mock.calls
        .flat()
        .join('\n')
        .match(/does not answer the engine/g),
    ).toHaveLength(2);
  });

  it('leaves an engine that does not answer to whatever has to reach it next', async () => {
    expect(await check({ code: 1, stderr: 'Cannot connect to the Docker daemon at unix:///x' })).toBeUndefined();
    // No docker command.
    expect(await check({ code: -1, stderr: '' })).toBeUndefined();
  });
});

describe('the provider', () => {
  const providerInputs = async (registries: object) => {
    const { resources } = await record(() => createProvider('engine', {}, registries as never));
    return named(resources, 'engine').inputs;
  };

  it('knows the registries, and their passwords are secret', async () => {
    const { registryAuth } = await providerInputs({ [ADDRESS]: entry, 'docker.io': entry });
    expect(isSecret(registryAuth)).toBe(true);
    const given = JSON.parse(revealed(registryAuth) as string) as { address: string; password: string }[];
    expect(given.map(({ address }) => address)).toEqual([
      ...[ADDRESS, 'docker.io', 'index.docker.io', 'registry-1.docker.io'],
    ]);
    expect(new Set(given.map(({ password }) => password))).toEqual(new Set([PASSWORD]));
  });

  it('is as before without any', async () => {
    expect(await providerInputs({})).not.toHaveProperty('registryAuth');
  });
});

describe('services', () => {
  const LABEL = 'com.pulumi.registry';
  // biome-ignore lint/suspicious/noExplicitAny: inputs of a service, of which each test reads another part
  const inputs = (one: { inputs: unknown }) => revealed(one.inputs) as any;
  const deployed = async (registries: Record<string, typeof entry>) => {
    jest.spyOn(console, 'warn').mockImplementation();
    const { resources } = await record(
      () =>
        new Deployment('chat', {
          platform: swarmPlatform({ registries }),
          ...{ valkey: { image: 'org/valkey:8.1' }, webui: { image: IMAGE, publish: 'none' } },
        }),
      { preview: true },
    );
    const service = (name: string) => inputs(named(resources, `chat-${name}-service`));
    const labels = (name: string) => service(name).labels.map(({ label }: { label: string }) => label);
    return { resources, service, labels };
  };

  it('say which edition of the credentials Swarm has, by a text that tells nothing of them', async () => {
    const { resources, labels, service } = await deployed({ [ADDRESS]: entry });
    expect([labels('webui').includes(LABEL), labels('valkey').includes(LABEL)]).toEqual([true, false]);
    // Tasks with other labels would be other tasks.
    expect(JSON.stringify(service('webui').taskSpec)).not.toContain(LABEL);
    const { keepers } = named(resources, 'chat-webui-credentials').inputs as { keepers: Record<string, unknown> };
    expect(isSecret(keepers) || isSecret(keepers['credentials'])).toBe(true);
    expect(resources.filter(({ name }) => name.endsWith('-credentials'))).toHaveLength(1);
    expect(JSON.stringify(named(resources, 'chat-webui-service').inputs)).not.toContain(PASSWORD);
  });

  it('are named with the digest of what the engine has, and with Docker Hub where they are pulled with an account there', () => {
    const digest = `@sha256:${'0'.repeat(64)}`;
    expect(pinned(IMAGE, `${ADDRESS}/chat/open-webui${digest}`, true)).toBe(`${IMAGE}${digest}`);
    expect(pinned('org/valkey:8.1', `org/valkey${digest}`, true)).toBe(`docker.io/org/valkey:8.1${digest}`);
    expect(pinned('org/valkey:8.1', `org/valkey${digest}`, false)).toBe(`org/valkey:8.1${digest}`);
    expect(pinned(`org/valkey:8.1${digest}`, undefined, false)).toBe(`org/valkey:8.1${digest}`);
    expect(pinned('local/valkey:8.1', '', false)).toBe('local/valkey:8.1');
  });

  it('keep the platforms that a registry names, which a later update would take for a change', async () => {
    const { resources } = await deployed({ [ADDRESS]: entry });
    const services = resources.filter(({ type }) => type === 'docker:index/service:Service');
    expect(services.length).toBe(2);
    for (const { ignoreChanges } of services) expect(ignoreChanges).toEqual(['taskSpec.placement.platforms']);
  });

  it('are as before without any', async () => {
    const { resources, labels } = await deployed({});
    expect(labels('webui')).not.toContain(LABEL);
    expect(resources.filter(({ name }) => name.endsWith('-credentials'))).toEqual([]);
  });
});
