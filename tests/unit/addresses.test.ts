/** What a preflight asks the engine of networks and addresses. */

import * as pulumi from '@pulumi/pulumi';
import type { Found } from '../../docker/inventory.ts';
import { replacedNetworks, requireAddresses } from '../../preflight/addresses.ts';
import { claimsOf } from '../../preflight/claims.ts';
import { requireNames } from '../../preflight/names.ts';
import { sharingOf } from '../../preflight/neighbours.ts';
import { requireFurtherNetworks } from '../../preflight/network.ts';
import { parse } from '../../settings/parse.ts';
import { connect, type Present } from '../support/dockerClient.ts';
import { record } from '../support/mocks.ts';
import { source } from '../support/settings.ts';

const MINE = { project: 'open-webui', stack: 'test' };
const OWN = 'openwebui-network-test';

const found = (kind: Found['kind'], name: string, rest: Partial<Present> = {}): Present => ({
  ...{ kind, name, owner: undefined, role: undefined, image: '', volumes: [], runs: kind === 'container' },
  ...rest,
});

/** What a check refuses; undefined when it accepts. */
async function refusal(
  check: () => Promise<unknown>,
  options: Parameters<typeof record>[1],
): Promise<string | undefined> {
  const { result } = await record(
    () =>
      check().then(
        () => undefined,
        (error: Error) => error,
      ),
    options,
  );
  if (result) expect(result).toBeInstanceOf(pulumi.RunError);
  return result?.message;
}

describe('further networks', () => {
  const settings = parse(
    source({ webui: { networks: { proxy: {}, [OWN]: {} } }, valkey: { networks: { tools: {} } } }),
  );

  it('exist already, but for that of the stack', async () => {
    const check = () => requireFurtherNetworks(settings);
    expect(await refusal(check, { networks: ['proxy', 'tools'] })).toBeUndefined();
    expect(await refusal(check, { networks: ['tools'] })).toBe(
      'Some networks that the stack test joins do not exist, and it does not create them. Nothing was created or changed.\n' +
        '  proxy of open-webui:webui.networks\n' +
        '    to do: docker network create proxy, or remove it from open-webui:webui.networks\n',
    );
  });

  it('belong to no other deployment', async () => {
    const given = { webui: { networks: { proxy: { aliases: ['chat'] } } } };
    const check = async (alias: string, network = 'proxy') => {
      const parsed = parse(source(given));
      return refusal(
        () => requireNames(claimsOf(parsed, MINE.project), connect({}), { sharing: sharingOf(parsed, MINE.project) }),
        { present: [found('container', 'other', { networks: [network], aliases: [alias] })] },
      );
    };
    expect(await check('chat')).toContain(
      '  the network proxy, on which the container other answers to chat as well\n' +
        '    to do: docker network disconnect proxy other, or choose another open-webui:webui.networks.proxy.aliases\n',
    );
    expect(await check('open-webui-test')).toContain('choose another open-webui:webui.name');
    // The web UI looks for Valkey there as well.
    expect(await check('redis-valkey-test')).toContain('choose another open-webui:valkey.alias');
    expect(await check('redis')).toBeUndefined();
    expect(await check('chat', 'elsewhere')).toBeUndefined();
  });
});

describe('a subnet', () => {
  const check = (given: Record<string, unknown>, present: Present[] | Error) =>
    refusal(() => requireAddresses(connect({}), parse(source(given))), { present });
  const given = { network: { subnet: '172.30.0.0/24' } };

  it('overlaps with that of no other network', async () => {
    const other = (Subnet: string, rest: Partial<Present> = {}) => [
      found('network', 'other', { ipam: [{ Subnet }], ...rest }),
    ];
    expect(await check(given, other('172.30.0.0/16'))).toBe(
      'Some addresses of the stack test are not available. Nothing was created or changed.\n' +
        '  172.30.0.0/24 of open-webui:network.subnet: the network other has 172.30.0.0/16\n' +
        '    to do: choose another subnet, or remove that network (docker network rm other)\n',
    );
    expect(await check(given, other('172.31.0.0/16'))).toBeUndefined();
    // The stack's own, also by the name that it has had.
    expect(await check(given, other('172.30.0.0/24', { owner: MINE }))).toBeUndefined();
    expect(await check({}, other('172.30.0.0/16'))).toBeUndefined();
    expect(await check(given, new Error('no engine'))).toBeUndefined();
  });

  it('is that of another network than the present one when it differs', async () => {
    const replaced = async (Subnet: string, network: Record<string, unknown>) => {
      const present = [found('network', OWN, { owner: MINE, ipam: [{ Subnet }] })];
      const { result } = await record(() => replacedNetworks(connect({}), parse(source({ network }))), { present });
      return result;
    };
    expect(await replaced('172.18.0.0/16', given.network)).toEqual([OWN]);
    expect(await replaced('172.30.0.0/24', given.network)).toEqual([]);
    expect(await replaced('172.18.0.0/16', {})).toEqual([]);
  });

  it('is not changed while others are on the network', async () => {
    const settings = parse(source(given));
    const present = [
      found('network', OWN, { owner: MINE }),
      found('container', 'ollama', { networks: [OWN] }),
      found('container', 'open-webui-test', { owner: MINE, networks: [OWN] }),
    ];
    const check = (replaced: string[]) =>
      refusal(() => requireNames(claimsOf(settings, MINE.project), connect({}), { replaced }), {
        present,
        startedClean: true,
      });
    expect(await check([OWN])).toContain(
      `  the network ${OWN}, which this update removes while the container ollama is on it\n`,
    );
    expect(await check([])).toBeUndefined();
  });
});

describe('a fixed address', () => {
  const proxy = found('network', 'proxy', { ipam: [{ Subnet: '172.20.0.0/16', Gateway: '172.20.0.1' }] });
  const check = async (ipv4: string, ...present: Present[]) => {
    const settings = parse(source({ webui: { networks: { proxy: { ipv4 } } } }));
    const text = await refusal(() => requireAddresses(connect({}), settings), { present: [proxy, ...present] });
    return text?.split('\n').slice(1).join('\n');
  };

  it('is one of its network', async () => {
    expect(await check('172.20.0.9')).toBeUndefined();
    expect(await check('10.0.0.9')).toBe(
      '  10.0.0.9 of open-webui:webui.networks.proxy.ipv4: the network proxy has 172.20.0.0/16\n' +
        '    to do: choose an address in that network\n',
    );
  });

  it('is neither the gateway nor that of another container', async () => {
    const holder = (name: string, rest: Partial<Present> = {}) =>
      found('container', name, { networks: ['proxy'], address: '172.20.0.9', ...rest });
    expect(await check('172.20.0.1')).toContain(
      'it is the gateway of the network proxy\n    to do: choose another address',
    );
    expect(await check('172.20.0.9', holder('traefik'))).toContain('the container traefik has it');
    expect(await check('172.20.0.9', holder('redis-valkey-test', { owner: MINE }))).toContain(
      'the container redis-valkey-test has it',
    );
    expect(await check('172.20.0.9', holder('open-webui-test', { owner: MINE }))).toBeUndefined();
    // Its server has another name after the update.
    expect(await check('172.20.0.9', holder('old-name', { owner: MINE }))).toBeUndefined();
  });
});
