import { ALL_LIMITS, type Limits } from '../../docker/info.ts';
import type { Container, Image } from '../../docker/inspect.ts';
import { differencesOf, line } from '../../ops/drift/compare.ts';
import { actual, expected, joinedByHand } from '../../ops/drift/facts.ts';
import { reveal } from '../../ops/drift/state.ts';

const secret = (value: unknown) => ({
  '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270',
  plaintext: JSON.stringify(value),
});

/** A container as the state has it. */
const inputs = {
  name: 'open-webui',
  image: 'webui:1',
  command: ['bash', 'start.sh'],
  entrypoints: ['/bin/sh', '-c', 'exec "$@"'],
  envs: ['A=1', 'B=x=y'],
  labels: [{ __defaults: [], label: 'com.pulumi.stack', value: 'dev' }],
  volumes: [
    { volumeName: 'data', containerPath: '/data' },
    { volumeName: 'secrets', containerPath: '/run/secrets', readOnly: true },
  ],
  networksAdvanced: [{ name: 'net', aliases: ['web'], ipv4Address: '172.30.0.10' }],
  ports: [{ internal: 8080, external: 3000, ip: '127.0.0.1' }],
  hosts: [{ host: 'host.docker.internal', ip: 'host-gateway' }],
  healthcheck: { tests: ['CMD-SHELL', 'true'], startPeriod: '2m0s', interval: '5s', timeout: '1m30s', retries: 3 },
  restart: 'unless-stopped',
  capabilities: { adds: ['CAP_KILL'], drops: ['ALL'] },
  securityOpts: ['no-new-privileges:true'],
  memory: 512,
  memorySwap: 512,
  cpus: '1.5',
  init: true,
  logDriver: 'json-file',
  logOpts: { 'max-size': '1m' },
  stopTimeout: 30,
};

/** What the image says, and then the engine of the container that was made from both. */
const image: Image = {
  Id: 'sha256:1',
  RepoDigests: null,
  Config: {
    Cmd: ['serve'],
    Entrypoint: null,
    User: '',
    Env: ['PATH=/bin'],
    Labels: { made: 'by us' },
    Volumes: { '/cache': {} },
  },
};
const found = (): Container => ({
  Id: '1',
  Name: '/open-webui',
  Image: 'sha256:1',
  RestartCount: 0,
  State: { Status: 'running', Running: true, Restarting: false, StartedAt: '', Health: { Status: 'starting' } },
  Config: {
    Image: 'webui:1',
    Cmd: ['bash', 'start.sh'],
    Entrypoint: ['/bin/sh', '-c', 'exec "$@"'],
    User: '',
    Env: ['A=1', 'B=x=y', 'PATH=/bin'],
    Labels: { 'com.pulumi.stack': 'dev', made: 'by us' },
    Healthcheck: { Test: ['CMD-SHELL', 'true'], StartPeriod: 120e9, Interval: 5e9, Timeout: 90e9, Retries: 3 },
    StopTimeout: 30,
  },
  HostConfig: {
    RestartPolicy: { Name: 'unless-stopped' },
    CapAdd: ['KILL'],
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    Memory: 512 * 1024 ** 2,
    MemorySwap: 512 * 1024 ** 2,
    NanoCpus: 1.5e9,
    PidsLimit: 256,
    ReadonlyRootfs: false,
    Tmpfs: null,
    Init: true,
    Privileged: false,
    LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
    PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '3000' }] },
    ExtraHosts: ['host.docker.internal:host-gateway'],
  },
  Mounts: [
    { Type: 'volume', Name: 'data', Source: '/var/1', Destination: '/data', RW: true },
    { Type: 'volume', Name: 'secrets', Source: '/var/2', Destination: '/run/secrets', RW: false },
    { Type: 'volume', Name: 'f00', Source: '/var/3', Destination: '/cache', RW: true },
  ],
  NetworkSettings: {
    Networks: { net: { Aliases: ['web', '0123456789ab'], IPAMConfig: { IPv4Address: '172.30.0.10' } } },
  },
});

