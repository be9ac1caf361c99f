/** Data in a folder of the Docker host, further mounts and a given session key: what is registered, who may share it, what is refused. */

import * as pulumi from '@pulumi/pulumi';
import { Deployment, type DeploymentArgs } from '../../components/deployment.ts';
import type { Docker } from '../../docker/client.ts';
import { lookAtHost, samePlace } from '../../docker/hostPaths.ts';
import type { Found } from '../../docker/inventory.ts';
import { neighboursOf } from '../../docker/neighbours.ts';
import { requireNoDowngrade, requireReadable } from '../../preflight/downgrade.ts';
import { requireHostPaths } from '../../preflight/hostPaths.ts';
import { requireProtectedData } from '../../preflight/protection.ts';
import { changesKey } from '../../preflight/sessionKey.ts';
import { parse } from '../../settings/parse.ts';
import { isSecret, named, record, revealed } from '../support/mocks.ts';
import { source } from '../support/settings.ts';

const deployed = async (args: DeploymentArgs) => {
  const { resources, result } = await record(() => new Deployment('chat', args));
  return { resources, names: resources.map(({ name }) => name), servers: result.servers };
};

describe('a deployment', () => {
  it('mounts a folder instead of a volume, in a way that makes no folder which is missing', async () => {
    const { resources, names, servers } = await deployed({ webui: { folder: '/srv/chat' } });
    const { inputs } = named(resources, 'chat-webui-container');
    expect(inputs).toMatchObject({
      volumes: [],
      mounts: [{ type: 'bind', source: '/srv/chat', target: '/app/backend/data' }],
    });
    expect(names).not.toContain('chat-webui-data');
    expect(names).not.toContain('chat-webui-init-container');
    expect(servers.webui).toMatchObject({ folder: '/srv/chat' });
    expect(servers.webui).not.toHaveProperty('volume');
  });

  it.each([
    ['standard', 'chat-valkey-init-container', '999:1000', '/data'],
    ['strict', 'chat-valkey-init-container', '999:1000', '/data'],
    ['strict', 'chat-webui-init-container', '1000:1000', '/app/backend/data'],
  ] as const)('that is %s gives a folder to its server by %s', async (hardening, task, user, target) => {
    const { resources } = await deployed({
      hardening,
      valkey: { folder: '/srv/valkey' },
      webui: { folder: '/srv/chat' },
    });
    const { inputs } = named(resources, task);
    expect(inputs['command']).toEqual([user, target, expect.stringMatching(/./)]);
    expect(inputs['mounts']).toEqual([expect.objectContaining({ type: 'bind', target })]);
    expect(named(resources, task.replace('-init', '')).inputs['mounts']).toEqual(inputs['mounts']);
  });

  it('mounts further paths and volumes, read-only unless it is said otherwise', async () => {
    const { resources } = await deployed({
      webui: {
        mounts: [
          { folder: '/etc/ssl/company.pem', target: '/etc/ssl/company.pem' },
          { volume: 'models', target: '/models', readOnly: false },
        ],
      },
    });
    expect(named(resources, 'chat-webui-container').inputs).toMatchObject({
      volumes: [
        { volumeName: 'chat-webui-test', containerPath: '/app/backend/data' },
        { volumeName: 'models', containerPath: '/models' },
      ],
      mounts: [{ type: 'bind', source: '/etc/ssl/company.pem', target: '/etc/ssl/company.pem', readOnly: true }],
    });
    await expect(deployed({ webui: { mounts: [{ target: '/x' }] } })).rejects.toThrow(
      new RangeError('the mount at /x has neither folder nor volume'),
    );
    await pulumi.runtime.disconnect();
  });

  it('takes a given session key as the generated one, which stays in the state', async () => {
    const { resources, names } = await deployed({ webui: { sessionKey: "it's mine" } });
    const { inputs } = named(resources, 'chat-webui-container');
    expect(isSecret(inputs['uploads'])).toBe(true);
    const [file] = revealed(inputs['uploads']) as [{ content: string }];
    expect(file.content).toContain(`WEBUI_SECRET_KEY='it'\\''s mine'\n`);
    expect(JSON.stringify(resources.map(({ inputs: all }) => ({ ...all, uploads: undefined })))).not.toContain(
      's mine',
    );
    expect(names).toContain('chat-secrets-session-key');
  });
});

