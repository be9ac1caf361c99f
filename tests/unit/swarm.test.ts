/** Stacks on Swarm without an engine: settings, what is registered, and checks of tasks. */

import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { Deployment } from '../../components/deployment.ts';
import { OpenWebUI } from '../../components/openWebUI/index.ts';
import { variablesIn } from '../../core/environment.ts';
import { poolsOfSeveral } from '../../core/postgres.ts';
import { taskContainers } from '../../docker/services.ts';
import { healthcheckOf, shortDuration } from '../../platform/swarm/healthcheck.ts';
import { swarmPlatform } from '../../platform/swarm/platform.ts';
import { secretName } from '../../platform/swarm/secrets.ts';
import { forceOf } from '../../platform/swarm/services.ts';
import type { Reservation } from '../../platform/workload.ts';
import { ofStackFile } from '../../preflight/origin.ts';
import { provideSwarm, requireOnePlatform, requireSwarm } from '../../preflight/swarm.ts';
import { parse } from '../../settings/parse.ts';
import { warningsOf } from '../../settings/warnings.ts';
import { connect } from '../support/dockerClient.ts';
import { named, record, revealed } from '../support/mocks.ts';
import { problem, refusal, source } from '../support/settings.ts';

const swarm = { platform: 'swarm', database: { kind: 'postgres' }, gateway: { domain: 'chat.example.com' } };

describe('settings', () => {
  it('take Swarm with one web UI or several', () => {
    expect(parse(source({ ...swarm, webui: { replicas: 3 } })).webui.replicas).toBe(3);
    expect(parse(source({ platform: { kind: 'swarm', init: true }, webui: { publish: 'none' } })).webui.replicas).toBe(
      1,
    );
  });

  it('refuse several web UIs on one Docker host with the lines that lead to Swarm', () => {
    expect(problem({ webui: { replicas: 2 } })).toEqual([
      'open-webui:webui.replicas',
      '2 (plain Docker runs one web UI; only Swarm replaces several without downtime)',
      '1, or more together with platform: swarm, database.kind: postgres, gateway.domain',
      'add the lines platform: { kind: swarm, init: true } and database: { kind: postgres }, and name the page in gateway.domain (docs/scaling.md says how to move the data), or write 1',
    ]);
  });

  it.each([
    [{ ...swarm, database: {} }, 'database.kind: postgres', 'several web UIs would corrupt one SQLite file'],
    [
      { ...swarm, gateway: {}, webui: { publish: 'none' } },
      'gateway.domain',
      'the gateway has to distribute the requests',
    ],
  ])('refuse several without %j', (given, missing, why) => {
    const webui = { ...('webui' in given ? given.webui : {}), replicas: 2 };
    const text = refusal({ ...given, webui });
    expect(text).toContain(`1, or more together with ${missing}`);
    expect(text).toContain(why);
  });

  it.each([
    ['webui.publish', { platform: 'swarm' }],
    ['valkey.publish', { ...swarm, valkey: { publish: {} } }],
    ['gateway.publish.address', { ...swarm, gateway: { domain: 'a.example.com', publish: { address: '127.0.0.1' } } }],
    ['webui.ulimits', { ...swarm, webui: { ulimits: { nofile: 1024 } } }],
    ['webui.gpus', { ...swarm, webui: { gpus: 'all' } }],
    ['platform.init', { platform: { kind: 'docker', init: true } }],
  ])('refuse %s', (path, given) => {
    expect(refusal(given)).toContain(`open-webui:${path}\n`);
  });

  it.each([
    [{ ...swarm, webui: { memory: '1 GiB', reservation: { memory: '2 GiB' } } }, 'webui.reservation.memory', '1 GiB'],
    [
      { ...swarm, database: { kind: 'postgres', cpus: 1, reservation: { cpus: 1.5 } } },
      'database.reservation.cpus',
      '1',
    ],
    [{ valkey: { reservation: { memory: '64 MiB' } } }, 'valkey.reservation', 'platform: swarm'],
    [{ ...swarm, gateway: { ...swarm.gateway, reservation: { memory: '64' } } }, 'gateway.reservation.memory', 'MiB'],
  ])('refuse a reservation beyond the limit, or without nodes to choose from: %#', (settings, path, text) => {
    const [where, ...why] = problem(settings);
    expect(where).toBe(`open-webui:${path}`);
    expect(why.join('\n')).toContain(text);
  });

  it('refuse fixed addresses', () => {
    const network = { name: 'own', subnet: '10.7.77.0/24' };
    const webui = { networks: { own: { ipv4: '10.7.77.20' } } };
    expect(problem({ ...swarm, network, webui })[0]).toBe('open-webui:webui.networks.own.ipv4');
  });

  it('count the instance that comes while another one goes', () => {
    expect(refusal({ ...swarm, webui: { replicas: 6 } })).toContain('open-webui:database.memory\n');
    expect(() => parse(source({ ...swarm, webui: { replicas: 5 } }))).not.toThrow();
  });

  it('warn of what a service lacks, and not on one host', () => {
    expect(warningsOf(parse(source(swarm))).join()).toContain('no-new-privileges');
    expect(warningsOf(parse(source({ ...swarm, hardening: 'strict' }))).join()).not.toContain('no-new-privileges');
    expect(warningsOf(parse(source({}))).join()).not.toContain('Swarm');
  });
});