function lines(
  change: (container: Container) => void,
  given: Record<string, unknown> = inputs,
  limits: Limits = ALL_LIMITS,
): string[] {
  const container = found();
  change(container);
  const { facts, secret: hidden } = expected(given, 256);
  return differencesOf('container open-webui', facts, actual(container, image, facts, limits), hidden).map((one) =>
    line(one).replace('container open-webui: ', ''),
  );
}

it('finds nothing in what is as it was made', () => {
  expect(lines(() => {})).toEqual([]);
});

it.each<[string, (container: Container) => void, string[]]>([
  [
    'another image',
    ({ Config }) => {
      Config.Image = 'webui:2';
    },
    ['image is webui:2; expected: webui:1'],
  ],
  [
    'another value',
    ({ Config }) => {
      Config.Env = ['A=2', 'B=x=y'];
    },
    ['variable A is 2; expected: 1'],
  ],
  [
    'a variable less',
    ({ Config }) => {
      Config.Env = ['A=1'];
    },
    ['variable B is missing; expected: x=y'],
  ],
  ['one more', ({ Config }) => void Config.Env?.push('C=3'), ['variable C is 3, and should not be there']],
  [
    'another value than the image has',
    ({ Config }) => {
      Config.Env = ['A=1', 'B=x=y', 'PATH=/tmp'];
    },
    ['variable PATH is /tmp, and should not be there'],
  ],
  [
    'a label less',
    ({ Config }) => {
      Config.Labels = {};
    },
    ['label com.pulumi.stack is missing; expected: dev'],
  ],
  [
    'another command',
    ({ Config }) => {
      Config.Cmd = ['sh'];
    },
    ['command is ["sh"]; expected: ["bash","start.sh"]'],
  ],
  [
    'a network less',
    ({ NetworkSettings: n }) => {
      n.Networks = {};
    },
    ['network net', 'alias web in net', 'IPv4 address in net'].map(
      (what, index) => `${what} is missing; expected: ${['joined', 'known', '172.30.0.10'][index]}`,
    ),
  ],
  [
    'no alias and another address',
    ({ NetworkSettings: n }) => {
      n.Networks['net'] = { Aliases: null, IPAMConfig: { IPv4Address: '172.30.0.11' } };
    },
    ['alias web in net is missing; expected: known', 'IPv4 address in net is 172.30.0.11; expected: 172.30.0.10'],
  ],
  [
    'one more port',
    ({ HostConfig: h }) => Object.assign(h.PortBindings ?? {}, { '22/tcp': [{ HostIp: '', HostPort: '2222' }] }),
    ['port 22/tcp is 0.0.0.0:2222, and should not be there'],
  ],
  [
    'another address',
    ({ HostConfig: h }) => {
      h.PortBindings = { '8080/tcp': [{ HostIp: '', HostPort: '3000' }] };
    },
    ['port 8080/tcp is 0.0.0.0:3000; expected: 127.0.0.1:3000'],
  ],
  [
    'another volume',
    ({ Mounts }) => {
      Mounts[0] = { Type: 'bind', Source: '/srv', Destination: '/data', RW: true };
    },
    ['mount at /data is /srv; expected: data'],
  ],
  [
    'one that can be written',
    ({ Mounts }) => Object.assign(Mounts[1] ?? {}, { RW: true }),
    ['mount at /run/secrets is secrets; expected: secrets, read-only'],
  ],
  [
    'the Docker socket',
    ({ Mounts }) => void Mounts.push({ Type: 'bind', Source: '/var/run/docker.sock', Destination: '/s', RW: true }),
    ['mount at /s is /var/run/docker.sock, and should not be there'],
  ],
  [
    'more rights',
    ({ HostConfig: h }) => Object.assign(h, { Privileged: true, CapAdd: ['KILL', 'NET_ADMIN'] }),
    ['privileged is true; expected: false', 'capability NET_ADMIN is added, and should not be there'],
  ],
  [
    'another restart policy',
    ({ HostConfig: h }) => {
      h.RestartPolicy.Name = '';
    },
    ['restart policy is no; expected: unless-stopped'],
  ],
  [
    'more memory',
    ({ HostConfig: h }) => {
      h.Memory = 1024 ** 3;
    },
    ['memory is 1024 MiB; expected: 512 MiB'],
  ],
  [
    'no limit of processes',
    ({ HostConfig: h }) => {
      h.PidsLimit = -1;
    },
    ['limit of processes is unlimited; expected: 256'],
  ],
  [
    'no check',
    ({ Config }) => delete Config.Healthcheck,
    ['health check is missing; expected: ["CMD-SHELL","true"] every 5 s for 90 s, 3 times, from 120 s'],
  ],
  [
    'a stop',
    ({ State }) => {
      State.Status = 'exited';
    },
    ['state is exited; expected: running'],
  ],
  [
    'bad health',
    ({ State }) => {
      State.Health = { Status: 'unhealthy' };
    },
    ['health is bad; expected: good'],
  ],
])('reports %s', (_, change, reported) => {
  expect(lines(change).sort()).toEqual(reported.sort());
});