it('knows when another session key is to come', () => {
  const file = (key: string) => [`A='1'\nWEBUI_SECRET_KEY='${key}'\n`];
  expect(changesKey(file('a'), undefined, 'a')).toBe(false);
  expect(changesKey(file('a'), 'a', 'b')).toBe(false);
  expect(changesKey(file('a'), undefined, 'b')).toBe(true);
  expect(changesKey(file('ab'), 'a', 'b')).toBe(true);
  // Nothing is deployed, or it is not known with what.
  expect(changesKey([], 'a', 'b')).toBe(false);
  expect(changesKey(file('a'), undefined, undefined)).toBe(false);
});

/** A host by its real paths; a link leads to another one. */
interface Host {
  paths: Record<string, { real?: string; kind?: string; owner?: string; entries?: string[]; sockets?: string[] }>;
  volumes?: Record<string, string>;
  containers?: object[];
}

/** An engine on that host: a command of docker as its exit code and what it prints. */
function engine({ paths, volumes = {}, containers = [] }: Host): Docker & { ran: string[][] } {
  const ran: string[][] = [];
  const answer = (code: number, stdout: string, stderr = '') => ({ code, stdout, stderr, all: '', timedOut: false });
  const capture = async (args: readonly string[]) => {
    ran.push([...args]);
    const [kind = '', , ...names] = args;
    if (kind === 'container') return answer(0, JSON.stringify(containers));
    if (kind === 'volume') {
      const found = names.filter((name) => name in volumes);
      return answer(0, JSON.stringify(found.map((Name) => ({ Name, Options: { device: volumes[Name] } }))));
    }
    const mounted = args.flatMap((word) => /^type=bind,source=(.*),target=/.exec(word)?.[1] ?? []);
    const missing = mounted.find((path) => !(path in paths));
    if (missing !== undefined)
      return answer(
        125,
        '',
        `docker: Error response from daemon: invalid mount config for type "bind": bind source path does not exist: ${missing}.\nSee 'docker run --help'.`,
      );
    if (kind === 'create')
      return answer(1, '', 'Error response from daemon: No such image: open-webui.invalid/none:latest');
    const lines = mounted.flatMap((path, index) => {
      const { real = path, kind: what = 'folder', owner = '0:0', entries = [], sockets = [] } = paths[path] ?? {};
      return [
        `place ${index} ${what} ${owner}`,
        ...entries.map((name) => `entry ${index} ${name}`),
        ...sockets.map((name) => `socket ${index} ${name}`),
        `mount 99 98 8:1 ${real.replaceAll(' ', '\\040')} /places/${index} ro - ext4 /dev/sda1 rw`,
      ];
    });
    return answer(0, `${lines.join('\n')}\n`);
  };
  return { endpoint: {}, capture, run: async (args: string[]) => (await capture(args)).stdout, ran } as never;
}

describe('a look at the host', () => {
  it('tells what is there, and passes over what is not', async () => {
    const docker = engine({
      paths: {
        '/srv/a b': { owner: '1000:1000', entries: ['webui.db', 'with a space'] },
        '/srv/link': { real: '/srv/a b/in it' },
      },
    });
    const places = await lookAtHost(docker, 'image', ['/srv/none', '/srv/a b', '/srv/link', '/srv/a b']);
    expect([...places.keys()]).toEqual(['/srv/a b', '/srv/link']);
    expect(places.get('/srv/a b')).toEqual({
      ...{ kind: 'folder', owner: '1000:1000', entries: ['webui.db', 'with a space'], sockets: [] },
      real: { device: '8:1', path: '/srv/a b' },
    });
    const [one, other] = [...places.values()];
    expect(one && other && samePlace(one, other)).toBe(true);
    expect(docker.ran).toHaveLength(2);
  });
});

