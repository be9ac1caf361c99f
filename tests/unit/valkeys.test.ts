/** A Valkey of several servers: what it needs, what it consists of, and what counts as wrong with it. */

import * as pulumi from '@pulumi/pulumi';
import { aclArguments, sentinelUsers } from '../../components/valkey/acl.ts';
import { balancerConfiguration } from '../../components/valkey/balancer.ts';
import { Valkey, type ValkeyArgs } from '../../components/valkey/index.ts';
import type { BalancerArgs } from '../../components/valkey/several.ts';
import type { Docker } from '../../docker/client.ts';
import type { Node } from '../../docker/nodes.ts';
import { fault, withPrimary } from '../../ops/valkeys.ts';
import { dockerPlatform } from '../../platform/docker/platform.ts';
import { swarmPlatform } from '../../platform/swarm/platform.ts';
import { resourceOf } from '../../policy/rule.ts';
import { dataVolumes } from '../../policy/volumes.ts';
import { claimsOf } from '../../preflight/claims.ts';
import { chooseNodes } from '../../preflight/valkeyNodes.ts';
import { parse } from '../../settings/parse.ts';
import { named, type Registration, record, revealed, shape } from '../support/mocks.ts';
import { urn } from '../support/policy.ts';
import { problem, source } from '../support/settings.ts';

const several = (more: Record<string, unknown> = {}) => ({ valkey: { highAvailability: true, ...more } });

describe('the setting', () => {
  it.each<[string, Record<string, unknown>]>([
    ['auth', { auth: false }],
    ['persistence', { persistence: 'snapshots' }],
    ['folder', { folder: '/srv/valkey' }],
    ['publish', { publish: {} }],
    ['networks', { networks: { tools: {} } }],
    ['hostname', { hostname: 'cache' }],
  ])('needs another %s', (key, more) => {
    expect(problem(several(more))?.[0]).toBe(`open-webui:valkey.${key}`);
  });

  it('names two nodes of a Swarm, and none of one Docker host', () => {
    const swarm = { platform: 'swarm', webui: { publish: 'none' } };
    const nodes = ['node2', 'node3'];
    expect(parse(source({ ...swarm, ...several({ nodes }) })).valkey.nodes).toEqual(nodes);
    expect(parse(source({ ...swarm, ...several() })).valkey.nodes).toBeUndefined();
    expect(problem({ ...several({ nodes }) })).toEqual([
      'open-webui:valkey.nodes',
      expect.stringContaining('platform is docker'),
      expect.stringContaining('platform: swarm'),
      'remove it',
    ]);
    expect(problem({ ...swarm, valkey: { nodes } })?.[1]).toContain('a single Valkey runs on the node with its data');
    for (const wrong of [['node2'], ['node2', 'node2'], ['node2', 'node3', 'node4'], ['a b', 'c']])
      expect(problem({ ...swarm, ...several({ nodes: wrong }) })?.[0]).toMatch(/^open-webui:valkey\.nodes/);
  });

  it('takes names that nothing else may have', () => {
    expect(problem({ ...several({ name: 'cache' }), webui: { name: 'cache-2' } })?.[0]).toBe('open-webui:webui.name');
  });

  it('claims each container and volume', () => {
    const settings = parse(source(several()));
    const claims = claimsOf(settings, 'open-webui').map(({ kind, name }) => `${kind} ${name}`);
    for (const end of ['', '-2', '-3', '-balancer']) {
      expect(claims).toContain(`container redis-valkey-test${end}`);
      expect(claims).toContain(`container redis-valkey-test${end}-init`);
    }
    for (const end of ['', '-2', '-3']) expect(claims).toContain(`volume redis-data-test${end}`);
  });
});

const passwords = {
  application: pulumi.secret('password-of-application'),
  operator: pulumi.secret('password-of-operator'),
  several: {
    replication: pulumi.secret('password-of-replication'),
    failover: pulumi.secret('password-of-failover'),
    balancer: pulumi.secret('password-of-balancer'),
  },
};

const args: ValkeyArgs = {
  ...{ platform: dockerPlatform(), name: 'valkey', networkName: 'net', volume: 'data', alias: 'redis' },
  ...{ passwords, highAvailability: true },
};

