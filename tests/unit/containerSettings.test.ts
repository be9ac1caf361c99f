/** Settings that reach a container as they are: what they may say, and what they become. */

import * as pulumi from '@pulumi/pulumi';
import { OpenWebUI, type OpenWebUIArgs } from '../../components/openWebUI/index.ts';
import { Valkey } from '../../components/valkey/index.ts';
import { dockerPlatform } from '../../platform/docker/platform.ts';
import { parse } from '../../settings/parse.ts';
import { named, record } from '../support/mocks.ts';
import { env, problem, source } from '../support/settings.ts';

const SECRET = 'hunter2-hunter2';
const SHOWN = (what: string) =>
  `(not shown: it may be a secret) (docker inspect shows every ${what}, also one that is encrypted in the stack file)`;

describe('refuses, with what was given, what is allowed and what to do', () => {
  it.each<[string, Record<string, unknown>, string, string, string]>([
    [
      'open-webui:webui.labels.com.pulumi.role',
      { webui: { labels: { 'com.pulumi.role': 'data' } } },
      '"data" (the deployment finds what it has made by such labels)',
      'other labels',
      'remove it',
    ],
    [
      'open-webui:valkey.labels.com.docker.compose.project',
      { valkey: { labels: { 'com.docker.compose.project': 'x' } } },
      '"x" (Docker Compose takes a container with such a label for its own, and may remove it)',
      'other labels',
      'remove it',
    ],
    [
      'open-webui:webui.labels.homepage.widget.key',
      { webui: { labels: { 'homepage.widget.key': SECRET } } },
      SHOWN('label'),
      'labels without secrets',
      'remove it, and give the secret to the program that reads the label, in a separate file or variable',
    ],
    [
      'open-webui:webui.labels.a b',
      { webui: { labels: { 'a b': 'x' } } },
      '"x" (this is not a name for a label)',
      'one word without "="',
      'correct the name',
    ],
    [
      'open-webui:webui.labels.a',
      { webui: { labels: { a: null } } },
      'nothing (null)',
      'a string, a number, true or false',
      'quote the value, or remove the label',
    ],
    [
      'open-webui:webui.labels',
      { webui: { labels: ['traefik.enable=true'] } },
      'a list',
      'labels as NAME: value',
      'write one NAME: value per line, such as traefik.enable: true',
    ],
    [
      'open-webui:webui.hostname',
      { webui: { hostname: 'my_chat' } },
      '"my_chat"',
      'up to 63 letters, digits, "-" and ".", with a letter or digit at both ends',
      'write it as "chat"',
    ],
    [
      'open-webui:webui.hostname',
      { webui: { hostname: 'Redis' } },
      '"Redis" (it is the host name of Valkey (redis), which the web UI would no longer reach)',
      'another host name',
      'choose another name, or remove it',
    ],
    [
      'open-webui:webui.hostname',
      { webui: { hostname: 'host.docker.internal' } },
      '"host.docker.internal" (the web UI would reach itself instead of another host of that name)',
      'another host name',
      'choose another name, or remove it',
    ],
    [
      'open-webui:webui.extraHosts.redis',
      { webui: { extraHosts: { redis: '10.0.0.5' } } },
      '"10.0.0.5" (it is the host name of Valkey (redis), which the web UI would no longer reach)',
      'another host name',
      'choose another name, or remove it',
    ],
    [
      'open-webui:webui.extraHosts.localhost',
      { webui: { extraHosts: { localhost: '10.0.0.5' } } },
      '"10.0.0.5" (the health check and other programs in the container need it)',
      'another host name',
      'choose another name, or remove it',
    ],
    [
      'open-webui:webui.extraHosts.host.docker.internal',
      { webui: { extraHosts: { 'host.docker.internal': '172.17.0.1' } } },
      '"172.17.0.1" (it always points to the Docker host)',
      'nothing, or host-gateway',
      'remove it, or use another name for that address',
    ],
    [
      'open-webui:webui.extraHosts.db',
      { webui: { extraHosts: { db: 'db.example.com' } } },
      '"db.example.com"',
      'an IP address, or host-gateway for the Docker host',
      'write it as "10.0.0.5"',
    ],
    [
      'open-webui:webui.ulimits.files',
      { webui: { ulimits: { files: 1 } } },
      '1 (this is not a name for a ulimit)',
      'one that docker run --ulimit takes, such as nofile, nproc, memlock or core',
      'correct the name',
    ],
    ...[
      { soft: 65536, hard: 1024 },
      { soft: -1, hard: 1024 },
    ].map((nofile): [string, Record<string, unknown>, string, string, string] => [
      'open-webui:webui.ulimits.nofile',
      { webui: { ulimits: { nofile } } },
      'an object',
      'a whole number, or { soft, hard } with soft not above hard; -1 for no limit',
      'write it as 65536, or as { soft: 1024, hard: 65536 }',
    ]),
    [
      'open-webui:webui.ulimits.nofile.hard',
      { webui: { ulimits: { nofile: { soft: 1 } } } },
      'nothing',
      'a whole number, or -1 for no limit',
      'write it as 65536',
    ],
    [
      'open-webui:webui.command',
      { webui: { command: 'bash start.sh' } },
      '"bash start.sh"',
      'a list of words',
      'write it as ["bash", "start.sh"]',
    ],
    [
      'open-webui:webui.command',
      { webui: { command: ['open-webui', 'serve', '--api-key', SECRET] } },
      '(not shown: it may be a secret) (docker inspect and lists of processes show every word of it, also when it is encrypted in the stack file)',
      'a command without secrets',
      'give the secret to the server in an encrypted variable of webui.env',
    ],
    ...[0, [], ['0', 0], 'some'].map((gpus): [string, Record<string, unknown>, string, string, string] => [
      'open-webui:webui.gpus',
      { webui: { gpus } },
      Array.isArray(gpus) ? 'a list' : JSON.stringify(gpus),
      'all, a number of GPUs, or a list of device ids as nvidia-smi -L shows them',
      'write all, 1, or [0, 2]',
    ]),
    [
      'open-webui:webui.log.driver',
      { webui: { log: { driver: 'JSON file' } } },
      '"JSON file"',
      'a log driver that docker info lists, or none',
      'write json-file, or leave it out',
    ],
    [
      'open-webui:valkey.log.maxFiles',
      { valkey: { log: { driver: 'syslog', maxFiles: 1 } } },
      '1 (the log driver syslog does not rotate files)',
      'nothing, or a value together with json-file or local',
      'remove it',
    ],
    [
      'open-webui:webui.log.options.max-size',
      { webui: { log: { options: { 'max-size': '10m' } } } },
      '"10m" (it has its own setting)',
      'other options',
      'set webui.log.maxSize',
    ],
    [
      'open-webui:valkey.log.options.compress',
      { valkey: { log: { options: { compress: true } } } },
      'true (Docker compresses only rotated files, and does not start a container that keeps a single file)',
      'false, or true with valkey.log.maxFiles from 2',
      'remove it, or raise valkey.log.maxFiles',
    ],
    [
      'open-webui:webui.log.options.tag',
      { webui: { log: { driver: 'none', options: { tag: 'x' } } } },
      '"x" (the log driver none takes no options)',
      'nothing',
      'remove it',
    ],
    [
      'open-webui:webui.log.options.splunk-token',
      { webui: { log: { driver: 'splunk', options: { 'splunk-token': SECRET } } } },
      SHOWN('log option'),
      'options without secrets',
      'remove it, and let a program on the Docker host that has the secret send the log on, from journald for example',
    ],
  ])('%s: %j', (key, given, shown, allowed, fix) => {
    expect(problem(given)).toEqual([key, shown, allowed, fix]);
  });
});

