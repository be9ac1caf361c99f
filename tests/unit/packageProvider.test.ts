/** What the package makes of a program's component: the same resources as the npm package, and what its checks register, by the component's name. */

import * as pulumi from '@pulumi/pulumi';
import { Deployment } from '../../components/deployment.ts';
import { COMPONENTS } from '../../core/resourceTypes.ts';
import { openwebui } from '../../package/provider.ts';
import { requireFurtherNetworks, requireNetwork } from '../../preflight/network.ts';
import { parse } from '../../settings/parse.ts';
import { named, record, shape } from '../support/mocks.ts';
import { source } from '../support/settings.ts';

const provider = openwebui({ version: '1.0.0', schema: '{}' });
const construct = async (inputs: pulumi.Inputs = {}, options: pulumi.ComponentResourceOptions = {}, name = 'chat') =>
  provider.construct?.(name, COMPONENTS.deployment, inputs, options) as Promise<pulumi.provider.ConstructResult>;

/** An output that is not known before the update. */
const unknown = (): pulumi.Output<string> =>
  new (pulumi.Output as unknown as new (...args: unknown[]) => pulumi.Output<string>)(
    [],
    Promise.resolve(undefined),
    Promise.resolve(false),
    Promise.resolve(false),
    Promise.resolve([]),
  );

let warned: jest.SpyInstance;
beforeEach(() => {
  warned = jest.spyOn(console, 'warn').mockImplementation();
});
const warnings = () => warned.mock.calls.join('\n');

it('registers the component of the npm package, and its notes beside it', async () => {
  const inputs = {
    hardening: 'strict',
    database: { kind: 'postgres' },
    gateway: { domain: ['chat.example.com'] },
  } as const;
  const theirs = await record(() => new Deployment('chat', inputs));
  const ours = await record(() => construct(inputs));
  const beside = ours.resources.filter(({ type }) => /Stash$|^pulumi:providers:/.test(type));
  expect(shape(ours.resources.filter((one) => !beside.includes(one)))).toEqual(shape(theirs.resources));
  expect(beside.map(({ name }) => name).sort()).toEqual([
    ...['chat-address', 'chat-engine', 'chat-engine', 'chat-host', 'chat-names'],
  ]);
});

it('gives several of one program names of their own', async () => {
  const { resources } = await record(async () => {
    await Promise.all([construct({}, {}, 'one'), construct({ webui: { publish: { port: 3001 } } }, {}, 'two')]);
  });
  const urns = resources.map(({ type, name, parent }) => `${type} ${name} ${parent}`);
  expect(new Set(urns).size).toBe(urns.length);
});

it('says where a parent is for its notes as well', async () => {
  const parent = new pulumi.DependencyResource('urn:pulumi:test::open-webui::my:index:Platform::platform');
  const { resources } = await record(() => construct({}, { parent }));
  const ends = resources.filter(({ parent }) => parent === 'platform').map(({ name }) => name);
  expect(ends.sort()).toEqual(['chat', 'chat-address', 'chat-engine', 'chat-engine', 'chat-host', 'chat-names']);
});

it('gives outputs of which secrets are secret, and nothing secret inside of another', async () => {
  const { result } = await record(() => construct());
  const state = result.state as Record<string, pulumi.Output<unknown>>;
  const keys = Object.keys(state);
  const isSecret = await Promise.all(keys.map((key) => pulumi.isSecret(pulumi.output(state[key]))));
  expect(keys.filter((_, index) => isSecret[index])).toEqual(['adminPassword', 'valkeyUrl', 'valkeyOperatorPassword']);
});

it('passes on what is not known before the update, and says what it shows in its place', async () => {
  const inputs = {
    webui: { env: { A: unknown(), B: 'b' }, memory: unknown() },
    database: { kind: 'postgres', url: unknown() },
  };
  const { resources } = await record(() => construct(inputs), { preview: true });
  const { envs, memory } = named(resources, 'chat-webui-container').inputs as { envs: unknown; memory: number };
  expect(memory).toBe(4096);
  // One value of the list is not known, so that none of it is.
  expect(JSON.stringify(envs ?? null)).not.toContain('not known yet');
  expect(warnings()).toContain('Not known before the update, so this preview shows its default: webui.memory.');
});

it('looks at no engine of a provider that is not its own, and says so', async () => {
  const docker = new pulumi.DependencyProviderResource(
    'urn:pulumi:test::open-webui::pulumi:providers:docker::mine::id',
  );
  const { resources } = await record(() => construct({}, { providers: { docker } }));
  expect(resources.filter(({ type }) => /Stash$|^pulumi:providers:/.test(type))).toEqual([]);
  expect(warnings()).toContain('an upgrade makes no backup');
});

it('knows one component alone', async () => {
  expect(() => provider.construct?.('chat', 'openwebui:index:Valkey', {}, {})).toThrow(
    'there is no openwebui:index:Valkey; the component is openwebui:index:Deployment',
  );
});

describe('a network that the program may create first', () => {
  const given = parse(source({ webui: { networks: { proxy: {} } } }));
  const both = (waits: boolean) => async () => {
    await requireNetwork({ name: 'net', external: true }, undefined, { waits });
    await requireFurtherNetworks(given, undefined, { owner: 'chat', waits });
  };
  const refusal = async (waits: boolean, preview: boolean) =>
    (
      await record(
        () =>
          both(waits)().then(
            () => '',
            ({ message }: Error) => message,
          ),
        { preview },
      )
    ).result;

  it('is no obstacle to a preview, which says that it is missing', async () => {
    expect(await refusal(true, true)).toBe('');
    expect(warnings()).toContain('The network "net" does not exist yet; without it, the update will be refused.');
    expect(warnings()).toContain('The network "proxy" does not exist yet');
  });

  it.each([
    [true, false],
    [false, true],
  ])('is refused otherwise: waits %s, preview %s', async (waits, preview) => {
    expect(await refusal(waits, preview)).toContain('The Docker network "net" does not exist');
  });
});

it('refuses registries beside a provider of the program, which does not know them', async () => {
  const registries = { 'ghcr.io': { username: 'deploy', password: pulumi.secret('hush') } };
  const docker = new pulumi.DependencyProviderResource(
    'urn:pulumi:test::open-webui::pulumi:providers:docker::mine::id',
  );
  const { result } = await record(async () => {
    return construct({ registries }, { providers: { docker } }).catch((error: Error) => error.message);
  });
  expect(result).toMatch(/provider of your own, which knows nothing of the input registries[\s\S]*registryAuth/);
  expect(result).not.toContain('hush');
});
