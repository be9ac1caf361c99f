/** Networks, host names and addresses of a stack: what its file may say, and what becomes of it. */

import { whereaboutsOf } from '../../cli/whereabouts.ts';
import { Deployment, type DeploymentArgs } from '../../components/deployment.ts';
import { hostNames } from '../../core/attachments.ts';
import { parse } from '../../settings/parse.ts';
import { named, record } from '../support/mocks.ts';
import { problem, source } from '../support/settings.ts';

const OWN = 'openwebui-network-test';
const INTERNAL = 'openwebui-internal-test';
const subnet = '172.30.0.0/24';
const upper = 'the other addresses in network.subnet are for the gateway and containers without a fixed address';

describe('a stack file', () => {
  it('takes networks, addresses and a subnet, each in its one spelling', () => {
    const { network, webui } = parse(
      source({
        network: { subnet: ['172.30.0.0/24', 'FD00:30::/64'] },
        webui: { networks: { [OWN]: { ipv4: '172.30.0.10', ipv6: 'FD00:30:0::10' }, proxy: {} } },
      }),
    );
    expect(network.subnet).toEqual(['172.30.0.0/24', 'fd00:30::/64']);
    expect(webui.networks).toEqual({ [OWN]: { ipv4: '172.30.0.10', ipv6: 'fd00:30::10' }, proxy: {} });
    expect(parse(source({ network: { subnet } })).network.subnet).toEqual([subnet]);
  });

  it.each<[string, Record<string, unknown>, string, string, string]>([
    [
      'webui.publish',
      { webui: { publish: 'nothing' } },
      '"nothing"',
      'an object with port and address, or none',
      'write { port: 3000 }, or none',
    ],
    [
      'webui.networks.p',
      { webui: { networks: { p: {} } } },
      'an object (this is not a name for a network)',
      '2 to 128 letters, digits, "_", "." or "-", starting with a letter or digit',
      'use the name that docker network ls shows',
    ],
    [
      'webui.networks.proxy.alias',
      { webui: { networks: { proxy: { alias: 'chat' } } } },
      '"chat" (there is no such setting)',
      'aliases, ipv4, ipv6',
      'did you mean "aliases"?',
    ],
    [
      'webui.networks.proxy',
      { webui: { networks: { proxy: null } } },
      'nothing (null)',
      'an object with aliases, ipv4 and ipv6, or {}',
      'write {} to join the network under the name of the container only',
    ],
    [
      'webui.networks.proxy.aliases',
      { webui: { networks: { proxy: { aliases: ['localhost'] } } } },
      'a list',
      'a list of host names of lower-case letters, digits, ".", "_" and "-", other than localhost',
      'write it as [chat, chat.internal]',
    ],
    [
      'valkey.networks.tools.ipv4',
      { valkey: { networks: { tools: { ipv4: '172.30.0.10/24' } } } },
      '"172.30.0.10/24"',
      'an IPv4 address in that network that nothing else uses',
      'write it as "172.30.0.10"',
    ],
    [
      'network.subnet',
      { network: { subnet: '172.30.0.10/24' } },
      '"172.30.0.10/24"',
      'an IPv4 subnet from /8 to /28, or a list with an IPv6 subnet from /64 to /112 as well; no bits after the prefix',
      'write it as 172.30.0.0/24, or [172.30.0.0/24, "fd00:30::/64"]',
    ],
    [
      'network.subnet',
      { network: { subnet, external: true } },
      '"172.30.0.0/24" (with network.external the network already exists and has its subnet)',
      'absent with network.external: true',
      'remove it',
    ],
    [
      'webui.networks.host',
      { webui: { networks: { host: {} } } },
      "an object (containers on Docker's built-in networks cannot find each other by name)",
      'a user-defined network',
      'remove it, or name another network',
    ],
    [
      'valkey.networks.tools',
      { hardening: 'strict', valkey: { networks: { tools: {} } } },
      'an object (hardening: strict keeps Valkey on a network that it shares with the web UI only)',
      'nothing, or hardening: standard',
      'remove it',
    ],
    [
      `webui.networks.${INTERNAL}`,
      { hardening: 'strict', webui: { networks: { [INTERNAL]: {} } } },
      'an object (hardening: strict keeps Valkey on a network that it shares with the web UI only)',
      'another network than network.internalName',
      'remove it',
    ],
    [
      `webui.networks.${OWN}.ipv4`,
      { webui: { networks: { [OWN]: { ipv4: '172.30.0.10' } } } },
      '"172.30.0.10" (a fixed address needs a known subnet)',
      'a low address of a subnet in network.subnet',
      'set network.subnet, or remove it',
    ],
    ...['172.30.0.1', '172.30.0.128', '172.31.0.10'].map(
      (ipv4): [string, Record<string, unknown>, string, string, string] => [
        `valkey.networks.${OWN}.ipv4`,
        { network: { subnet }, valkey: { networks: { [OWN]: { ipv4 } } } },
        `"${ipv4}" (${upper})`,
        'an address from 172.30.0.2 to 172.30.0.127',
        'choose one of those, or another network.subnet',
      ],
    ),
    [
      'webui.networks.proxy.ipv4',
      {
        valkey: { networks: { proxy: { ipv4: '10.0.0.5' } } },
        webui: { networks: { proxy: { ipv4: '10.0.0.5' } } },
      },
      '"10.0.0.5" (valkey.networks.proxy.ipv4 has the same address)',
      'another address than that of valkey.networks.proxy.ipv4',
      'change one of the two',
    ],
    [
      `webui.networks.${OWN}.aliases`,
      { webui: { networks: { [OWN]: { aliases: ['chat', 'redis'] } } } },
      'a list (Valkey answers to one of them on that network)',
      'names that Valkey does not have there',
      'choose another one',
    ],
  ])('is refused for %s', (key, given, shown, allowed, fix) => {
    expect(problem(given)).toEqual([`open-webui:${key}`, shown, allowed, fix]);
  });

  it.each([['172.30.0.0/24', 'fd00::/64', '10.0.0.0/24'], ['fd00::/64'], ['10.0.0.0/24', '10.1.0.0/24'], []])(
    'gives a network one subnet of each family, and one of IPv4: not %s %s %s',
    (...subnets) => {
      expect(problem({ network: { subnet: subnets } })[0]).toBe('open-webui:network.subnet');
    },
  );

  it('says where a list of origins lacks the address of the page, where that is known', () => {
    const env = { CORS_ALLOW_ORIGIN: 'https://chat.example.com' };
    expect(problem({ webui: { env } })[0]).toBe('open-webui:webui.env.CORS_ALLOW_ORIGIN');
    expect(problem({ webui: { env, publish: 'none', url: 'https://other.example.com' } })[3]).toBe(
      'add https://other.example.com',
    );
    expect(parse(source({ webui: { env, publish: 'none' } })).webui.env).toEqual(env);
  });
});