it('compares paths of the host', () => {
  const mounts = [
    { source: '/srv/chat', target: '/chat' },
    { source: '/etc/ca.pem', target: '/ca.pem', readOnly: true },
  ];
  const bound = (path: string, { at = path, RW = true } = {}) => ({ Type: 'bind', Source: path, Destination: at, RW });
  const have =
    (...more: Container['Mounts']) =>
    (one: Container) =>
      void one.Mounts.push(...more);
  const pem = bound('/etc/ca.pem', { at: '/ca.pem', RW: false });
  expect(lines(have(bound('/srv/chat', { at: '/chat' }), pem), { ...inputs, mounts })).toEqual([]);
  expect(lines(have(bound('/srv/other', { at: '/chat' }), { ...pem, RW: true }), { ...inputs, mounts })).toEqual([
    'mount at /chat is /srv/other; expected: /srv/chat',
    'mount at /ca.pem is /etc/ca.pem; expected: /etc/ca.pem, read-only',
  ]);
  expect(lines(have(bound('/srv/chat')))).toEqual(['mount at /srv/chat is /srv/chat, and should not be there']);
});

it('never shows what is secret', () => {
  const given = { ...inputs, envs: secret(inputs.envs) };
  expect(lines(() => {}, given)).toEqual([]);
  const text = lines(({ Config }) => {
    Config.Env = ['A=stolen', 'B=x=y', 'PATH=/bin'];
  }, given);
  expect(text).toEqual(['variable A is (secret); expected: (secret)']);
});

it('takes an engine as it is that cannot set a limit, and only such a one', () => {
  const none = { memory: false, swap: false, processes: false };
  const withoutLimits = ({ HostConfig: host }: Container) =>
    Object.assign(host, { Memory: 0, MemorySwap: -1, PidsLimit: null });
  expect(lines(withoutLimits, inputs, none)).toEqual([]);
  const withoutSwap = ({ HostConfig: host }: Container) => Object.assign(host, { MemorySwap: -1 });
  expect(lines(withoutSwap, inputs, { ...none, memory: true, processes: true })).toEqual([]);
  expect(lines(withoutLimits)).toEqual([
    'memory is 0 MiB; expected: 512 MiB',
    expect.stringMatching(/^memory with swap is .*; expected: 512 MiB$/),
    'limit of processes is unlimited; expected: 256',
  ]);
});

it("takes log options that the engine's configuration adds as they are", () => {
  const compressed = ({ HostConfig: host }: Container) =>
    Object.assign(host.LogConfig, {
      Config: { 'max-size': '1m', 'max-file': '3', compress: 'true', tag: '{{.Name}}' },
    });
  expect(lines(compressed)).toEqual([]);
  const other = ({ HostConfig: host }: Container) => Object.assign(host.LogConfig, { Config: { 'max-size': '9m' } });
  expect(lines(other)).toEqual(['log option max-size is 9m; expected: 1m']);
});