describe('neighbours', () => {
  const container = (name: string, mount: object, { runs = true, restart = 'no' } = {}) => ({
    ...{ Name: `/${name}`, State: { Running: runs, Restarting: false } },
    HostConfig: { RestartPolicy: { Name: restart } },
    Mounts: [{ RW: true, Destination: '/x', ...mount }],
    NetworkSettings: { Networks: {} },
  });
  const bind = (path: string, more: object = {}) => ({ Type: 'bind', Source: path, ...more });

  const usersOf = async (
    mount: object,
    { state = {}, paths = {}, volumes = {}, image = 'image' as string | undefined } = {},
  ) => {
    const docker = engine({
      paths: { '/srv/chat': {}, ...paths },
      volumes,
      containers: [container('other', mount, state)],
    });
    const found = { kind: 'container', name: 'other', volumes: ['something'], runs: true } as unknown as Found;
    const needs = { data: [{ folder: '/srv/chat' }], image, hostNames: [] };
    return (await neighboursOf(docker, [found], () => false, needs)).users;
  };
  const USER = [{ data: { folder: '/srv/chat' }, container: 'other', runs: true, restart: 'no' }];

  it.each(['/srv/chat', '/srv/chat/uploads', '/srv', '/'])('are those who write to %s', async (path) => {
    expect(await usersOf(bind(path))).toEqual(USER);
    expect(await usersOf(bind(path), { image: undefined })).toEqual(USER);
  });

  it('are those who write there by a link, by a volume that stands for it, and after a restart', async () => {
    const paths = { '/home/link': { real: '/srv/chat/uploads' }, '/srv/chats': {} };
    expect(await usersOf(bind('/home/link'), { paths })).toEqual(USER);
    expect(await usersOf(bind('/srv/chats'), { paths })).toEqual([]);
    const volume = { Type: 'volume', Name: 'v', Source: '/var/lib/docker/volumes/v/_data' };
    expect(await usersOf(volume, { paths, volumes: { v: '/home/link' } })).toEqual(USER);
    expect(await usersOf(volume, { paths, volumes: { v: '' } })).toEqual([]);
    const stopped = { runs: false, restart: 'always' };
    expect(await usersOf(bind('/srv/chat'), { state: stopped })).toEqual([{ ...USER[0], ...stopped }]);
  });

  it('are not those who only read, have ended, or mount what has gone', async () => {
    expect(await usersOf(bind('/srv/chat', { RW: false }))).toEqual([]);
    expect(await usersOf(bind('/srv/chat'), { state: { runs: false } })).toEqual([]);
    expect(await usersOf(bind('/mnt/gone'))).toEqual([]);
  });
});

describe('the check before an update', () => {
  const lines = async (
    given: Record<string, unknown>,
    host: Host,
    { preview = false, image = 'image' as string | undefined, present = [] as Found[] } = {},
  ) => {
    const said: string[] = [];
    jest.spyOn(pulumi.log, 'info').mockImplementation(async (text) => void said.push(text));
    const settings = parse(source(given));
    const { result } = await record(
      () => requireHostPaths(engine(host), settings, { image, present }).catch((error: Error) => error),
      { preview },
    );
    if (!(result instanceof Error)) return said;
    expect(result).toBeInstanceOf(pulumi.RunError);
    const [head, ...rest] = result.message.trimEnd().split('\n');
    expect(head).toBe(
      'Some of what the stack test uses on the Docker host is unusable. Nothing was created or changed.',
    );
    return rest.map((line) => line.trim());
  };
  const webui = { webui: { folder: '/srv/chat' } };

  it('asks for nothing where nothing of the host is used', async () => {
    const docker = engine({ paths: {} });
    await record(() => requireHostPaths(docker, parse(source({})), { image: 'image', present: [] }));
    expect(docker.ran).toEqual([]);
  });

  it('refuses what is not there, with and without an image', async () => {
    const given = {
      webui: {
        ...webui.webui,
        mounts: [
          { folder: '/srv/ca.pem', target: '/a' },
          { volume: 'models', target: '/b' },
        ],
      },
    };
    const refused = [
      '/srv/chat, which does not exist',
      "to do: correct open-webui:webui.folder; or, to start without data, create it on the Docker host: mkdir -p '/srv/chat'",
      '/srv/ca.pem, which does not exist',
      'to do: correct open-webui:webui.mounts, or put it there on the Docker host',
      'the volume models, which does not exist',
      'to do: correct open-webui:webui.mounts, or create it: docker volume create models',
    ];
    expect(await lines(given, { paths: {} })).toEqual(refused);
    expect(await lines(given, { paths: {} }, { image: undefined, preview: true })).toEqual(refused);
    const there = { paths: { '/srv/chat': {}, '/srv/ca.pem': { kind: 'file' } }, volumes: { models: '' } };
    expect(await lines(given, there)).toEqual([]);
    expect(await lines(given, there, { image: undefined })).toEqual([]);
  });

  it('takes an empty folder, one with data, and the one that it has already', async () => {
    const one = (entries: string[]) => ({ paths: { '/srv/chat': { entries } } });
    expect(await lines(webui, one([]))).toEqual([]);
    expect(await lines(webui, one(['lost+found']))).toEqual([]);
    expect(await lines(webui, one(['cache', 'photos']))).toEqual([]);
    const own = { kind: 'container', volumes: ['/srv/chat'] } as unknown as Found;
    expect(await lines(webui, one(['photos']), { present: [own] })).toEqual([]);
    expect(await lines(webui, one(['a', 'b', 'c', 'd']))).toEqual([
      '/srv/chat, which contains things other than data of Open WebUI (a, b, c, …)',
      'to do: name the folder with webui.db in open-webui:webui.folder, or an empty one',
    ]);
    expect((await lines(webui, { paths: { '/srv/chat': { kind: 'file' } } }))[0]).toBe(
      '/srv/chat, which is not a folder',
    );
  });

  it('refuses two servers in one folder by a link, and a link to the socket of an engine', async () => {
    const both = { valkey: { folder: '/srv/valkey' }, ...webui };
    const paths = { '/srv/valkey': { real: '/srv/chat/x' }, '/srv/chat': {} };
    expect((await lines(both, { paths }))[0]).toBe(
      '/srv/valkey and /srv/chat, which are the same or nested: two servers would corrupt the data',
    );
    const mounts = { webui: { mounts: [{ folder: '/srv/tools', target: '/tools' }] } };
    expect(await lines(mounts, { paths: { '/srv/tools': { sockets: ['engine/docker.sock'] } } })).toEqual([
      '/srv/tools, which contains the socket of a container engine (engine/docker.sock): anyone who can reach it controls the host',
      'to do: remove it from open-webui:webui.mounts',
    ]);
    expect(await lines(mounts, { paths: { '/srv/tools': { sockets: ['app.sock'] } } })).toEqual([]);
  });

  it('says whose files change their owner', async () => {
    const given = { hardening: 'strict', valkey: { folder: '/srv/valkey' }, ...webui };
    const paths = { '/srv/valkey': { owner: '999:1000' }, '/srv/chat': { owner: '0:0' } };
    expect(await lines(given, { paths })).toEqual([
      '/srv/chat on the Docker host belongs to 0:0: everything in it will belong to 1000:1000, the user of Open WebUI',
    ]);
    // Root may read and write everything.
    expect(await lines({ ...given, hardening: 'standard' }, { paths })).toEqual([]);
  });
});

