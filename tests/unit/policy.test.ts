import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResourceValidationArgs } from '@pulumi/policy';
import { parse } from 'yaml';
import { clearSecrets, valkeyPort } from '../../policy/exposure.ts';
import { exactImage, parseImage, vulnerable } from '../../policy/images.ts';
import { capabilities, hostAccess } from '../../policy/isolation.ts';
import { healthcheck, log, memory } from '../../policy/operation.ts';
import { policies } from '../../policy/policies.ts';
import { type Container, message, type Rule, resourceOf } from '../../policy/rule.ts';
import { dataVolumes } from '../../policy/volumes.ts';

const urn = (stack: string, parent = 'openwebui:index:Valkey', name = 'valkey-container') =>
  `urn:pulumi:${stack}::open-webui::${parent}$docker:index/container:Container::${name}`;

/** Obeys every rule in every stack. */
const good: Container = {
  name: 'redis-valkey',
  image: 'docker.io/valkey/valkey:8.0.10-alpine',
  capabilities: { drops: ['ALL'], adds: ['CAP_SETGID', 'SETUID', 'CAP_DAC_OVERRIDE', 'chown'] },
  healthcheck: { tests: ['CMD-SHELL', "[ $(valkey-cli ping) = 'PONG' ]"], retries: 5 },
  logDriver: 'json-file',
  logOpts: { 'max-size': '1m', 'max-file': '1' },
  memory: 512,
  ports: [{ internal: 6379, external: 6379, ip: '127.0.0.1' }],
  envs: [
    'WEBUI_ADMIN_EMAIL=admin@example.com',
    'REDIS_URL=redis://redis:6379/0',
    'ENABLE_API_KEY=true',
    'OPENAI_API_KEY=',
  ],
  volumes: [{ volumeName: 'redis-data', containerPath: '/data' }],
  uploads: [{ file: '/run/secrets/open-webui.env', content: "OPENAI_API_KEY='secret'" }],
};

type Where = { stack?: string; parent?: string; name?: string };

/** Messages of a rule about the good container with some arguments changed; undefined leaves one out. */
function messages(
  rule: Rule<Container>,
  change: { [Key in keyof Container]?: Container[Key] | undefined },
  { stack = 'dev', parent, name }: Where = {},
): string[] {
  const resource = resourceOf(urn(stack, parent, name), { protect: false });
  return rule.check({ ...good, ...change } as Container, resource).map((violation) => message(resource, violation));
}

const WEBUI = { parent: 'openwebui:index:OpenWebUI', name: 'webui-container' };
const ELSEWHERE = { parent: 'pulumi:pulumi:Stack', name: 'other' };

it.each([capabilities, hostAccess, healthcheck, log, memory, valkeyPort, clearSecrets, exactImage, vulnerable])(
  '$name lets a container pass that does all of it',
  (rule) => {
    expect(messages(rule, {})).toEqual([]);
    expect(messages(rule, {}, { stack: 'prod-eu' })).toEqual([]);
  },
);

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
        'Allowed: SETGID, SETUID, DAC_OVERRIDE, CHOWN.\n' +
        'To do:   remove it, or add it to the list in policy/isolation.ts with the reason.',
    ]);
  });
});