// biome-ignore lint/suspicious/noExplicitAny: inputs of a service, of which each test reads another part
type Any = any;

async function deployed({
  replicas = 2,
  hardening = 'strict' as const,
  reservation = undefined as Reservation | undefined,
} = {}) {
  jest.spyOn(console, 'warn').mockImplementation();
  const { resources } = await record(
    () =>
      new Deployment('chat', {
        ...{ platform: swarmPlatform({ node: 'node1' }), hardening, database: { kind: 'postgres' } },
        ...{ gateway: { domain: ['chat.example.com'], tls: 'internal' }, webui: { replicas, reservation } },
      }),
    { preview: true },
  );
  const service = (name: string): Any => revealed(named(resources, `chat-${name}-service`).inputs);
  return { resources, service };
}

describe('services', () => {
  it('are one for each server, all of them where the data is, and no container', async () => {
    const { resources, service } = await deployed();
    const services = resources.filter(({ type }) => type === 'docker:index/service:Service');
    expect(services.map(({ name }) => name)).toEqual([
      ...['chat-gateway-service', 'chat-postgres-service', 'chat-valkey-service', 'chat-webui-service'],
    ]);
    for (const { name, inputs } of services) {
      const { taskSpec, endpointSpec } = revealed(inputs) as Any;
      expect([name, endpointSpec.mode, taskSpec.placement.constraints]).toEqual([name, 'dnsrr', ['node.id == node1']]);
      expect(taskSpec.containerSpec).toMatchObject({ capDrops: ['ALL'], init: true, readOnly: true });
      expect(taskSpec.containerSpec.user).toMatch(/^\d+:\d+$/);
      // Less than the 30 s that a request may wait for a node that is lost.
      expect(taskSpec.containerSpec.sysctl).toMatchObject({ 'net.ipv4.tcp_retries2': '6' });
      // In another order at each update: Swarm would take that for a change.
      expect(taskSpec.containerSpec.env).toBeUndefined();
    }
    expect(service('webui').mode).toEqual({ replicated: { replicas: 2 } });
    expect(resources.filter(({ type }) => type.includes('container:')).map(({ name }) => name)).toEqual([
      ...['chat-gateway-files-container', 'chat-gateway-init-container'],
      ...['chat-postgres-init-container', 'chat-webui-init-container'],
    ]);
  });

  it('roll where instances may run beside each other, and only there', async () => {
    const { service } = await deployed();
    const change = (name: string) => [service(name).updateConfig.order, service(name).updateConfig.failureAction];
    expect(change('webui')).toEqual(['start-first', 'rollback']);
    for (const name of ['valkey', 'postgres', 'gateway']) expect(change(name)).toEqual(['stop-first', 'rollback']);
  });

  it('have a revision where the gateway holds requests while their task is replaced', async () => {
    const { service } = await deployed();
    const labels = (name: string) => service(name).labels.map(({ label }: Any) => label);
    for (const name of ['valkey', 'postgres']) expect(labels(name)).toContain('com.pulumi.revision');
    for (const name of ['webui', 'gateway']) expect(labels(name)).not.toContain('com.pulumi.revision');
  });

  it('reserve what the settings say, and otherwise nothing', async () => {
    const { service } = await deployed({ reservation: { memory: '512 MiB', cpus: 0.5 } });
    expect(service('webui').taskSpec.resources.reservation).toEqual({ memoryBytes: 512 * 1024 ** 2, nanoCpus: 5e8 });
    expect(service('valkey').taskSpec.resources).not.toHaveProperty('reservation');
  });

  it('change with nothing else when their number does', async () => {
    const [two, five] = [await deployed({ replicas: 2 }), await deployed({ replicas: 5 })];
    for (const name of ['webui', 'postgres', 'valkey', 'gateway'])
      expect(five.service(name).taskSpec).toEqual(two.service(name).taskSpec);
  });

  it('have their secrets in files, and their variables in an order of their own', async () => {
    const [password, url] = [pulumi.secret('generated-password'), pulumi.secret('postgresql://secret')];
    const { resources } = await record(
      () =>
        new OpenWebUI('chat-webui', {
          ...{ platform: swarmPlatform(), hardening: 'strict', name: 'b', volume: 'b', networkNames: ['a'] },
          ...{ redisUrl: 'c', websocketRedisUrl: 'c', sessionKey: password, env: { ZULU: '1', ALPHA: '2' } },
          ...{ admin: { email: 'a@example.com', password }, database: { url, pools: { database: 1, vectors: 1 } } },
        }),
      { preview: true, networks: ['a'] },
    );
    const { containerSpec } = (revealed(named(resources, 'chat-webui-service').inputs) as Any).taskSpec;
    expect(containerSpec.secrets).toEqual([
      expect.objectContaining({ fileName: '/run/secrets/open-webui.env', fileMode: 0o400, fileUid: '1000' }),
    ]);
    const names = variablesIn(containerSpec.commands).map(([name]) => name);
    expect(names).toEqual(names.toSorted());
    expect(names).toEqual(expect.arrayContaining(['ALPHA', 'ZULU', 'VECTOR_DB']));
    expect(named(resources, 'chat-webui-secret').deleteBeforeReplace).toBe(false);
    expect(JSON.stringify(named(resources, 'chat-webui-service').inputs)).not.toContain('generated-password');
  });

  it('are found by the names of their tasks', async () => {
    const { resources } = await deployed();
    const files = (named(resources, 'chat-gateway-files-container').inputs as Any).uploads;
    const text = JSON.stringify(revealed(files));
    expect(text).toContain('tasks.chat-webui-test');
    expect(text).toContain('least_conn');
    const { data } = revealed(named(resources, 'chat-webui-secret').inputs) as Any;
    const env = Buffer.from(data, 'base64').toString();
    expect(env).toMatch(/REDIS_URL='redis:.*@tasks\.chat-valkey-test:6379\/0/);
    expect(env).toMatch(/DATABASE_URL='postgresql:.*@tasks\.chat-postgres-test:5432/);
  });

  it('publish the gateway alone, on its node', async () => {
    const { service } = await deployed();
    expect(service('gateway').endpointSpec.ports).toEqual([
      { targetPort: 80, publishedPort: 80, publishMode: 'host', protocol: 'tcp' },
      { targetPort: 443, publishedPort: 443, publishMode: 'host', protocol: 'tcp' },
    ]);
    for (const name of ['webui', 'valkey', 'postgres']) expect(service(name).endpointSpec.ports).toEqual([]);
  });
});

it('names secrets by their content, in the length that Swarm takes', () => {
  const [one, other] = [secretName('a'.repeat(100), 'x'), secretName('a'.repeat(100), 'y')];
  expect([one.length, one === other, one === secretName('a'.repeat(100), 'x')]).toEqual([64, false, true]);
});

it('writes durations as the provider reads them back', () => {
  const all = [0, 30, 60, 90, 3600, 3605, 5400];
  expect(all.map(shortDuration)).toEqual(['0s', '30s', '1m', '1m30s', '1h', '1h0m5s', '1h30m']);
});

it('takes another image of the same name for a change, and the same one for none', () => {
  expect(forceOf(undefined)).toBe(0);
  expect(forceOf('sha256:a')).toBe(forceOf('sha256:a'));
  expect(forceOf('sha256:a')).not.toBe(forceOf('sha256:b'));
});

it('gives each process of many the least that it needs, and of few no more than it can use', () => {
  expect(poolsOfSeveral(106, 1)).toEqual({ database: 6, vectors: 3 });
  expect(poolsOfSeveral(5000, 1)).toEqual({ database: 36, vectors: 18 });
});

describe('the engine', () => {
  const settings = () => parse(source({ ...swarm, webui: { replicas: 2 } }));
  const asked = async (Swarm: object, { init = false, preview = false, more = {} } = {}) => {
    const { result } = await record(
      () =>
        requireSwarm(connect({}), { ...settings(), platform: { kind: 'swarm', init }, ...more }, ofStackFile()).catch(
          (error: Error) => error.message,
        ),
      { engine: { Name: 'one', Swarm } as Any, preview },
    );
    return result;
  };

  it('has to manage a Swarm', async () => {
    jest.spyOn(console, 'log').mockImplementation();
    expect(await asked({ LocalNodeState: 'active', ControlAvailable: true, Nodes: 1 })).toBe(true);
    expect(await asked({ LocalNodeState: 'active', ControlAvailable: false })).toContain(
      'one is a worker of its Swarm',
    );
    expect(await asked({ LocalNodeState: 'locked' })).toContain('the Swarm of one is locked');
    expect(await asked({ LocalNodeState: 'inactive' })).toMatch(
      /is not part of a Swarm\. .*\n.*docker swarm init there, or platform/,
    );
    expect(await asked({ LocalNodeState: 'inactive' }, { init: true })).toBe(false);
  });

  it('has one node, where uploads are in a volume', async () => {
    const nodes = { LocalNodeState: 'active', ControlAvailable: true, Nodes: 3 };
    expect(await asked(nodes)).toMatch(
      /has 3 nodes, and the 2 web UIs keep uploads in a volume[\s\S]*storage\.kind to s3/,
    );
    expect(await asked(nodes, { more: { storage: { kind: 's3' } } as Any })).toBe(true);
  });

  it('runs several web UIs with a bucket on every node, and a single one where the data is', async () => {
    const Swarm = { LocalNodeState: 'active', ControlAvailable: true, Nodes: 1, NodeID: 'n' };
    const spread = async (replicas: number) => {
      const all = settings();
      const more = { webui: { ...all.webui, replicas }, storage: { kind: 's3' } as Any };
      const found = await record(() => provideSwarm(connect({}), { ...all, ...more }), { engine: { Swarm } as Any });
      return found.result.spread;
    };
    expect([await spread(1), await spread(2)]).toEqual([false, true]);
  });

  it('runs the servers of one platform at a time', () => {
    const server = {
      kind: 'container',
      role: 'server',
      runs: true,
      name: 'a',
      owner: undefined,
      image: '',
      volumes: [],
    } as const;
    const subject = ofStackFile();
    expect(() => requireOnePlatform({ platform: 'swarm' }, [server], subject)).toThrow(
      /npm run down .*and then npm run up/,
    );
    expect(() => requireOnePlatform({ platform: 'docker' }, [{ ...server, service: 'a' }], subject)).toThrow(
      /services of Swarm/,
    );
    expect(() => requireOnePlatform({ platform: 'docker' }, [server], subject)).not.toThrow();
    expect(() => requireOnePlatform({ platform: 'swarm' }, [{ ...server, service: 'a' }], subject)).not.toThrow();
  });
});

it('names the containers of a service, those that are well first', async () => {
  const docker = { ...connect({}), run: async () => 'a.1\tUp 2 minutes (unhealthy)\na.2\tUp 1 minute (healthy)\n' };
  expect(await taskContainers(docker, 'a')).toEqual(['a.2', 'a.1']);
});

it('takes a container that drains for none of a service, though it still runs and is well', async () => {
  const tasks = 'new\tRunning\tRunning 1 minute ago\t\nold\tShutdown\tRunning 5 seconds ago\t\n';
  const docker = {
    ...connect({}),
    run: async () => 'a.1.old\tUp 2 minutes (healthy)\na.2.new\tUp 1 minute (healthy)\n',
    capture: async () => ({ code: 0, stdout: tasks, stderr: '', all: '', timedOut: false }),
  };
  expect(await taskContainers(docker, 'a')).toEqual(['a.2.new']);
});

describe('the check of a task', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'open-webui-task-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const timing = { startPeriod: '5s', interval: '2s', timeout: '2s', retries: 3 } as const;
  const check = { kind: 'httpGet', port: 1, ready: '/ready', live: '/health' } as const;
  /** Runs it with a `curl` that exits as a test says; returns its exit code and what it has noted. */
  function run(curl: string, noted?: string, state = 'T'): [number, string] {
    const { tests } = healthcheckOf({ check, healthcheck: timing, stopGrace: '30s', overlaps: true });
    const mark = join(dir, 'mark');
    if (noted === undefined) rmSync(mark, { force: true });
    else writeFileSync(mark, `${noted}\n`);
    writeFileSync(join(dir, 'curl'), `#!/bin/sh\n${curl}\n`);
    chmodSync(join(dir, 'curl'), 0o755);
    writeFileSync(join(dir, 'sleep'), '#!/bin/sh\n');
    chmodSync(join(dir, 'sleep'), 0o755);
    const [, , , script = '', ...words] = tests;
    const harmless = script
      .replaceAll('/dev/shm/last-check', mark)
      .replace('kill -KILL -1', 'exit 99')
      .replace(/^.*\/proc\/1\/fd\/2$/m, '')
      // What else this machine does is no work of the task, which does none.
      .replace('/proc/[0-9]*/stat', join(dir, 'stat'))
      .replace('idle=$3', 'idle=2');
    writeFileSync(join(dir, 'stat'), `7 (python (x)) ${state} 1 7 7 0 -1 0 0 0 0 0 5 5 0 0\n`);
    const env = { ...process.env, PATH: `${dir}:${process.env['PATH']}` };
    let code = 0;
    try {
      execFileSync('sh', ['-c', harmless, ...words], { env, stdio: 'ignore' });
    } catch (error) {
      code = (error as { status: number }).status;
    }
    return [code, execFileSync('sh', ['-c', `cat ${mark} 2> /dev/null || true`], { encoding: 'utf8' }).trim()];
  }

  it('wants a start to be ready', () => {
    expect(run('exit 0')).toEqual([0, 'well']);
    // The first process of this machine is older than any start may take.
    expect(run('case "$*" in */ready) exit 22;; esac')).toEqual([1, '']);
  });

  it('takes a database that is away for no reason to end one that has been well', () => {
    expect(run('exit 22', 'well')).toEqual([0, 'well']);
  });

  it('finds one that is silent, and ends it when it stays so', () => {
    const [code, since] = run('exit 28', 'well');
    expect([code, Number(since) > 0]).toEqual([1, true]);
    expect(run('exit 28', since)[0]).toBe(99);
    expect(run('exit 0', since)).toEqual([0, 'well']);
  });

  it('gives one that runs more time, in which it may answer again', () => {
    const later = `test -e ${join(dir, 'asked')} || { touch ${join(dir, 'asked')}; exit 28; }`;
    expect(run(later, 'well', 'S')).toEqual([0, 'well']);
    expect(run('exit 28', 'well', 'S')[0]).toBe(1);
  });
});
