/** Requests that wait in the gateway while a server behind the web UI is replaced. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configurationOf } from '../../components/gateway/configuration.ts';
import { frontOf } from '../../components/gateway/hold.ts';
import { until } from '../../core/until.ts';
import type { Docker } from '../../docker/client.ts';
import { whileHeld } from '../../ops/holding.ts';
import type { Stack } from '../../ops/outputs.ts';
import { hold, release, revisionOf } from '../../platform/swarm/front.ts';
import type { Workload } from '../../platform/workload.ts';

// biome-ignore lint/suspicious/noExplicitAny: Caddy's own JSON
type Any = any;

describe('the second way to the web UI', () => {
  const configured = (several: boolean): Any =>
    configurationOf({
      ...{ domain: ['chat.example.com'], tls: 'acme', publish: { http: 80, https: 443 }, acme: {} },
      ...{ trustedProxies: [], headers: {}, maxRequestSize: '1 GB', waitTimeout: '45s', identityHeaders: [] },
      ...{ upstream: 'tasks.open-webui:8080', several },
    });

  it('is taken while a file says so, before the queue, and waits while its socket is away', () => {
    const { page, release: second } = configured(true).apps.http.servers;
    const routes: Any[] = page.routes[0].handle[0].routes;
    const at = routes.findIndex(({ match }) => JSON.stringify(match)?.includes('/hold-*'));
    expect(routes[at]).toMatchObject({
      match: [{ file: { root: '/dev/shm', try_files: ['/hold-*'] } }],
      handle: [{ upstreams: [{ dial: 'unix//dev/shm/held.sock' }], load_balancing: { try_duration: '45s' } }],
      terminal: true,
    });
    expect(JSON.stringify(routes[at + 1])).toContain('127.0.0.1:2017');
    expect(second.listen).toEqual(['unix//dev/shm/held.sock|0600']);
    // What the page says of the client holds; nothing but the page reaches the socket.
    expect(second).toMatchObject({ trusted_proxies_unix: true, automatic_https: { disable: true } });
    expect(second.routes.at(-1).handle[0].dynamic_upstreams.name).toBe('tasks.open-webui');
  });

  it('does not exist on one host', () => {
    expect(JSON.stringify(configured(false))).not.toContain('.sock"');
  });
});

describe('the programs that hold and release', () => {
  let folder: string;
  let listening: Server;
  const at = (name: string) => join(folder, name);
  const away = () => [existsSync(at('held.sock')), existsSync(at('away.sock'))];
  const run = ([program = '', ...args]: readonly string[]) =>
    execFileSync(
      program,
      args.map((arg) => arg.replaceAll('/dev/shm', folder)),
    );
  const of = (server: string, waitTimeout: '1s' | '60s' = '60s') => frontOf('gateway', server, waitTimeout);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'open-webui-hold-'));
    listening = createServer();
    await new Promise<void>((resolve) => listening.listen(at('held.sock'), resolve));
  });
  afterEach(() => {
    listening.close();
    rmSync(folder, { recursive: true });
  });

  it('move the socket away until the last server is well again', () => {
    run(of('valkey').hold);
    expect(away()).toEqual([false, true]);
    run(of('postgres').hold);
    run(of('valkey').release);
    expect(away()).toEqual([false, true]);
    run(of('postgres').release);
    expect(away()).toEqual([true, false]);
    run(of('valkey').release);
    expect(away()).toEqual([true, false]);
  });

  it('let requests go on by themselves when an update was killed', async () => {
    run(of('valkey', '1s').hold);
    expect(await until(away, ([back]) => back === true, { seconds: 10 })).toEqual([true, false]);
  });

  it('do nothing in a gateway of before', () => {
    listening.close();
    run(of('valkey').hold);
    expect(away()).toEqual([false, false]);
  });
});

describe('an update', () => {
  const workload = { name: 'valkey', front: frontOf('gateway', 'valkey', '60s') } as unknown as Workload;
  const engine = (labels: Record<string, string>, code = 0) => {
    const asked: string[] = [];
    const answer = (args: readonly string[]) => {
      if (args[0] === 'service') return JSON.stringify([{ Spec: { Name: 'valkey', Labels: labels } }]);
      if (args[0] === 'ps') return 'gateway.1.x\tUp (healthy)\n';
      asked.push(args.slice(0, 2).join(' '));
      return '';
    };
    const docker = {
      run: async (args: readonly string[]) => answer(args),
      capture: async (args: readonly string[]) => ({ code, stdout: answer(args), stderr: '', all: 'no' }),
    } as unknown as Docker;
    return { docker, asked };
  };
  const label = 'com.pulumi.revision';

  it('holds requests if it replaces the task, and only then', async () => {
    const changed = engine({ [label]: 'old' });
    await hold(changed.docker, workload, 'new');
    expect(changed.asked).toEqual(['exec gateway.1.x']);
    for (const labels of [{ [label]: 'new' }, {}] as Record<string, string>[]) {
      const { docker, asked } = engine(labels);
      await hold(docker, workload, 'new');
      expect(asked).toEqual([]);
    }
  });

  it('goes on when they cannot be held, and warns', async () => {
    const warned = jest.spyOn(console, 'warn').mockImplementation(() => {});
    const { docker } = engine({ [label]: 'old' }, 1);
    await hold(docker, workload, 'new');
    await release(docker, workload);
    expect(warned.mock.calls.flat().join('\n')).toContain('Requests may fail while valkey is replaced');
  });

  it('knows a revision by all that its tasks are', () => {
    expect(revisionOf({ a: 1, b: { c: 2 } })).toBe(revisionOf({ a: 1, b: { c: 2 } }));
    expect(revisionOf({ a: 1, b: { c: 2 } })).not.toBe(revisionOf({ a: 1, b: { c: 3 } }));
  });
});

describe('a command that changes all web UIs', () => {
  const stack = (webui: object, done: string[], code = 0): Pick<Stack, 'docker' | 'servers'> => {
    const capture = async (args: readonly string[]) => {
      done.push(`${args[1]}: ${args.slice(5).join(' ')}`);
      return { code, stdout: '', stderr: '', all: 'no such container', timedOut: false };
    };
    const servers = { webui, gateway: { containers: ['gateway.1.x'], waitTimeout: '2m' } };
    return { docker: { capture }, servers } as unknown as Stack;
  };
  const swarm = { service: 'open-webui' };

  it('lets requests go on when it is done, and when it fails', async () => {
    for (const fails of [false, true]) {
      const done: string[] = [];
      const work = whileHeld(stack(swarm, done), 'rotation', async () => {
        done.push('work');
        if (fails) throw new Error('no');
      });
      await work.catch(() => {});
      expect(done).toEqual(['gateway.1.x: hold rotation 120', 'work', 'gateway.1.x: release rotation']);
    }
  });

  it('has none wait on one host', async () => {
    const done: string[] = [];
    expect(await whileHeld(stack({}, done), 'rotation', async () => 'done')).toBe('done');
    expect(done).toEqual([]);
  });

  it('goes on when they cannot be held, and says so', async () => {
    const said = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    await whileHeld(stack(swarm, [], 1), 'rotation', async () => {});
    expect(said.mock.calls.flat().join('')).toContain('gateway.1.x does not hold them: no such container');
    said.mockRestore();
  });
});
