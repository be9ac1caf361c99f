/** Operations on a stack that runs on Swarm, with a docker command that answers what a test says. */

import { SERVICE } from '../../core/resourceTypes.ts';
import type { Docker } from '../../docker/client.ts';
import { inspectServices, scale, stopTasks, taskLog } from '../../docker/services.ts';
import { compareServices } from '../../ops/drift/services.ts';
import { type Stack, withTasks } from '../../ops/outputs.ts';
import { isReplaced } from '../../platform/swarm/replacement.ts';
import { keepOneHere, requireTasks } from '../../platform/swarm/tasks.ts';
import type { Workload } from '../../platform/workload.ts';

type Answer = (args: readonly string[]) => string | Error;

/** A docker command; an error is one of the engine. */
const answering = (answer: Answer): Docker & { asked: string[] } => {
  const asked: string[] = [];
  const run = async (args: readonly string[]) => {
    asked.push(args.join(' '));
    const found = answer(args);
    if (found instanceof Error) throw found;
    return found;
  };
  return {
    ...{ asked, endpoint: {}, run, attached: async () => 0 },
    capture: (args) =>
      run(args).then(
        (stdout) => ({ code: 0, stdout, stderr: '', all: stdout, timedOut: false }),
        ({ message }: Error) => ({ code: 1, stdout: '[]', stderr: message, all: message, timedOut: false }),
      ),
    start: () => {
      throw new Error('unit tests start no program');
    },
  };
};

const spec = {
  name: 'chat',
  mode: { replicated: { replicas: 2 } },
  taskSpec: {
    containerSpec: { image: 'a:1', commands: ['sh'], args: ['x'], user: '1:1', readOnly: true, capDrops: ['ALL'] },
    resources: { limits: { memoryBytes: 1024 } },
    placement: { constraints: ['node.id == n'] },
  },
};

const service = (change: object = {}) => ({
  ID: 'id',
  Spec: {
    Name: 'chat',
    Labels: {},
    Mode: { Replicated: { Replicas: 2 } },
    TaskTemplate: {
      ContainerSpec: {
        Image: 'a:1',
        Command: ['sh'],
        Args: ['x'],
        User: '1:1',
        ReadOnly: true,
        CapabilityDrop: ['ALL'],
      },
      Resources: { Limits: { MemoryBytes: 1024 } },
      Placement: { Constraints: ['node.id == n'] },
    },
    ...change,
  },
});

const RUNS = 'a\tRunning\tRunning 1 minute ago\t\n';

describe('drift of services', () => {
  const seen = async (found: object | undefined, tasks: string) => {
    const docker = answering(([, command]) =>
      command === 'inspect' ? (found ? JSON.stringify([found]) : new Error('Error: no such service: chat')) : tasks,
    );
    const urn = 'urn:pulumi:test::open-webui::docker:index/service:Service::chat-webui-service';
    const [one] = await compareServices(docker, [{ urn, type: SERVICE, inputs: spec }]);
    if (!one?.found) return one?.found;
    return [...one.asked].filter(([what, value]) => one.found?.get(what) !== value).map(([what]) => what);
  };

  it('is none where Swarm has what was asked for, and a missing one is found', async () => {
    expect(await seen(service(), RUNS + RUNS)).toEqual([]);
    expect(await seen(undefined, '')).toBeUndefined();
  });

  it('names what differs', async () => {
    expect(await seen(service({ Mode: { Replicated: { Replicas: 3 } } }), RUNS + RUNS)).toEqual([
      'instances',
      'health',
    ]);
    expect(await seen(service(), RUNS)).toEqual(['health']);
    const { TaskTemplate } = service().Spec;
    const other = { ...TaskTemplate, ContainerSpec: { ...TaskTemplate.ContainerSpec, Image: 'b', User: '0:0' } };
    expect(await seen(service({ TaskTemplate: other }), RUNS + RUNS)).toEqual(['image', 'user']);
  });
});

