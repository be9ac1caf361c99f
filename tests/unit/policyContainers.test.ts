import { COMPONENTS } from '../../core/resourceTypes.ts';
import { capabilities, hostAccess } from '../../policy/isolation.ts';
import { healthcheck, log, memory } from '../../policy/operation.ts';
import { resourceOf } from '../../policy/rule.ts';
import { ELSEWHERE, messages, urn, WEBUI } from '../support/policy.ts';

describe('resourceOf', () => {
  it('reads what a rule needs from a URN', () => {
    expect(resourceOf(urn('prod'), { protect: true })).toEqual({
      name: 'valkey-container',
      project: 'open-webui',
      stack: 'prod',
      section: 'valkey',
      protect: true,
    });
  });

  it('finds the component above, however far', () => {
    const parent = `${COMPONENTS.openWebUI}$example:index:Step`;
    expect(resourceOf(urn('dev', parent), { protect: false }).section).toBe('webui');
    expect(resourceOf(urn('dev', COMPONENTS.secrets), { protect: false }).section).toBeUndefined();
  });

  it('knows no setting for what no component has made', () => {
    const top = 'urn:pulumi:dev::open-webui::docker:index/container:Container::a::b';
    expect(resourceOf(top, { protect: false })).toMatchObject({ name: 'a::b', section: undefined });
  });
});

describe('capabilities-dropped', () => {
  it('refuses a container that keeps what Docker gives', () => {
    expect(messages(capabilities, { capabilities: undefined })).toEqual([
      'valkey-container drops no capability.\nAllowed: to drop ALL.\n' +
        'To do:   add ALL to capabilities.drops where the container is made, and name what it needs in capabilities.adds.',
    ]);
  });

  it('refuses one that drops only some', () => {
    const [text] = messages(capabilities, { capabilities: { drops: ['NET_RAW', 'CAP_MKNOD'] } });
    expect(text).toContain('valkey-container drops NET_RAW, CAP_MKNOD.\n');
  });

  it('refuses one that adds others, whatever the spelling', () => {
    const added = { drops: ['all'], adds: ['SETGID', 'cap_net_admin', 'ALL'] };
    expect(messages(capabilities, { capabilities: added })).toEqual([
      'valkey-container adds the capability cap_net_admin, ALL.\n' +
        'Allowed: SETGID, SETUID, DAC_OVERRIDE, CHOWN, KILL, NET_BIND_SERVICE.\n' +
        'To do:   remove it, or add it to the list in policy/isolation.ts with the reason.',
    ]);
  });
});

describe('no-host-access', () => {
  it('refuses a privileged container', () => {
    expect(messages(hostAccess, { privileged: true })).toEqual([
      'valkey-container is privileged.\nAllowed: containers without rights on the host.\n' +
        'To do:   remove privileged, and add the capability that is missing to capabilities.adds.',
    ]);
  });

  const socket = (path: string) => [
    `valkey-container gets ${path} of the host, which gives it control of the container engine.\n` +
      'Allowed: volumes, and folders of the host without the socket of an engine.\n' +
      'To do:   remove it; run programs that control the engine outside containers.',
  ];

  it.each([
    '/var/run/docker.sock',
    '/run/docker.sock',
    '/run/user/1000/docker.sock',
    '/run/user/1000',
    '/home/ann/.docker/run',
    '/var/run/docker-cli.sock',
    '/var/../run//containerd/containerd.sock',
    '//./pipe/docker_engine',
    '/var/run/',
    '/var',
    '/',
  ])('refuses the socket or its folder: %s', (path) => {
    expect(messages(hostAccess, { volumes: [{ hostPath: path, containerPath: '/x' }] })).toEqual(socket(path));
    expect(messages(hostAccess, { volumes: [{ volumeName: path, containerPath: '/x' }] })).toEqual(socket(path));
    expect(messages(hostAccess, { mounts: [{ type: 'bind', source: path, target: '/x' }] })).toEqual(socket(path));
    expect(messages(hostAccess, { uploads: [{ source: path, file: '/x' }] })).toEqual(socket(path));
  });

  it.each(['/srv/data', '/var/lib/docker.sock.d', 'run', '/etc/ssl/certs'])('lets %s pass', (path) => {
    expect(messages(hostAccess, { volumes: [{ hostPath: path, containerPath: '/x' }] })).toEqual([]);
  });

  it.each(['/proc', '/proc/1', '/sys/', '/dev'])("refuses the kernel's files: %s", (path) => {
    expect(messages(hostAccess, { mounts: [{ type: 'bind', source: path, target: '/x', readOnly: true }] })).toEqual([
      `valkey-container gets ${path} of the host, which belongs to the kernel.\n` +
        'Allowed: volumes, and folders of the host other than /proc, /sys and /dev.\n' +
        'To do:   remove it.',
    ]);
  });

  it.each([
    ['networkMode', 'remove networkMode, and publish the port that is needed'],
    ['pidMode', 'remove pidMode'],
    ['ipcMode', 'remove ipcMode'],
  ])('refuses %s of the host', (mode, fix) => {
    expect(messages(hostAccess, { [mode]: 'host' })).toEqual([
      `valkey-container has ${mode} host.\nAllowed: a namespace of its own.\nTo do:   ${fix}.`,
    ]);
    expect(messages(hostAccess, { [mode]: 'bridge' })).toEqual([]);
  });
});