/** What the two containers are given, and the network. */
async function deployed(args: DeploymentArgs) {
  const { resources, result } = await record(() => new Deployment('chat', args));
  const inputs = (name: string) => named(resources, name).inputs;
  const networks = (server: string) => inputs(`chat-${server}-container`)['networksAdvanced'];
  return { inputs, networks, result, resources };
}

describe('a deployment', () => {
  beforeEach(() => void jest.spyOn(console, 'warn').mockImplementation());

  it('joins further networks after its own, and creates none of them', async () => {
    const { networks, inputs, resources } = await deployed({
      network: { name: 'own' },
      valkey: { name: 'kv', auth: false, networks: { tools: { aliases: ['redis'], ipv4: '10.0.0.5' } } },
      webui: { networks: { proxy: { aliases: ['chat.internal'], ipv6: 'fd00::5' }, own: { aliases: ['chat'] } } },
    });
    expect(networks('webui')).toEqual([
      { name: 'own', aliases: ['chat'] },
      { name: 'proxy', aliases: ['chat.internal'], ipv6Address: 'fd00::5' },
    ]);
    // Others may have the name redis on the network of the proxy, where the web UI would find them.
    expect(networks('valkey')).toEqual([
      { name: 'own', aliases: [] },
      { name: 'tools', aliases: ['redis'], ipv4Address: '10.0.0.5' },
    ]);
    expect(JSON.stringify(inputs('chat-webui-container')['uploads'])).toContain('redis://kv:6379/0');
    expect(resources.filter(({ type }) => type.includes('docker:index/network')).length).toBe(1);
  });

  it('finds Valkey by its name on their own network, whatever more names it has', async () => {
    const { networks, inputs } = await deployed({
      network: { name: 'proxy', external: true },
      valkey: { name: 'kv', auth: false, networks: { proxy: { aliases: ['cache'] } } },
    });
    expect(networks('valkey')).toEqual([{ name: 'proxy', aliases: ['kv', 'cache'] }]);
    expect(JSON.stringify(inputs('chat-webui-container')['uploads'])).toContain('redis://kv:6379/0');
  });

  it('keeps a strict Valkey on its one network', async () => {
    const strict = { hardening: 'strict', network: { name: 'own', internalName: 'inner' } } as const;
    const { networks } = await deployed({ ...strict, webui: { networks: { proxy: {} } } });
    expect([networks('webui'), networks('valkey')]).toEqual([
      ['own', 'inner', 'proxy'].map((name) => ({ name, aliases: [] })),
      [{ name: 'inner', aliases: ['redis'] }],
    ]);
    await expect(deployed({ ...strict, valkey: { networks: { tools: {} } } })).rejects.toThrow(
      new RangeError('a strict Valkey joins no other network, got tools'),
    );
  });

  it('says all of a subnet that the engine would choose, so that no refresh finds a difference', async () => {
    const { inputs, resources } = await deployed({ network: { name: 'own', subnet: [subnet, 'fd00:30::/64'] } });
    const { ignoreChanges: ignored } = named(resources, 'chat-network-bridge');
    expect(inputs('chat-network-bridge')).toMatchObject({
      ipamConfigs: [
        { subnet, gateway: '172.30.0.1', ipRange: '172.30.0.128/25' },
        { subnet: 'fd00:30::/64', gateway: 'fd00:30::1', ipRange: 'fd00:30:0:0:4000::/66' },
      ],
      ipv6: true,
    });
    expect(ignored).toEqual(['labels']);
    const { inputs: plain } = await deployed({ network: { name: 'own', subnet: [subnet] } });
    expect(plain('chat-network-bridge')).not.toHaveProperty('ipv6');
    await expect(deployed({ network: { subnet: ['172.30.0.1/24'] } })).rejects.toThrow(RangeError);
  });

  it('publishes no port on request, and says how a proxy finds the page', async () => {
    const { inputs, result } = await deployed({ webui: { name: 'web', publish: 'none' } });
    expect(inputs('chat-webui-container')['ports']).toEqual([]);
    expect(inputs('chat-webui-container')['envs']).not.toContainEqual(expect.stringMatching(/^WEBUI_URL=/));
    expect(result.url).toBe('http://web:8080');
    expect(result.servers.webui).not.toHaveProperty('publishedAt');
    const behind = await deployed({ webui: { publish: 'none', url: 'https://chat.example.com' } });
    expect(behind.inputs('chat-webui-container')['envs']).toContain('WEBUI_URL=https://chat.example.com');
  });
});