describe('the component', () => {
  it('has three servers and a balancer, which has the name by which web UIs find Valkey', async () => {
    const { resources } = await record(() => new Valkey('valkey', args));
    const containers = shape(resources).filter((line) => line.endsWith('(Container)'));
    expect(containers).toEqual(
      ['', '-2', '-3', '-balancer']
        .flatMap((end) => [
          `valkey > valkey${end}-container (Container)`,
          `valkey > valkey${end}-init-container (Container)`,
        ])
        .sort(),
    );
    const aliases = (name: string) => named(resources, name).inputs['networksAdvanced'];
    expect(aliases('valkey-balancer-container')).toEqual([{ name: 'net', aliases: ['redis'] }]);
    expect(aliases('valkey-container')).toEqual([{ name: 'net', aliases: [] }]);
    expect(named(resources, 'valkey-2-data').inputs).toMatchObject({ name: 'data-2' });
  });

  it('protects the data of the first server, and lets the copies go with the others', async () => {
    const { resources } = await record(() => new Valkey('valkey', { ...args, protectData: true }));
    const volumes = ['', '-2', '-3'].map((end) => named(resources, `valkey${end}-data`));
    expect(volumes.map(({ protect }) => protect)).toEqual([true, false, false]);
    expect(volumes.map(({ retainOnDelete }) => retainOnDelete)).toEqual([true, true, true]);
    const inProduction = resourceOf(urn('prod', undefined, 'valkey-2-data'), { protect: false });
    expect(volumes.map(({ inputs }) => dataVolumes.check(inputs, inProduction).length)).toEqual([1, 0, 0]);
  });

  it('gives up on a connection of its balancer to a lost server sooner than its clients do', async () => {
    const { resources } = await record(() => new Valkey('valkey', args));
    expect(named(resources, 'valkey-balancer-container').inputs['sysctls']).toEqual({ 'net.ipv4.tcp_retries2': '4' });
  });

  it('is found by the name of the balancer where the one before is that of the first server', async () => {
    const { resources, result } = await record(() => new Valkey('valkey', { ...args, alias: 'valkey' }));
    expect(named(resources, 'valkey-balancer-container').inputs['networksAdvanced']).toEqual([
      { name: 'net', aliases: [] },
    ]);
    const url = await new Promise<string>((resolve) => result.redisUrl.apply(resolve));
    expect(url).toBe('redis://openwebui:password-of-application@valkey-balancer:6379/0');
  });

  it('shows no password in arguments', async () => {
    const { resources } = await record(() => new Valkey('valkey', args));
    for (const end of ['', '-2', '-3', '-balancer']) {
      const { command, entrypoints } = named(resources, `valkey${end}-container`).inputs;
      const words = [command, entrypoints].flat().map(String);
      for (const password of Object.values(passwords.several))
        expect(words).not.toContain(await new Promise((resolve) => password.apply(resolve)));
    }
    const { uploads } = named(resources, 'valkey-init-container').inputs as { uploads: unknown };
    expect(JSON.stringify(revealed(uploads))).toContain("FAILOVER_PASSWORD='password-of-failover'");
  });

  it('replaces a server when the one before it is well', async () => {
    const { resources } = await record(() => new Valkey('valkey', args));
    expect(named(resources, 'valkey-2-container').dependencies).toContain('valkey-container');
    expect(named(resources, 'valkey-3-container').dependencies).toContain('valkey-2-container');
  });

  it('refuses to do without passwords', async () => {
    jest.spyOn(console, 'warn').mockImplementation();
    await expect(record(() => new Valkey('valkey', { ...args, passwords: undefined }))).rejects.toThrow(
      'several servers of Valkey need passwords',
    );
  });
});