describe('no-host-access', () => {
  it('refuses a privileged container', () => {
    expect(messages(hostAccess, { privileged: true })).toEqual([
      'valkey-container is privileged.\nAllowed: containers without the rights of the host.\n' +
        'To do:   remove privileged, and name the capability that is missed in capabilities.adds.',
    ]);
  });

  const socket = (path: string) => [
    `valkey-container gets ${path} of the host, through which it commands the container engine.\n` +
      'Allowed: volumes, and folders of the host without the socket of an engine.\n' +
      'To do:   remove it; what has to command the engine runs outside of containers.',
  ];

  it.each([
    '/var/run/docker.sock',
    '/run/docker.sock',
    '/run/user/1000/docker.sock',
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

describe('log-bounded', () => {
  it.each([
    [undefined, "the engine's default driver"],
    ['syslog', 'the driver syslog'],
  ])('refuses the driver %j', (logDriver, shown) => {
    expect(messages(log, { logDriver })).toEqual([
      `valkey-container logs with ${shown}.\nAllowed: json-file or local, which bound what they write.\n` +
        'To do:   set logDriver where the container is made.',
    ]);
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

describe('valkey-not-exposed', () => {
  const refusal = (found: string, setting = 'open-webui:valkey.publish in Pulumi.dev.yaml') => [
    `valkey-container publishes ${found}.\nAllowed: 127.0.0.1 or ::1, or no publication.\n` +
      `To do:   write the address 127.0.0.1 in ${setting}, or remove it: containers on its network need no published port.`,
  ];

  it.each([
    ['0.0.0.0', '0.0.0.0'],
    ['192.168.1.2', '192.168.1.2'],
    ['::', '::'],
    [undefined, 'every address'],
  ])('refuses publication on %j', (ip, shown) => {
    const ports = [{ internal: 6379, external: 16379, ...(ip && { ip }) }];
    expect(messages(valkeyPort, { ports })).toEqual(refusal(`port 6379 of Valkey on ${shown}`));
  });

  it('knows the server by its image or by its port', () => {
    const open = (internal: number) => [{ internal, external: 1, ip: '0.0.0.0' }];
    expect(messages(valkeyPort, { image: 'localhost:5000/redis-stack', ports: open(7000) })).toEqual(
      refusal('port 7000 of Valkey on 0.0.0.0'),
    );
    expect(messages(valkeyPort, { image: 'example.com/kv:1', ports: open(6379) })).toEqual(
      refusal('port 6379 of Valkey on 0.0.0.0'),
    );
    expect(messages(valkeyPort, { image: 'valkey.example.com/web:1', ports: open(8080) })).toEqual([]);
  });

  it('refuses publication of every port', () => {
    expect(messages(valkeyPort, { ports: [], publishAllPorts: true })).toEqual([
      'valkey-container publishes all ports of Valkey on every address.\n' +
        'Allowed: 127.0.0.1 or ::1, or no publication.\n' +
        'To do:   remove publishAllPorts: containers on its network need no published port.',
    ]);
  });

  it('lets loopback addresses pass, and nothing at all', () => {
    expect(messages(valkeyPort, { ports: [{ internal: 6379, external: 1, ip: '::1' }] })).toEqual([]);
    expect(messages(valkeyPort, { ports: undefined })).toEqual([]);
  });
});

describe('no-secret-in-environment', () => {
  it('names each variable, tells how to hide it, and never prints it', () => {
    const envs = ['A=1', 'OPENAI_API_KEY=sk-value=', 'TOKEN=value', 'X=rediss://me:value@redis:6379/0'];
    expect(messages(clearSecrets, { envs }, WEBUI)).toEqual([
      'webui-container has a secret in its environment: OPENAI_API_KEY, TOKEN, X.\n' +
        'Allowed: secrets in an uploaded file that only root can read.\n' +
        'To do:   pulumi config set --stack dev --secret --path open-webui:webui.env.OPENAI_API_KEY, and so for each: ' +
        'then all variables go into such a file.',
    ]);
  });

  it('names the way for any other container', () => {
    const [text] = messages(clearSecrets, { envs: ['DB_PASSWORD=value'] });
    expect(text).toMatch(/To do: {3}give it in uploads, and read it from there where the program starts\.$/);
    expect(text).not.toContain('value');
  });

  it.each(['CLIENT_SECRET=x', 'redis_password=x', 'URL=redis://:x@redis', 'URL=valkey://me:x@redis'])(
    'refuses %s',
    (env) => {
      expect(messages(clearSecrets, { envs: [env] })).toHaveLength(1);
    },
  );

  it.each(['MONKEY=x', 'TOKENS=10', 'KEY_PREFIX=x', 'SECRET_KEY', 'SECRET_KEY=', 'URL=redis://me@redis:6379'])(
    'lets %s pass',
    (env) => {
      expect(messages(clearSecrets, { envs: [env] })).toEqual([]);
    },
  );

  it('lets a container without environment pass', () => {
    expect(messages(clearSecrets, { envs: undefined })).toEqual([]);
  });
});

describe('parseImage', () => {
  it.each([
    ['valkey', { repository: 'valkey', tag: undefined, digest: false }],
    ['localhost:5000/valkey', { repository: 'localhost:5000/valkey', tag: undefined, digest: false }],
    ['example.com:5000/a/b:1.2@sha256:ab', { repository: 'example.com:5000/a/b', tag: '1.2', digest: true }],
  ])('%s', (reference, parts) => {
    expect(parseImage(reference)).toEqual(parts);
  });
});

describe('image-exact', () => {
  const ID = `sha256:${'a'.repeat(64)}`;

  it.each([
    ['ghcr.io/startr/ai-web-openwebui:main', 'main is whatever was pushed last'],
    ['localhost:5000/webui', 'no tag means latest'],
    ['a/b:latest', 'latest is whatever was pushed last'],
    ['a/b:dev-cuda12', 'dev is whatever was pushed last'],
    ['a/b:Edge', 'Edge is whatever was pushed last'],
    ['a/b:stable-alpine3.20', 'stable is whatever was pushed last'],
    ['a/b:alpine', 'its tag names no version'],
  ])('refuses %s everywhere', (image, reason) => {
    expect(messages(exactImage, { image }, WEBUI)).toEqual([
      `webui-container runs ${image}: ${reason}.\nAllowed: a digest, or the tag of a version.\n` +
        'To do:   write a release or a digest in open-webui:webui.image in Pulumi.dev.yaml.',
    ]);
    expect(messages(exactImage, { image }, { stack: 'prod' })).toHaveLength(1);
  });

  it.each(['a/b:8', 'a/b:8.0', 'a/b:8.0-alpine', 'a/b:alpine3.20'])('refuses %s in production only', (image) => {
    expect(messages(exactImage, { image }, { stack: 'production' })).toEqual([
      `valkey-container runs ${image}: its tag names only a part of a version.\n` +
        'Allowed: a digest, or a tag with all three numbers of a version.\n' +
        'To do:   write a release or a digest in open-webui:valkey.image in Pulumi.production.yaml.',
    ]);
    expect(messages(exactImage, { image })).toEqual([]);
  });

  it.each(['a/b:v0.12.4', 'a/b:0.12.4-slim', `a/b:main@${ID}`, `a/b@${ID}`, ID, 'local/valkey:8.1-debian'])(
    'lets %s pass in production',
    (image) => {
      expect(messages(exactImage, { image }, { stack: 'prod' })).toEqual([]);
    },
  );
});

describe('valkey-without-known-holes', () => {
  const first = 'CVE-2025-49844 (fixed in 8.0.6)';
  const second = ['CVE-2026-23479', 'CVE-2026-25243', 'CVE-2026-23631'].map((cve) => `${cve} (fixed in 8.0.8)`);
  const third = (version: string) => ['CVE-2026-56684', 'CVE-2026-63639'].map((cve) => `${cve} (fixed in ${version})`);

  it.each([
    ['docker.io/valkey/valkey:8.0.1-alpine', '8.0.1', [first, ...second, ...third('8.0.10')], '8.0.10'],
    ['valkey/valkey:8.0.6', '8.0.6', [...second, ...third('8.0.10')], '8.0.10'],
    ['valkey:8.0.9-bookworm', '8.0.9', third('8.0.10'), '8.0.10'],
    [`valkey/valkey:9.1.0@sha256:${'a'.repeat(64)}`, '9.1.0', third('9.1.1'), '9.1.1'],
  ])('refuses %s', (image, version, holes, fixed) => {
    expect(messages(vulnerable, { image })).toEqual([
      `valkey-container runs Valkey ${version}, which has ${holes.join(', ')}.\nAllowed: ${fixed} or newer.\n` +
        'To do:   write such a release in open-webui:valkey.image in Pulumi.dev.yaml.',
    ]);
  });

  it.each([
    'valkey/valkey:8.0.10',
    'valkey/valkey:9.1.1-alpine',
    'valkey/valkey:8.1.0',
    'valkey/valkey:8.0',
    'valkey/valkey:8.0.1.2',
    `valkey/valkey@sha256:${'a'.repeat(64)}`,
    'docker.io/library/redis:8.0.1',
    'local/valkey:8.0.1',
    'valkey/valkey',
  ])('says nothing about %s', (image) => {
    expect(messages(vulnerable, { image })).toEqual([]);
  });
});

describe('data-volume-protected', () => {
  const found = (stack: string, protect: boolean) => {
    const resource = resourceOf(urn(stack, undefined, 'valkey-data'), { protect });
    return dataVolumes.check({}, resource).map((violation) => message(resource, violation));
  };

  it('refuses an unprotected volume in production', () => {
    expect(found('prod', false)).toEqual([
      'valkey-data is a volume without protection in the production stack prod.\n' +
        'Allowed: volumes with the option protect.\n' +
        'To do:   set open-webui:valkey.protectData in Pulumi.prod.yaml to true.',
    ]);
  });

  it('lets a protected one pass, and any elsewhere', () => {
    expect(found('prod', true)).toEqual([]);
    expect(found('dev', false)).toEqual([]);
    expect(found('reproduction', false)).toEqual([]);
  });
});

describe('the pack', () => {
  /** Names of the policies that report something about a container, as Pulumi would call them. */
  const reporting = async (stack: string, container: Partial<Container>) => {
    const args = {
      type: 'docker:index/container:Container',
      props: { ...good, ...container },
      urn: urn(stack),
      opts: { protect: false },
      isType: () => true,
    } as unknown as ResourceValidationArgs;
    const names = new Set<string>();
    for (const { name, validateResource } of policies.filter((policy) => policy.name !== dataVolumes.name)) {
      if (typeof validateResource !== 'function') throw new Error(`${name} checks nothing`);
      await validateResource(args, () => names.add(name));
    }
    return [...names];
  };

  it('enforces every rule but one, and that one in production', () => {
    expect(policies.map(({ name, enforcementLevel }) => `${name}: ${enforcementLevel}`)).toEqual([
      'capabilities-dropped: mandatory',
      'no-host-access: mandatory',
      'healthcheck-present: mandatory',
      'log-bounded: mandatory',
      'memory-limited: mandatory',
      'valkey-not-exposed: mandatory',
      'no-secret-in-environment: mandatory',
      'valkey-without-known-holes: mandatory',
      'data-volume-protected: mandatory',
      'image-exact: mandatory',
      'image-exact-advice: advisory',
    ]);
    // Pulumi refuses a pack with two policies of one name.
    expect(new Set(policies.map(({ name }) => name)).size).toBe(policies.length);
  });

  it('refuses a floating tag in production and advises elsewhere', async () => {
    expect(await reporting('prod-eu', { image: 'a/b:main' })).toEqual(['image-exact']);
    expect(await reporting('sage', { image: 'a/b:main' })).toEqual(['image-exact-advice']);
    expect(await reporting('prod', {})).toEqual([]);
  });

  it('reports through the policy of the rule', async () => {
    expect(await reporting('dev', { memory: 0, privileged: true })).toEqual(['no-host-access', 'memory-limited']);
  });
});

/** What policies cannot see: see policy/volumes.ts. */
describe('data volumes of the program', () => {
  const root = join(__dirname, '..', '..');
  const stacks = readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);

  it.each(stacks)('outlive the stack %s', async (stack) => {
    const { config } = parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), 'utf8')) as { config: object };
    jest.resetModules();
    // Pulumi keeps its state in its modules, so the helper has to get the same copies as the program.
    const pulumi = require('@pulumi/pulumi') as typeof import('@pulumi/pulumi');
    const { record } = require('../support/mocks.ts') as typeof import('../support/mocks.ts');
    const { resources } = await record(
      () => {
        const values = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
        pulumi.runtime.setAllConfig(Object.fromEntries(values), []);
        return (require('../../index.ts') as typeof import('../../index.ts')).default();
      },
      { stack },
    );
    const volumes = resources.filter(({ type }) => type === 'docker:index/volume:Volume');
    expect(volumes.map(({ name, retainOnDelete }) => ({ name, retainOnDelete }))).toEqual([
      { name: 'valkey-data', retainOnDelete: true },
      { name: 'webui-data', retainOnDelete: true },
    ]);
  });
});