describe('healthcheck-present', () => {
  const add =
    'Allowed: tests of CMD with a program, or of CMD-SHELL with a line for the shell.\n' +
    'To do:   add healthcheck.tests where the container is made, with a command that fails when the program does not answer.';

  it.each([undefined, { tests: [], retries: 3 }])('refuses a container without one: %j', (given) => {
    expect(messages(healthcheck, { healthcheck: given })).toEqual([`valkey-container has no health check.\n${add}`]);
  });

  it.each([
    [['NONE', 'true'], 'NONE, true'],
    [['CMD'], 'CMD'],
    [['CMD-SHELL', ' '], 'CMD-SHELL,  '],
  ])('refuses one that checks nothing: %j', (tests, shown) => {
    expect(messages(healthcheck, { healthcheck: { tests, retries: 3 } })).toEqual([
      `valkey-container has the health check ${shown}, which checks nothing.\n${add}`,
    ]);
  });

  it.each([
    [
      0,
      WEBUI,
      'webui-container has a health check with 0 retries',
      'open-webui:webui.healthcheck.retries in Pulumi.dev.yaml',
    ],
    [undefined, ELSEWHERE, 'other has a health check with no retries', 'its argument healthcheck.retries'],
  ])('refuses %j retries', (retries, where, found, setting) => {
    const given = { tests: ['CMD', 'true'], ...(retries !== undefined && { retries }) };
    expect(messages(healthcheck, { healthcheck: given }, where)).toEqual([
      `${found}.\nAllowed: a whole number from 1.\nTo do:   set ${setting}.`,
    ]);
  });
});

it('healthcheck-present lets a task pass that runs to its end, and nothing that comes back', () => {
  const healthless = { healthcheck: undefined, mustRun: false };
  expect(messages(healthcheck, { ...healthless, restart: 'no' })).toEqual([]);
  expect(messages(healthcheck, { ...healthless, restart: 'unless-stopped' })).toHaveLength(1);
  expect(messages(healthcheck, { healthcheck: undefined, restart: 'no' })).toHaveLength(1);
});

describe('log-bounded', () => {
  it("refuses the engine's default driver, which may be any", () => {
    expect(messages(log, { logDriver: undefined })).toEqual([
      "valkey-container logs with the engine's default driver.\n" +
        'Allowed: json-file or local, which bound what they write, or a driver that writes elsewhere.\n' +
        'To do:   set logDriver where the container is made.',
    ]);
  });

  it.each(['syslog', 'fluentd', 'none'])('lets %s pass, which writes no file here', (logDriver) => {
    expect(messages(log, { logDriver, logOpts: undefined })).toEqual([]);
  });

  it.each([undefined, {}, { 'max-size': '-1', 'max-file': '0' }])('refuses a log without bounds: %j', (logOpts) => {
    const { 'max-size': size = 'unset', 'max-file': files = 'unset' } = logOpts ?? {};
    expect(messages(log, { logDriver: 'local', logOpts })).toEqual([
      `valkey-container has a log with max-size ${size}.\nAllowed: a number with k, m or g, such as 10m.\n` +
        'To do:   set open-webui:valkey.log.maxSize in Pulumi.dev.yaml.',
      `valkey-container has a log with max-file ${files}.\nAllowed: a whole number from 1.\n` +
        'To do:   set open-webui:valkey.log.maxFiles in Pulumi.dev.yaml.',
    ]);
  });
});

it.each([
  [undefined, 'no memory limit'],
  [0, 'the memory limit 0'],
])('memory-limited refuses %j', (given, shown) => {
  expect(messages(memory, { memory: given }, WEBUI)).toEqual([
    `webui-container has ${shown}.\nAllowed: more than 0.\n` +
      'To do:   set open-webui:webui.memory in Pulumi.dev.yaml.',
  ]);
});