describe('on a Swarm', () => {
  const onSwarm = (nodes?: string[], balancer?: BalancerArgs) =>
    record(
      () => {
        const platform = swarmPlatform({ node: 'data' });
        platform.network('net', { name: 'net', internal: false }, {});
        return new Valkey('valkey', { ...args, platform, nodes, balancer });
      },
      { preview: true },
    );
  // biome-ignore lint/suspicious/noExplicitAny: inputs of a service
  const service = (resources: readonly Registration[], end: string): any =>
    revealed(named(resources, `valkey${end}-service`).inputs);

  it('runs each server on another node, and two balancers where the data is', async () => {
    const { resources } = await onSwarm(['second', 'third']);
    const placement = (end: string) => service(resources, end).taskSpec.placement;
    expect(['', '-2', '-3'].map((end) => placement(end).constraints)).toEqual([
      ['node.id == data'],
      ['node.id == second'],
      ['node.id == third'],
    ]);
    expect(placement('-balancer')).toEqual({ constraints: ['node.id == data'] });
    const { sysctl } = service(resources, '-balancer').taskSpec.containerSpec;
    expect(sysctl['net.ipv4.tcp_retries2']).toBe('4');
    expect(service(resources, '').taskSpec.containerSpec.sysctl['net.ipv4.tcp_retries2']).toBe('6');
    expect(service(resources, '-balancer').mode).toEqual({ replicated: { replicas: 2 } });
    const volumes = resources.filter(({ type }) => type === 'docker:index/volume:Volume');
    // Swarm creates those of the other nodes there.
    expect(volumes.map(({ name }) => name)).toEqual(['valkey-data']);
    const [mount] = service(resources, '-2').taskSpec.containerSpec.mounts;
    expect(mount).toMatchObject({ type: 'volume', source: 'data-2', target: '/data' });
  });

  it('has a balancer on each of three nodes where nothing else holds web UIs to the one with the data', async () => {
    const { resources } = await onSwarm(['second', 'third'], { apart: true });
    const { mode, taskSpec } = service(resources, '-balancer');
    expect([mode, taskSpec.placement]).toEqual([{ replicated: { replicas: 3 } }, { constraints: [], maxReplicas: 1 }]);
  });

  it('runs all of them where the data is without other nodes', async () => {
    const { resources } = await onSwarm(undefined, { apart: true });
    for (const end of ['', '-2', '-3', '-balancer'])
      expect(service(resources, end).taskSpec.placement).toEqual({ constraints: ['node.id == data'] });
    expect(service(resources, '-balancer').mode).toEqual({ replicated: { replicas: 2 } });
    expect(named(resources, 'valkey-3-data').inputs).toMatchObject({ name: 'data-3' });
  });

  it('leads web UIs to the balancers, and lets servers know each other by the names of their tasks', async () => {
    const { resources, result } = await onSwarm(['second', 'third']);
    const url = await new Promise<string>((resolve) => result.redisUrl.apply(resolve));
    expect(url).toBe('redis://openwebui:password-of-application@tasks.valkey-balancer:6379/0');
    expect(service(resources, '-2').taskSpec.containerSpec.args).toEqual(
      expect.arrayContaining(['tasks.valkey-2', 'tasks.valkey tasks.valkey-3']),
    );
  });

  it('has no nodes on one Docker host', async () => {
    await expect(record(() => new Valkey('valkey', { ...args, nodes: ['a', 'b'] }))).rejects.toThrow('no nodes');
  });
});