it('needs a name for itself on every network where its servers, or those that ask for it, are', () => {
  const servers = (proxy: string[]) =>
    hostNames([
      { name: 'web', networks: [{ network: 'own', aliases: ['chat'] }, ...proxy.map((network) => ({ network }))] },
      { name: 'kv', networks: [{ network: 'own', aliases: ['redis'] }, { network: 'tools' }] },
    ]).map(({ network, host }) => `${host} in ${network}`);
  expect(servers([]).sort()).toEqual([
    ...['chat in own', 'chat in tools', 'kv in own', 'kv in tools', 'redis in own', 'web in own', 'web in tools'],
  ]);
  expect(servers(['proxy'])).toEqual(expect.arrayContaining(['web in proxy', 'kv in proxy', 'redis in proxy']));
  expect(servers(['proxy'])).not.toContain('chat in proxy');
});

it('tells people where the page is', () => {
  const at = (url: string, publishedAt?: string, address?: string) =>
    whereaboutsOf({ url, servers: { webui: { container: 'web', publishedAt } } }, { address });
  const here = 'http://127.0.0.1:3000';
  expect(at(here, here)).toEqual([here]);
  expect(at(here, here, 'ssh://me@there')).toEqual([
    `${here} of that host; from here with`,
    'ssh -N -L 3000:127.0.0.1:3000 me@there',
  ]);
  expect(at('http://web:8080')).toEqual([
    'http://web:8080 for containers on one of its networks; no port of the host is published',
  ]);
  expect(at('https://chat.example.com')).toEqual([
    'https://chat.example.com',
    'no port of the host is published: a proxy on one of its networks reaches it at http://web:8080',
  ]);
});