it('finds no service on an engine that is in no Swarm, and reports every other error', async () => {
  const failing = (message: string) =>
    inspectServices(
      answering(() => new Error(message)),
      ['chat'],
    );
  expect(
    await failing('Error response from daemon: This node is not a swarm manager. Use "docker swarm init"'),
  ).toEqual([]);
  await expect(failing('Cannot connect to the Docker daemon')).rejects.toThrow('Cannot connect');
});

it('scales all services before it waits for any, until nothing is left over', async () => {
  let asked = 0;
  const docker = answering(([, command]) => (command === 'ps' && asked++ < 3 ? RUNS : ''));
  await scale(
    docker,
    [
      { service: 'a', replicas: 0 },
      { service: 'b', replicas: 0 },
    ],
    10,
  );
  expect(docker.asked.slice(0, 2)).toEqual(['service scale --detach a=0', 'service scale --detach b=0']);
  expect(asked).toBeGreaterThan(3);
  await expect(
    scale(
      answering(() => RUNS),
      [{ service: 'a', replicas: 2 }],
      0,
    ),
  ).rejects.toThrow('1 of 2 tasks of a run');
});

it('stops services one after the other, skips those that are gone, and says which has not stopped', async () => {
  const docker = answering(([, command, ...names]) => {
    if (command === 'inspect')
      return names.includes('gone') ? new Error('no such service: gone') : `[${JSON.stringify(service())}]`;
    return '';
  });
  await stopTasks(docker, ['page', 'gone', 'store']);
  const done = docker.asked.filter((one) => /scale|ps/.test(one));
  expect(done).toEqual([
    'service scale --detach page=0',
    expect.stringMatching(/^service ps .* page$/),
    'service scale --detach store=0',
    expect.stringMatching(/^service ps .* store$/),
  ]);
  const stuck = service();
  Object.assign(stuck.Spec.TaskTemplate.ContainerSpec, { StopGracePeriod: -30e9 });
  const hangs = answering(([, command]) => (command === 'inspect' ? JSON.stringify([stuck]) : RUNS));
  await expect(stopTasks(hangs, ['page'])).rejects.toThrow('1 of 0 tasks of page run');
});

describe('what the provider cannot change', () => {
  const found = service();
  Object.assign(found.Spec.TaskTemplate.ContainerSpec, { Hosts: ['203.0.113.7 models'], Sysctls: { a: '1' } });
  Object.assign(found.Spec.TaskTemplate, { Networks: [{ Target: 'net', Aliases: ['b', 'a'] }, { Target: 'other' }] });
  const docker = answering(([, command]) => (command === 'inspect' ? JSON.stringify([found]) : ''));
  const same: Parameters<typeof isReplaced>[2] = {
    hosts: [{ host: 'models', ip: '203.0.113.7' }],
    networks: [
      { id: 'other', aliases: [] },
      { id: 'net', aliases: ['a', 'b'] },
    ],
    sysctl: { a: '1' },
  };

  it('replaces a service only where it differs, in whatever order', async () => {
    expect(await isReplaced(docker, 'chat', same)).toBe(false);
    const others = [{ hosts: [] }, { sysctl: { a: '2' } }, { networks: [{ id: 'net', aliases: ['a'] }] }];
    for (const other of others) expect(await isReplaced(docker, 'chat', { ...same, ...other })).toBe(true);
    const none = answering(() => new Error('no such service: chat'));
    expect(await isReplaced(none, 'chat', same)).toBe(false);
  });
});