describe('nodes', () => {
  const node = (
    ID: string,
    more: { role?: string; state?: string; availability?: string; host?: string } = {},
  ): Node => ({
    ID,
    Description: { Hostname: more.host ?? `host-${ID}` },
    Spec: { Availability: more.availability ?? 'active', Role: more.role ?? 'worker' },
    Status: { State: more.state ?? 'ready' },
  });
  const all = [node('m', { role: 'manager' }), node('c'), node('b'), node('data')];
  const choose = (
    nodes: readonly Node[],
    { named, present = [undefined, undefined] }: { named?: string[]; present?: (string | undefined)[] } = {},
  ) => chooseNodes(nodes, { data: 'data', named, present });

  it('are none on a Swarm of one', () => {
    expect(choose([node('data')])).toBeUndefined();
    expect(() => choose([node('data')], { named: ['b', 'c'] })).toThrow('the Swarm has one');
  });

  it('are workers before managers, and those that run the servers already stay', () => {
    expect(choose(all)).toEqual(['b', 'c']);
    expect(choose(all, { present: ['m', undefined] })).toEqual(['m', 'b']);
    expect(choose(all, { present: ['c', 'b'] })).toEqual(['c', 'b']);
    // From a Swarm of one node, and from a node that was removed.
    expect(choose(all, { present: ['data', 'data'] })).toEqual(['b', 'c']);
    expect(choose(all, { present: ['gone', 'b'] })).toEqual(['c', 'b']);
  });

  it('are those that the settings name, by host name or id', () => {
    expect(choose(all, { named: ['host-m', 'c'], present: ['b', 'c'] })).toEqual(['m', 'c']);
  });

  it.each<[string, readonly Node[], Parameters<typeof choose>[1]]>([
    ['names d, and the Swarm has no such node', all, { named: ['d', 'b'] }],
    ['name two of host-b, host-c, host-m', all, { named: ['d', 'b'] }],
    ['host-data, which has the data', all, { named: ['host-data', 'b'] }],
    ['names one node twice', all, { named: ['host-b', 'b'] }],
    ['write the id instead: b or x', [...all, node('x', { host: 'host-b' })], { named: ['host-b', 'c'] }],
    ['only 2 of 2 nodes can run one', [node('data'), node('b')], {}],
    ['only 2 of 3 nodes can run one', [node('data'), node('b'), node('c', { state: 'down' })], {}],
    [
      'The node host-b, which is to run Valkey 2 of 3, is down',
      [node('data'), node('b', { state: 'down' }), node('c'), node('d')],
      { present: ['b', 'c'] },
    ],
    [
      'docker node update --availability active c',
      [node('data'), node('b'), node('c', { availability: 'drain' })],
      { named: ['b', 'c'] },
    ],
  ])('are refused: %s', (text, nodes, given) => {
    expect(() => choose(nodes, given)).toThrow(text);
  });
});

