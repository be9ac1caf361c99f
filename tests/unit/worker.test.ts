/** A stack whose data is on a worker of a Swarm, without an engine: what goes to the manager, and what is refused. */

import type * as docker from '@pulumi/docker';
import { Deployment } from '../../components/deployment.ts';
import { CONTAINER, IMAGE, NETWORK, SERVICE, VOLUME } from '../../core/resourceTypes.ts';
import type { Docker } from '../../docker/client.ts';
import { resolveHost } from '../../docker/contexts.ts';
import type { EngineInfo } from '../../docker/info.ts';
import { managedBy } from '../../docker/managed.ts';
import { createProvider } from '../../platform/docker/provider.ts';
import { swarmPlatform } from '../../platform/swarm/platform.ts';
import { requireManager, requireNode, requireServicePorts } from '../../preflight/nodes.ts';
import { ofStackFile } from '../../preflight/origin.ts';
import { parse } from '../../settings/parse.ts';
import { record } from '../support/mocks.ts';
import { problem, refusal, source } from '../support/settings.ts';

const manager = { address: 'ssh://deploy@manager.example.com' };
const swarm = { platform: 'swarm', webui: { publish: 'none' } };

/** An engine that answers with its name and the command, or what a test says. */
function engine(name: string, answer = (args: readonly string[]): string | Error => `${name}: ${args.join(' ')}`) {
  const say = (args: readonly string[]) => {
    const said = answer(args);
    if (said instanceof Error) throw said;
    return said;
  };
  return {
    endpoint: { address: `ssh://${name}` },
    run: async (args: readonly string[]) => say(args),
    capture: async (args: readonly string[]) => {
      try {
        return { code: 0, stdout: say(args), stderr: '', all: '', timedOut: false };
      } catch (error) {
        return { code: 1, stdout: '', stderr: (error as Error).message, all: '', timedOut: false };
      }
    },
    attached: async () => (name === 'manager' ? 1 : 0),
    start: (args: readonly string[]) => say(args),
  } as unknown as Docker;
}

describe('settings', () => {
  it('take a manager beside the engine with the data', () => {
    const host = { address: 'ssh://deploy@worker.example.com', manager };
    expect(parse(source({ ...swarm, host })).host).toEqual(host);
    expect(resolveHost(host, 'a file')).toEqual({
      ...{ by: 'a file', address: host.address },
      manager: { by: 'a file', ...manager },
    });
    expect(() => resolveHost({ manager: { address: 'tcp://m:2376', certificates: '/none' } })).toThrow(
      'host.manager.certificates is a folder with all three',
    );
  });

  it('refuse one that nothing asks, that answers nowhere, or beside a Swarm that is yet to be made', () => {
    expect(problem({ host: { manager } })[0]).toBe('open-webui:host.manager');
    expect(refusal({ host: { manager } })).toContain('set platform to swarm');
    expect(problem({ ...swarm, host: { manager: {} } })).toContain('an object with address or context');
    expect(problem({ ...swarm, host: { manager: { address: 'tcp://m:2375' } } })).toEqual([
      'open-webui:host.manager.address',
      '"tcp://m:2375" (anyone who reaches an engine without client certificates is root on its host)',
      'tcp:// with host.manager.certificates, or ssh://',
      'set host.manager.certificates, or write an ssh:// address',
    ]);
    const init = { ...swarm, platform: { kind: 'swarm', init: true }, host: { manager } };
    expect(problem(init)[0]).toBe('open-webui:platform.init');
  });
});

describe('commands', () => {
  const both = managedBy(engine('manager'), engine('worker'));

  it.each([
    'service ls',
    'service',
    'node inspect a',
    'swarm init',
    'network ls --quiet',
    'network inspect a',
    'network rm a',
  ])('%s goes to the manager', async (text) => {
    expect(await both.run(text.split(' '))).toBe(`manager: ${text}`);
    expect((await both.capture(text.split(' '))).stdout).toBe(`manager: ${text}`);
    expect(await both.attached(text.split(' '))).toBe(1);
    expect(both.start(text.split(' '))).toBe(`manager: ${text}`);
  });

  it.each([
    'ps --all',
    'info',
    'exec a service',
    'volume ls',
    'image inspect a',
    'run --network a b',
    'network connect a b',
    'network disconnect a b',
  ])('%s stays on the worker', async (text) => {
    expect(await both.run(text.split(' '))).toBe(`worker: ${text}`);
    expect((await both.capture(text.split(' '))).stdout).toBe(`worker: ${text}`);
    expect(await both.attached(text.split(' '))).toBe(0);
    expect(both.start(text.split(' '))).toBe(`worker: ${text}`);
  });
});