it('takes what people paste from a Compose file', () => {
  const { webui } = parse(
    source({
      webui: {
        labels: { 'traefik.enable': true, 'traefik.http.routers.chat.rule': 'Host(`chat.example.com`)', port: 8080 },
        extraHosts: { 'host.docker.internal': 'host-gateway', 'db.internal': 'fd00::5' },
        ulimits: { nofile: 65536, core: { soft: 0, hard: -1 } },
        gpus: [0, 'GPU-3a23c669'],
        log: { driver: 'fluentd', options: { 'fluentd-address': 'localhost:24224', 'fluentd-async': true } },
      },
    }),
  );
  expect(webui.labels).toEqual({
    'traefik.enable': 'true',
    'traefik.http.routers.chat.rule': 'Host(`chat.example.com`)',
    port: '8080',
  });
  expect(webui.gpus).toEqual(['0', 'GPU-3a23c669']);
  expect(webui.log.options).toEqual({ 'fluentd-address': 'localhost:24224', 'fluentd-async': 'true' });
});

describe('a variable that others read on the engine', () => {
  const read = (name: string, path: string[]) =>
    parse({ ...source(env(name, SECRET), ['webui']), encrypted: [path] }).webui.env;

  it.each([[['webui', 'env', 'VIRTUAL_HOST']], [['webui', 'env']], [['webui']]])(
    'is refused when %j is encrypted',
    (path) => {
      expect(() => read('VIRTUAL_HOST', path)).toThrow(
        'open-webui:webui.env.VIRTUAL_HOST\n' +
          '    given:   (not shown: it may be a secret) (it is encrypted, and the program that reads it finds it only where docker inspect shows it)\n' +
          '    allowed: a value in plain text\n' +
          '    to do:   set it with pulumi config set --plaintext --path open-webui:webui.env.VIRTUAL_HOST\n',
      );
    },
  );

  it('goes to its reader alone when it is a secret', () => {
    expect(() => read('ACME_EAB_HMAC_KEY', ['webui', 'env', 'ACME_EAB_HMAC_KEY'])).toThrow(
      '    allowed: nothing\n    to do:   remove it, and give it to the program that reads it, in a separate file or variable\n',
    );
  });

  it('stays in clear beside one that is encrypted', () => {
    expect(read('NETWORK_ACCESS', ['webui', 'env', 'OPENAI_API_KEY'])).toEqual({ NETWORK_ACCESS: SECRET });
  });
});