describe('rights', () => {
  const all = aclArguments({
    ...{ application: 'a', operator: 'b' },
    several: { replication: 'c', failover: 'd', balancer: 'e' },
  });
  const rulesOf = (user: string) => {
    const start = all.indexOf(user);
    const end = all.indexOf('--user', start);
    return all.slice(start, end < 0 ? undefined : end);
  };

  it('of a replica, the Sentinels and the balancer reach nothing of the web UI', () => {
    expect(rulesOf('replication').filter((rule) => /^[+~&]/.test(rule))).toEqual(['+psync', '+replconf', '+ping']);
    expect(rulesOf('balancer').filter((rule) => /^[+~&]/.test(rule))).toEqual(['+info']);
    expect(rulesOf('failover').filter((rule) => /^[~&]/.test(rule))).toEqual(['~failover:*', '&__sentinel__:hello']);
    for (const user of ['replication', 'failover', 'balancer'])
      expect(rulesOf(user).filter((rule) => /^\+(@|config\|set|keys|flush|acl|debug|shutdown)/.test(rule))).toEqual([]);
  });

  it('of the Sentinels hold hashes alone, and admit no client without a password', () => {
    const users = sentinelUsers({ operator: 'b', failover: 'd' });
    expect(users.split('\n')[0]).toBe('user default off');
    expect(users).toMatch(/^user failover on #[0-9a-f]{64} /m);
    expect(users).not.toMatch(/>/);
  });

  it('none of them is there where there is one server', () => {
    expect(aclArguments({ application: 'a', operator: 'b' })).not.toContain('failover');
  });
});

describe('the balancer', () => {
  const configuration = balancerConfiguration(['one', 'two', 'three'], 'secret');
  it('leads to a primary that has a replica', () => {
    expect(configuration).toContain('tcp-check expect string role:master');
    expect(configuration).toContain('tcp-check expect rstring min_slaves_good_slaves:[1-9]');
    expect(configuration).toContain('  server valkey-2 two:6379\n');
  });
  it('goes on looking at a server whose name is unknown, as it would lead to it unseen when it is known again', () => {
    for (const reason of ['nx', 'timeout', 'refused', 'other']) expect(configuration).toContain(`hold ${reason} 7d`);
    expect(configuration).toContain('hold obsolete 1s');
  });
  it('leaves it to the kernel to give up on a connection to a lost node, as HAProxy does not by a name', () => {
    expect(configuration).not.toContain('tcp-ut');
  });
  it('ends no connection by itself, as its version would leave some hanging', () => {
    expect(configuration).not.toContain('shutdown-sessions');
  });
});

/** Servers by their containers, as their Valkey and their Sentinel answer. */
type Answers = Record<string, { info: string; primary: string; replicas: readonly string[] }>;

const engine = (answers: Answers): Docker =>
  ({
    run: async (args: string[], { input = '' }: { input?: string } = {}) => {
      const host = args.indexOf('-h');
      const one = answers[args[host < 0 ? 2 : host + 1] ?? ''];
      if (!one) throw new Error('no such container');
      if (input.includes('REPLICAS')) return `OK\n${one.replicas.map((ip) => `ip\n${ip}`).join('\n')}`;
      return input.includes('GET-MASTER') ? `OK\n${one.primary}\n6379` : `OK\n${one.info}`;
    },
  }) as unknown as Docker;

const primary = 'role:master\nmin_slaves_good_slaves:2\nmaster_repl_offset:10';
const replica = (state = 'up') => `role:slave\nmaster_host:10.0.0.1\nmaster_link_status:${state}\nslave_repl_offset:10`;
const well: Answers = {
  one: { info: replica(), primary: '10.0.0.1', replicas: ['10.0.0.2', '10.0.0.3'] },
  two: { info: primary, primary: '10.0.0.1', replicas: ['10.0.0.2', '10.0.0.3'] },
  three: { info: replica(), primary: '10.0.0.1', replicas: ['10.0.0.2', '10.0.0.3'] },
};
const valkeys = {
  ...{ container: 'one', operatorPassword: 'secret' },
  several: { servers: Object.keys(well).map((container) => ({ container })) },
};

describe('what is wrong', () => {
  const change = (name: string, more: Partial<Answers[string]>): Answers => ({
    ...well,
    [name]: { ...(well[name] as Answers[string]), ...more },
  });

  it.each<[string | undefined, Answers]>([
    [undefined, well],
    ['one and two are primaries', change('one', { info: primary })],
    ['no server is the primary', change('two', { info: replica() })],
    ['three does not follow the primary', change('three', { info: replica('down') })],
    ['the Sentinel of three takes 10.0.0.9 for the primary', change('three', { primary: '10.0.0.9' })],
    [
      'the Sentinel of one knows 3 replicas (10.0.0.2, 10.0.0.3, 10.0.0.4), and there are 2',
      change('one', { replicas: ['10.0.0.2', '10.0.0.3', '10.0.0.4'] }),
    ],
    [
      'the Sentinel of one knows 2 replicas (10.0.0.2, 10.0.0.2), and there are 2',
      change('one', { replicas: ['10.0.0.2', '10.0.0.2'] }),
    ],
    ['three does not answer', { one: well['one'], two: well['two'] } as Answers],
  ])('%s', async (expected, answers) => {
    expect(await fault(engine(answers), valkeys)).toBe(expected);
  });

  it('asks servers on other nodes from inside the first one', async () => {
    const services = {
      ...{ container: 'one', operatorPassword: 'secret' },
      several: { servers: ['first', 'second', 'third'].map((service) => ({ container: '', service })) },
    };
    const answers = { one: well['one'], 'tasks.second': well['two'], 'tasks.third': well['three'] } as Answers;
    expect(await fault(engine(answers), services)).toBeUndefined();
    expect(await withPrimary(engine(answers), services)).toMatchObject({ container: 'one', host: 'tasks.second' });
    const { 'tasks.third': _, ...two } = answers;
    expect(await fault(engine(two as Answers), services)).toBe('third does not answer');
  });

  it('asks the primary, whichever it is', async () => {
    expect((await withPrimary(engine(well), valkeys)).container).toBe('two');
    expect((await withPrimary(engine({}), valkeys)).container).toBe('one');
  });
});