describe('what a stack file can ask of a container', () => {
  const given = {
    ...inputs,
    labels: [...inputs.labels, { label: 'traefik.enable', value: 'true' }],
    hostname: 'chat',
    ulimits: [{ name: 'nofile', soft: 1024, hard: 65536 }],
    hosts: [...inputs.hosts, { host: 'db', ip: 'fd00::5' }],
    gpus: '"device=0,2"',
  };
  const asItIs = ({ Config, HostConfig: host }: Container) => {
    Config.Labels = { ...Config.Labels, 'traefik.enable': 'true' };
    Config.Hostname = 'chat';
    host.Ulimits = [{ Name: 'nofile', Soft: 1024, Hard: 65536 }];
    host.ExtraHosts?.push('db:fd00::5');
    host.DeviceRequests = [{ Count: 0, DeviceIDs: ['0', '2'] }];
  };

  it('is no drift when it is there', () => {
    expect(lines(asItIs, given)).toEqual([]);
  });

  it.each<[string, (container: Container) => void, string]>([
    [
      'a label',
      ({ Config }) => Object.assign(Config.Labels ?? {}, { 'traefik.enable': 'false' }),
      'label traefik.enable is false; expected: true',
    ],
    [
      'one outside the program',
      ({ Config }) => Object.assign(Config.Labels ?? {}, { other: 'x' }),
      'label other is x, and should not be there',
    ],
    [
      'the host name',
      ({ Config }) => Object.assign(Config, { Hostname: '0123456789ab' }),
      'host name of its own is 0123456789ab; expected: chat',
    ],
    [
      'a ulimit',
      ({ HostConfig }) => Object.assign(HostConfig, { Ulimits: [{ Name: 'nofile', Soft: 9, Hard: 9 }] }),
      'ulimit nofile is 9; expected: 1024 to 65536',
    ],
    [
      'an address',
      ({ HostConfig }) => HostConfig.ExtraHosts?.splice(1, 1, 'db:10.0.0.5'),
      'host name db is 10.0.0.5; expected: fd00::5',
    ],
    [
      'the GPUs',
      ({ HostConfig }) => Object.assign(HostConfig, { DeviceRequests: [{ Count: -1, DeviceIDs: null }] }),
      'GPUs is all; expected: device=0,2',
    ],
  ])('is reported when it changed: %s', (_, change, reported) => {
    const changed = (container: Container) => {
      asItIs(container);
      change(container);
    };
    expect(lines(changed, given)).toEqual([reported]);
  });

  it("takes a host name of Docker's choice and ulimits of the engine as they are, and no GPU", () => {
    const engines = ({ Config, HostConfig: host }: Container) => {
      Config.Hostname = '0123456789ab';
      host.Ulimits = [{ Name: 'nofile', Soft: 1024, Hard: 1024 }];
    };
    expect(lines(engines)).toEqual([]);
    const withGpu = ({ HostConfig: host }: Container) =>
      Object.assign(host, { DeviceRequests: [{ Count: 2, DeviceIDs: null }] });
    expect(lines(withGpu)).toEqual(['GPUs is 2, and should not be there']);
  });
});

it('keeps a network that was joined by hand, and names it', () => {
  const container = found();
  container.NetworkSettings.Networks['proxy'] = { Aliases: ['x'], IPAMConfig: { IPv4Address: '10.0.0.9' } };
  expect(lines((one) => Object.assign(one.NetworkSettings, container.NetworkSettings))).toEqual([]);
  expect(joinedByHand(container, expected(inputs).facts)).toEqual(['proxy']);
});

it('lets a task be at its end, and without a network', () => {
  const { networksAdvanced: _networks, healthcheck: _check, ports: _ports, ...rest } = inputs;
  const task = { ...rest, networkMode: 'none', mustRun: false };
  const ended = (container: Container) => {
    container.State = { ...container.State, Status: 'exited' };
    delete container.State.Health;
    container.HostConfig.PortBindings = {};
    container.NetworkSettings.Networks = { none: { Aliases: null } };
  };
  expect(lines(ended, task)).toEqual([]);
});

it('opens secrets wherever they are', () => {
  expect(reveal({ a: [1, secret({ b: 'c' })] })).toEqual({ value: { a: [1, { b: 'c' }] }, secret: true });
  expect(reveal({ a: [1, null] })).toEqual({ value: { a: [1, null] }, secret: false });
});