describe('become arguments of the provider', () => {
  const platform = dockerPlatform();
  const webui = async (more: Partial<OpenWebUIArgs>) => {
    const args: OpenWebUIArgs = {
      platform,
      name: 'open-webui',
      networkNames: ['net'],
      redisUrl: 'redis://redis:6379/0',
      websocketRedisUrl: 'redis://redis:6379/1',
      volume: 'open-webui',
      admin: { email: 'admin@example.com', password: pulumi.output('secret') },
      sessionKey: pulumi.output('secret'),
      ...more,
    };
    const { resources } = await record(() => new OpenWebUI('webui', args));
    return resources;
  };

  it('changes nothing while none of them is given', async () => {
    const { inputs, ignoreChanges, replacementTrigger } = named(await webui({}), 'webui-container');
    expect(replacementTrigger).toEqual({ log: ['10m', 3] });
    expect(inputs).not.toHaveProperty('hostname');
    expect(inputs).not.toHaveProperty('ulimits');
    expect(inputs).not.toHaveProperty('gpus');
    expect(inputs['hosts']).toEqual([{ host: 'host.docker.internal', ip: 'host-gateway' }]);
    expect(inputs['labels']).toHaveLength(3);
    expect(ignoreChanges).toEqual(['logOpts', 'waitTimeout']);
  });

  it('has each where the provider takes it', async () => {
    const { inputs, ignoreChanges, replacementTrigger } = named(
      await webui({
        labels: { 'traefik.enable': 'true', 'com.pulumi.role': 'data' },
        hostname: 'chat',
        ulimits: { nofile: 65536, core: { soft: 0, hard: -1 } },
        extraHosts: { 'db.internal': '10.0.0.5', docker: 'host-gateway', 'host.docker.internal': 'host-gateway' },
        log: { driver: 'fluentd', options: { tag: 'chat' } },
        command: ['open-webui', 'serve'],
        gpus: ['0', '2'],
      }),
      'webui-container',
    );
    expect(inputs).toMatchObject({
      hostname: 'chat',
      ulimits: [
        { name: 'nofile', soft: 65536, hard: 65536 },
        { name: 'core', soft: 0, hard: -1 },
      ],
      hosts: [
        { host: 'host.docker.internal', ip: 'host-gateway' },
        { host: 'docker', ip: 'host-gateway' },
        { host: 'db.internal', ip: '10.0.0.5' },
      ],
      logDriver: 'fluentd',
      logOpts: { tag: 'chat' },
      command: ['open-webui', 'serve'],
      // Without the quotes, 2 would be a number of GPUs.
      gpus: '"device=0,2"',
    });
    // Ours come last, so that no label takes the place of one by which the deployment finds its own.
    expect(inputs['labels']).toEqual([
      { label: 'com.pulumi.project', value: 'open-webui' },
      { label: 'com.pulumi.stack', value: 'test' },
      { label: 'com.pulumi.role', value: 'server' },
      { label: 'traefik.enable', value: 'true' },
    ]);
    // The provider reads any GPU as all of them.
    expect(ignoreChanges).toEqual(['logOpts', 'waitTimeout', 'gpus']);
    expect(replacementTrigger).toEqual({ log: ['10m', 3, { tag: 'chat' }], gpus: ['0', '2'] });
  });

  it.each<[OpenWebUIArgs['gpus'], string]>([
    ['all', 'all'],
    [2, '2'],
  ])('asks for GPUs: %j', async (gpus, text) => {
    expect(named(await webui({ gpus }), 'webui-container').inputs['gpus']).toBe(text);
  });

  it('keeps an IPv6 address out of the comparison, which the provider reads up to its first colon', async () => {
    const { inputs, ignoreChanges, replacementTrigger } = named(
      await webui({ extraHosts: { db: 'FD00:0::5' } }),
      'webui-container',
    );
    expect(replacementTrigger).toMatchObject({ hosts: inputs['hosts'] });
    expect(inputs['hosts']).toContainEqual({ host: 'db', ip: 'fd00::5' });
    expect(ignoreChanges).toEqual(['logOpts', 'waitTimeout', 'hosts']);
  });

  it('leaves the task that prepares a server readable, and without labels for a proxy', async () => {
    const resources = await webui({
      hardening: 'strict',
      labels: { 'traefik.enable': 'true' },
      log: { driver: 'none' },
    });
    expect(named(resources, 'webui-container').inputs).toMatchObject({ logDriver: 'none', logOpts: {} });
    const task = named(resources, 'webui-init-container').inputs;
    expect(task).toMatchObject({ logDriver: 'json-file', logOpts: { 'max-size': '10m', 'max-file': '3' } });
    expect(task['labels']).toHaveLength(3);
  });

  it('rotates what the driver local writes', async () => {
    const args = { platform, name: 'redis', networkName: 'net', volume: 'data', log: { driver: 'local' } };
    jest.spyOn(console, 'warn').mockImplementation();
    const { resources } = await record(() => new Valkey('valkey', args));
    expect(named(resources, 'valkey-container').inputs).toMatchObject({
      logDriver: 'local',
      logOpts: { 'max-size': '1m', 'max-file': '1', compress: 'false' },
    });
  });
});