it('registers what a manager creates with its provider, and all else with that of the engine with the data', async () => {
  jest.spyOn(console, 'warn').mockImplementation();
  const used = new Map<string, Set<string>>();
  const { result } = await record(
    () => {
      const [data, managing] = [
        createProvider('engine', { address: 'ssh://worker' }),
        createProvider('manager', { address: 'ssh://manager' }),
      ];
      const note = ({ type, opts }: { type: string; opts: { provider?: docker.Provider } }) => {
        if (type.startsWith('docker:'))
          used.set(type, (used.get(type) ?? new Set()).add(opts.provider === managing ? 'manager' : 'engine'));
        return undefined;
      };
      return new Deployment(
        'chat',
        {
          platform: swarmPlatform({ node: 'n', manager: managing }),
          ...{ hardening: 'strict', gateway: { domain: ['chat.example.com'], tls: 'internal' } },
        },
        { provider: data, transformations: [note as never] },
      );
    },
    { preview: true },
  );
  expect(result).toBeInstanceOf(Deployment);
  const by = (whom: string) => [...used].filter(([, all]) => [...all].join() === whom).map(([type]) => type);
  expect(by('manager').sort()).toEqual([NETWORK, 'docker:index/secret:Secret', SERVICE].sort());
  expect(by('engine').sort()).toEqual([CONTAINER, IMAGE, VOLUME].sort());
});

describe('the preflight', () => {
  const subject = ofStackFile;
  const info = (Name: string, Swarm: object) => ({ Name, Swarm }) as EngineInfo;
  const [active, worker] = [{ LocalNodeState: 'active' }, info('data', { LocalNodeState: 'active', NodeID: 'n1' })];
  const boss = info('boss', { ...active, ControlAvailable: true });
  const asked = (own: EngineInfo, managing: EngineInfo, init = false) => {
    try {
      return requireManager(own, managing, init, subject());
    } catch (error) {
      return (error as Error).message;
    }
  };

  it('takes a worker with its manager, and says what is missing otherwise', async () => {
    await record(() => {
      expect(asked(worker, boss)).toBe(true);
      expect(asked(boss, boss)).toBe(true);
      expect(asked(worker, worker)).toMatch(/data is a worker of its Swarm[\s\S]*name a manager in host\.manager of/);
      expect(asked(worker, info('third', active))).toMatch(
        /leads to third, which is a worker itself[\s\S]*docker info on data/,
      );
      expect(asked(worker, info('third', {}))).toContain('leads to third, which is not part of a Swarm');
      expect(asked(info('data', {}), boss)).toMatch(/data is not part of a Swarm[\s\S]*join-token worker on boss/);
      expect(asked(info('data', { LocalNodeState: 'locked' }), boss)).toContain('the Swarm of data is locked');
    });
  });

  const node = (Availability: string, State = 'ready') =>
    engine('manager', () => JSON.stringify([{ ID: 'n1', Spec: { Availability }, Status: { State } }]));

  it.each([
    [
      'pause',
      node('pause'),
      /data, which has the data, is set to pause[\s\S]*docker node update --availability active n1/,
    ],
    ['drain', node('drain'), /set to drain/],
    ['down', node('active', 'down'), /The node data, which has the data, is down in the Swarm[\s\S]*docker node ls/],
    [
      'unknown',
      engine('manager', () => new Error('no such node')),
      /data and boss are in different Swarms[\s\S]*docker swarm leave/,
    ],
  ])('refuses a node that is set to %s', async (_, docker, text) => {
    await expect(requireNode(docker, worker, boss)).rejects.toThrow(text);
  });

  it('takes a node that is ready', async () => {
    expect(await requireNode(node('active'), worker, boss)).toBe('n1');
  });

  it('refuses a port that another service has at every node, or on this one', async () => {
    const service = (Name: string, PublishMode: string, PublishedPort: number, Labels = {}) => ({
      ...{
        ID: Name,
        Spec: { Name, Labels, EndpointSpec: { Ports: [{ PublishedPort, TargetPort: 80, PublishMode }] } },
      },
    });
    const mine = { project: 'open-webui', stack: 'test' };
    const present = [
      service('everywhere', 'ingress', 80),
      service('here', 'host', 443),
      service('elsewhere', 'host', 443),
      service('free', 'host', 8080),
    ];
    const docker = engine('manager', ([, command, ...args]) => {
      if (command === 'ls') return present.map(({ ID }) => ID).join('\n');
      if (command === 'inspect') return JSON.stringify(present.filter(({ ID }) => args.includes(ID)));
      return args.includes('node=n1') && args.includes('here') ? 'task\n' : '';
    });
    const ports = { 'gateway.publish.http': 80, 'gateway.publish.https': 443 };
    const { result } = await record(() =>
      requireServicePorts(docker, { node: 'n1', ports, mine, owner: 'open-webui' }).catch(
        (error: Error) => error.message,
      ),
    );
    expect(result).toBe(
      'Some ports of the stack test are published by other services on the node with its data. Nothing was created or changed.\n' +
        '  80: the service everywhere publishes it\n' +
        '    to do: choose another open-webui:gateway.publish.http, or docker service update --publish-rm 80 everywhere\n' +
        '  443: the service here publishes it\n' +
        '    to do: choose another open-webui:gateway.publish.https, or docker service update --publish-rm 80 here\n',
    );
    await expect(requireServicePorts(docker, { node: 'n1', ports: {}, mine, owner: '' })).resolves.toBeUndefined();
  });
});