it('guards the data in a folder against older releases', () => {
  const valkey = { name: 'redis', image: 'valkey/valkey:8.0.1', volume: 'unused', folder: '/srv/valkey' };
  const on = (path: string) =>
    ({ kind: 'container', role: 'server', image: 'valkey/valkey:8.1.4', volumes: [path] }) as unknown as Found;
  expect(() => requireNoDowngrade(valkey, [on('/srv/valkey')])).toThrow(
    'valkey.image is valkey/valkey:8.0.1, and valkey/valkey:8.1.4 runs on the folder /srv/valkey: an older release may misread what a newer one wrote. Nothing was created or changed.\n' +
      '  to do: set valkey.image to Valkey 8.1 or newer; or start without this data, with another valkey.folder\n',
  );
  requireNoDowngrade(valkey, [on('unused'), on('/srv/other')]);
  const webui = { image: 'webui:1', volume: 'unused', folder: '/srv/chat' };
  expect(() => requireReadable(webui, ['abc'])).toThrow(
    'the database in the folder /srv/chat: it has the revision abc',
  );
});

it('leaves no protected data behind on the way from a folder or to one', () => {
  const on = (...volumes: string[]) => [{ kind: 'container', name: 'web', volumes }] as unknown as Found[];
  const server = { name: 'web', volume: 'data', protectData: true };
  const update = (more: object, present: Found[]) => () =>
    requireProtectedData({ webui: { ...server, ...more } }, present);
  expect(update({ folder: '/srv/new' }, on('/srv/chat', 'secrets'))).toThrow(
    new pulumi.RunError(
      'web would start with the folder /srv/new, and its data is elsewhere (/srv/chat, secrets) and protected. Nothing was created or changed.\n' +
        '  to do: name that in webui.folder or webui.volume; or set webui.protectData: false, npm run up -- --stack test, then try again\n',
    ),
  );
  expect(update({ folder: '/srv/new' }, on('data'))).toThrow('with the folder /srv/new');
  expect(update({}, on('/srv/chat'))).toThrow('with the volume data');
  for (const fine of [
    update({ folder: '/srv/chat' }, on('/srv/chat')),
    update({ folder: '/srv/new', protectData: false }, on('/srv/chat')),
    update({ folder: '/srv/new' }, []),
    // Pulumi refuses that itself.
    update({}, on('other')),
  ])
    expect(fine).not.toThrow();
});
