/** Encrypted networks of a Swarm: what is refused, and what is registered. */

import { Deployment } from '../../components/deployment.ts';
import type { Docker } from '../../docker/client.ts';
import type { Found } from '../../docker/inventory.ts';
import { dockerPlatform } from '../../platform/docker/platform.ts';
import { swarmPlatform } from '../../platform/swarm/platform.ts';
import { requireEncryption } from '../../preflight/encryption.ts';
import { ofStackFile } from '../../preflight/origin.ts';
import { parse } from '../../settings/parse.ts';
import { connect } from '../support/dockerClient.ts';
import { record, revealed } from '../support/mocks.ts';
import { problem, source } from '../support/settings.ts';

const swarm = { platform: 'swarm', database: { kind: 'postgres' }, gateway: { domain: 'chat.example.com' } };
const OWN = ['openwebui-network-test', 'openwebui-gateway-test'];

it('is refused where nothing leaves the host', () => {
  const [path, given, allowed, fix] = problem({ network: { encrypted: true } });
  expect([path, allowed, fix]).toEqual(['open-webui:network.encrypted', 'false, or platform: swarm', 'remove it']);
  expect(given).toContain('Docker encrypts only between nodes of a Swarm');
  expect(parse(source({ ...swarm, network: { encrypted: true } })).network.encrypted).toBe(true);
  const spec = { name: 'a', internal: false, encrypted: true };
  expect(() => dockerPlatform().network('a', spec, {})).toThrow(RangeError);
});

const networksOf = async (network: object) => {
  jest.spyOn(console, 'warn').mockImplementation();
  const { resources } = await record(
    () =>
      new Deployment('chat', {
        ...{ platform: swarmPlatform(), hardening: 'strict', database: { kind: 'postgres' }, network },
        gateway: { domain: ['chat.example.com'], tls: 'internal' },
      }),
    { preview: true },
  );
  return resources.filter(({ type }) => type === 'docker:index/network:Network');
};

it('goes for every network of the stack', async () => {
  const networks = await networksOf({ encrypted: true });
  expect(networks.map(({ name }) => name)).toEqual([
    ...['chat-between-overlay', 'chat-database-overlay', 'chat-internal-overlay', 'chat-network-overlay'],
  ]);
  for (const { name, inputs, ignoreChanges } of networks) {
    expect([name, (revealed(inputs) as { options: unknown }).options]).toEqual([name, { encrypted: '' }]);
    // The engine adds some of its own: each update would replace the network.
    expect(ignoreChanges).toContain('options');
  }
});

it('is no option at all without the setting', async () => {
  for (const { inputs } of await networksOf({})) expect(inputs).not.toHaveProperty('options');
});

/** A network that the engine has. */
interface Has {
  name: string;
  encrypted?: boolean;
  scope?: string;
}

/** What the check says of an engine; undefined where it lets the update go on. */
async function check({
  given = {},
  has = [],
  nodes = 1,
  kernel = null,
  present = has.map(({ name }) => name),
}: {
  given?: Record<string, unknown>;
  has?: Has[];
  nodes?: number;
  /** What the kernel answers: nothing where it can. */
  kernel?: string | null;
  /** Those of them that are the stack's own. */
  present?: string[];
}) {
  const commands: string[] = [];
  const answer = ([command = '', ...args]: readonly string[]): string => {
    commands.push([command, ...args].join(' '));
    if (command === 'info') return JSON.stringify({ Name: 'one', Swarm: { Nodes: nodes } });
    if (command === 'image') return '[{"Id":"sha256:1"}]';
    if (command === 'start') return JSON.stringify({ error: kernel });
    if (command !== 'network') return '';
    const found = [...has, { name: 'none', scope: 'local' } as Has].filter(({ name }) => args.includes(name));
    return JSON.stringify(
      found.map(({ name, encrypted, scope = 'swarm' }) => ({
        ...{ Name: name, Scope: scope, Options: { vxlanid: '4097', ...(encrypted && { encrypted: '' }) } },
      })),
    );
  };
  const docker: Docker = {
    ...connect({}),
    run: async (args) => answer(args),
    capture: async (args) => ({ code: 0, stdout: answer(args), stderr: '', all: '', timedOut: false }),
  };
  const own = present.map(
    (name): Found => ({
      ...{ kind: 'network', name, owner: undefined, role: undefined, image: '', volumes: [], runs: false },
    }),
  );
  const { result } = await record(() =>
    requireEncryption(docker, parse(source({ ...swarm, ...given })), own, ofStackFile()).then(
      () => undefined,
      (error: Error) => error.message,
    ),
  );
  return { said: result, tried: commands.some((one) => one.startsWith('start')) };
}
const encrypted = { network: { encrypted: true } };

it('can be had by a stack that has no network yet, and stays', async () => {
  expect(await check({ given: encrypted })).toEqual({ said: undefined, tried: false });
  const has = OWN.map((name) => ({ name, encrypted: true }));
  expect(await check({ given: encrypted, has, nodes: 3, kernel: 'ENOSYS' })).toEqual({ said: undefined, tried: false });
  expect(await check({ has: OWN.map((name) => ({ name })) })).toEqual({ said: undefined, tried: false });
});

it.each([true, false])('cannot be changed where there is a network, which is said with the way (to %s)', async (to) => {
  const has = OWN.map((name, index) => ({ name, encrypted: index === 0 ? !to : to }));
  expect((await check({ given: { network: { encrypted: to } }, has })).said).toBe(
    `network.encrypted is ${to}, and ${OWN[0]} is ${to ? 'not encrypted' : 'encrypted'}, which Docker cannot change. Nothing was created or changed.\n` +
      '  to do: npm run down -- --stack test, which keeps the data and the secrets, and then npm run up -- --stack test\n',
  );
});

it('is tried on the kernel before the first network of several nodes', async () => {
  expect(await check({ given: encrypted, nodes: 3 })).toEqual({ said: undefined, tried: true });
  // What a container may not ask says nothing.
  expect(await check({ given: encrypted, nodes: 3, kernel: 'EPERM' })).toEqual({ said: undefined, tried: true });
  expect((await check({ given: encrypted, nodes: 3, kernel: 'ENOSYS' })).said).toMatch(
    /the kernel of one cannot encrypt \(ESP with AES-GCM: ENOSYS\)[\s\S]*to do: install the kernel modules/,
  );
});

it('asks it of a network that is created elsewhere, and warns of those of others', async () => {
  const external = { network: { name: 'proxy', external: true, encrypted: true } };
  expect((await check({ given: external, has: [{ name: 'proxy' }], present: [] })).said).toContain(
    'docker network create --driver overlay --attachable --opt encrypted',
  );
  expect((await check({ given: external, has: [{ name: 'proxy', encrypted: true }], present: [] })).said).toBe(
    undefined,
  );
  const warned = jest.spyOn(console, 'warn').mockImplementation();
  const given = { ...encrypted, webui: { networks: { proxy: {} } } };
  expect((await check({ given, has: [{ name: 'proxy' }], present: [] })).said).toBeUndefined();
  expect(warned.mock.calls.flat().join()).toContain('network.encrypted does not apply to proxy');
});