describe('the end of a rollout', () => {
  /** A docker command that says these states of the update, one after the other; all tasks run all the time. */
  const rolling = (...states: (string | undefined)[]) => {
    const left = [...states];
    return answering(([, command]) => {
      if (command === 'ps') return RUNS + RUNS;
      const [State] = left.length > 1 ? left.splice(0, 1) : left;
      return JSON.stringify([{ ...service(), ...(State && { UpdateStatus: { State, Message: 'task x failed' } }) }]);
    });
  };
  const ended = (docker: Docker, seconds = 10) =>
    requireTasks(docker, { name: 'chat', replicas: 2 } as unknown as Workload, seconds);
  const inspections = (docker: ReturnType<typeof rolling>) =>
    docker.asked.filter((one) => one.startsWith('service inspect')).length;

  it('is not between two tasks, when all of them run', async () => {
    const docker = rolling('updating', 'updating', 'completed');
    await ended(docker);
    expect(inspections(docker)).toBe(3);
  });

  it('is at once where there is none', async () => {
    const docker = rolling(undefined);
    await ended(docker);
    expect(inspections(docker)).toBe(1);
  });

  it('is an error after a rollback, which is waited for', async () => {
    const docker = rolling('updating', 'rollback_started', 'rollback_completed');
    await expect(ended(docker)).rejects.toThrow('Swarm rolled back the last change of chat: task x failed');
  });

  it('comes to tasks that an update before has stopped', async () => {
    let replicas = 0;
    const docker = answering(([, command, ...rest]) => {
      if (command === 'scale') replicas = Number(rest.at(-1)?.split('=')[1]);
      if (command !== 'inspect') return RUNS.repeat(replicas);
      return JSON.stringify([service({ Mode: { Replicated: { Replicas: replicas } } })]);
    });
    await ended(docker);
    expect(docker.asked).toContain('service scale --detach chat=2');
  });

  it('has a limit', async () => {
    await expect(ended(rolling('updating'), 0)).rejects.toThrow('The rollout of chat has not ended after 0 s');
  });
});

describe('several tasks on several nodes', () => {
  const moved = async (replicas: number, here: string) => {
    let count = replicas;
    const docker = answering((args) => {
      const [command, , , asked = ''] = args;
      if (command === 'ps') return here;
      if (args[1] === 'scale') count = Number(asked.split('=')[1]);
      return RUNS.repeat(count);
    });
    await keepOneHere(docker, { name: 'chat', replicas } as unknown as Workload, 10);
    return docker.asked.filter((one) => one.startsWith('service scale'));
  };

  it('have one on the node with the data, which moves there if a rollout has left none', async () => {
    expect(await moved(3, '')).toEqual(['service scale --detach chat=2', 'service scale --detach chat=3']);
  });

  it('stay where they are otherwise, and where there is one alone', async () => {
    expect(await moved(3, 'chat.1.x\tUp (healthy)\n')).toEqual([]);
    expect(await moved(1, '')).toEqual([]);
  });
});

it('reads the log of a task here, and otherwise by way of Swarm', async () => {
  const elsewhere = answering(([command]) =>
    command === 'logs' ? new Error('No such container') : 'said elsewhere\n',
  );
  expect(await taskLog(elsewhere, 'task', 5)).toBe('said elsewhere');
  const here = answering(([command]) => (command === 'logs' ? 'said here\n' : 'container1\n'));
  expect(await taskLog(here, 'task', 5)).toBe('said here');
  expect(here.asked).toEqual([
    expect.stringContaining('label=com.docker.swarm.task.id=task'),
    'logs --tail 5 container1',
  ]);
});

it('finds the containers of a stack by its services, and leaves those of one host as they are', async () => {
  const docker = answering((args) =>
    args.join(' ').includes('=chat') ? 'chat.1.x\tUp (healthy)\nchat.2.y\tUp\n' : '',
  );
  const servers = {
    webui: { container: '', service: 'chat', processes: 1, replicas: 2, volume: 'chat' },
    valkey: { container: 'valkey', url: '', operatorPassword: '', volume: 'v' },
    gateway: { container: '', service: 'gone', volume: 'g' },
  };
  const found = (await withTasks({ docker, servers } as unknown as Stack)).servers;
  expect(found.webui).toMatchObject({ container: 'chat.1.x', containers: ['chat.1.x', 'chat.2.y'] });
  expect(found.valkey).toEqual(servers.valkey);
  // What has to reach it says so by that name.
  expect(found.gateway).toMatchObject({ container: 'gone', containers: [] });
});
