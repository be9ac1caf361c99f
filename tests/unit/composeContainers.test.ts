/** Containers, however they were made, are described as a Compose file would describe them. */

import { UserError } from '../../core/errors.mjs';
import type { Docker } from '../../docker/client.ts';
import type { Container, Image } from '../../docker/inspect.ts';
import { readContainers } from '../../ops/compose/containers.ts';
import { find } from '../../ops/compose/find.ts';
import { move } from '../support/compose.ts';

type Part<Type> = { [Key in keyof Type]?: Type[Key] extends object ? Part<Type[Key]> : Type[Key] };

const DIGEST = `sha256:${'01'.repeat(32)}`;

const IMAGES: Record<string, { RepoDigests: string[]; Config: Part<Image['Config']> }> = {
  webui: {
    RepoDigests: [`ghcr.io/open-webui/open-webui@${DIGEST}`],
    Config: {
      Cmd: ['bash', 'start.sh'],
      Entrypoint: null,
      Env: ['PORT=8080', 'WEBUI_SECRET_KEY=', 'PATH=/bin'],
      Labels: { 'org.opencontainers.image.version': 'v0.12.4' },
      User: '0:0',
    },
  },
  redis: {
    RepoDigests: [],
    Config: { Cmd: ['valkey-server'], Entrypoint: ['docker-entrypoint.sh'], Env: ['PATH=/bin'], User: '' },
  },
};

/** What an inspection shows of a container that was made with nothing but its image. */
function container(
  name: string,
  image: keyof typeof IMAGES,
  parts: { Config?: object; HostConfig?: object; Mounts?: object[]; Networks?: object; Ports?: object },
): Container {
  const { Config, RepoDigests: _ } = IMAGES[image] as (typeof IMAGES)[string];
  return {
    Id: `0123456789abcdef-${name}`,
    Name: `/${name}`,
    Image: image,
    Config: {
      ...{
        Image: image === 'webui' ? 'ghcr.io/open-webui/open-webui:main' : 'valkey/valkey:8.1',
        Hostname: '0123456789ab',
      },
      ...Config,
      ...parts.Config,
      Env: [
        ...((Config.Env as string[]) ?? []).filter((one) => one !== 'WEBUI_SECRET_KEY='),
        ...((parts.Config as { Env?: string[] })?.Env ?? []),
      ],
    },
    HostConfig: {
      ...{
        RestartPolicy: { Name: 'always' },
        CapDrop: null,
        SecurityOpt: null,
        Memory: 0,
        NanoCpus: 0,
        PidsLimit: null,
      },
      ...{
        Privileged: false,
        PortBindings: {},
        ExtraHosts: null,
        NetworkMode: 'chat',
        IpcMode: 'private',
        ShmSize: 67108864,
      },
      LogConfig: { Type: 'json-file', Config: {} },
      ...parts.HostConfig,
    },
    Mounts: parts.Mounts ?? [],
    NetworkSettings: { Networks: parts.Networks ?? { chat: { Aliases: null } }, Ports: parts.Ports ?? {} },
  } as unknown as Container;
}

/** An engine with some containers, and the files that one can copy out of them. */
function engine(containers: readonly Container[], files: Record<string, string> = {}): Docker {
  const answer = (args: readonly string[]): string | undefined => {
    const [what, , ...names] = args;
    if (what === 'ps') {
      const line = ({ Name, NetworkSettings }: Container) =>
        [Name.slice(1), '', '', '', '', '', 'running', Object.keys(NetworkSettings.Networks).join(',')].join('\t');
      return containers.map(line).join('\n');
    }
    if (what === 'container') return JSON.stringify(containers.filter(({ Name }) => names.includes(Name.slice(1))));
    if (what === 'image') return JSON.stringify(names.map((Id) => ({ Id, ...IMAGES[Id] })));
    const text = what === 'cp' ? files[args[1] ?? ''] : undefined;
    return text === undefined
      ? undefined
      : `${'x'.repeat(124)}${text.length.toString(8).padStart(11, '0')} ${' '.repeat(376)}${text}`;
  };
  const capture = async (args: readonly string[]) => {
    const stdout = answer(args);
    return { code: stdout === undefined ? 1 : 0, stdout: stdout ?? '', stderr: '', all: '', timedOut: false };
  };
  return { capture, run: async (args: readonly string[]) => (await capture(args)).stdout } as unknown as Docker;
}

const redis = container('redis-valkey', 'redis', {
  Config: { Cmd: ['valkey-server', '--save', '30', '1'] },
  Mounts: [{ Type: 'volume', Name: 'redis-data', Source: '/v', Destination: '/data', RW: true }],
  Networks: { chat: { Aliases: ['redis'], IPAddress: '172.18.0.2' } },
});

const webui = (parts: Parameters<typeof container>[2] = {}) =>
  container('open-webui', 'webui', {
    ...parts,
    Config: {
      Env: [
        'WEBSOCKET_MANAGER=redis',
        'WEBSOCKET_REDIS_URL=redis://172.18.0.2:6379/1',
        'OLLAMA_BASE_URL=http://ollama:11434',
      ],
      ...parts.Config,
    },
    HostConfig: {
      PortBindings: { '8080/tcp': [{ HostIp: '', HostPort: '3000' }] },
      ExtraHosts: ['host.docker.internal:host-gateway'],
      ...parts.HostConfig,
    },
    Mounts: parts.Mounts ?? [
      { Type: 'volume', Name: 'open-webui', Source: '/v', Destination: '/app/backend/data', RW: true },
    ],
  });

const OWN_KEY = { 'open-webui:/app/backend/.webui_secret_key': 'its own key\n' };

it("the tutorial's move whole, with the key that the web UI has made for itself", async () => {
  const ollama = container('ollama', 'redis', {});
  const elsewhere = container('other', 'redis', { Networks: { other: {} } });
  const source = await readContainers(engine([webui(), redis, ollama, elsewhere], OWN_KEY), ['open-webui']);
  const { config, secrets, notes, plan } = move(source);
  expect(notes.cannot).toEqual([]);
  expect(config).toEqual({
    network: { name: 'chat', external: true },
    valkey: {
      name: 'redis-valkey',
      image: 'valkey/valkey:8.1',
      volume: 'redis-data',
      adoptVolume: true,
    },
    webui: {
      name: 'open-webui',
      image: `ghcr.io/open-webui/open-webui:main@${DIGEST}`,
      volume: 'open-webui',
      adoptVolume: true,
      publish: { address: '0.0.0.0' },
      env: { OLLAMA_BASE_URL: 'http://ollama:11434' },
    },
  });
  expect(secrets).toEqual({ 'webui.sessionKey': 'its own key' });
  expect([notes.cannot, notes.beside]).toEqual([
    [],
    ['ollama: on the network chat; reached as before (OLLAMA_BASE_URL)'],
  ]);
  expect(plan.steps[0]?.commands).toEqual(
    ['open-webui', 'redis-valkey'].flatMap((name) => [
      `docker stop ${name}`,
      `docker update --restart no ${name}`,
      `docker rename ${name} ${name}-before`,
      `docker network disconnect chat ${name}-before`,
    ]),
  );
  expect(plan.back[1]?.commands.slice(0, 4)).toEqual([
    'docker rename redis-valkey-before redis-valkey',
    'docker network connect --alias redis chat redis-valkey',
    'docker update --restart always redis-valkey',
    'docker start redis-valkey',
  ]);
});

it('give what was asked of them, less what the image says itself', async () => {
  const given = webui({
    Config: {
      Env: ['WEBUI_SECRET_KEY=given', 'WEBUI_NAME=Chat'],
      Labels: { 'traefik.enable': 'true', 'org.opencontainers.image.version': 'v0.12.4' },
      Hostname: 'chat',
      User: '1000:1000',
      Cmd: ['/app/run'],
    },
    HostConfig: {
      ...{
        Memory: 2 * 1024 ** 3,
        NanoCpus: 1.5e9,
        PidsLimit: 300,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
      },
      Ulimits: [{ Name: 'nofile', Soft: 1, Hard: 2 }],
      DeviceRequests: [{ Count: -1, DeviceIDs: null, Capabilities: [['gpu']] }],
      LogConfig: { Type: 'local', Config: { 'max-size': '5m' } },
      PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
    },
    Ports: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '32768' }] },
    Mounts: [
      { Type: 'bind', Source: '/srv/chat', Destination: '/app/backend/data', RW: true },
      { Type: 'bind', Source: '/etc/ca.pem', Destination: '/etc/ca.pem', RW: false },
    ],
    Networks: { chat: { Aliases: ['ui'], IPAMConfig: { IPv4Address: '172.18.0.9' } }, front: {} },
  });
  const { config, secrets, notes } = move(await readContainers(engine([given]), ['open-webui']));
  expect(config).toEqual({
    hardening: 'strict',
    webui: {
      ...{
        name: 'open-webui',
        image: `ghcr.io/open-webui/open-webui:main@${DIGEST}`,
        folder: '/srv/chat',
        hostname: 'chat',
      },
      ...{ memory: '2 GiB', cpus: 1.5, pidsLimit: 300, gpus: 'all', command: ['/app/run'] },
      publish: { port: 32768 },
      labels: { 'traefik.enable': 'true' },
      ulimits: { nofile: { soft: 1, hard: 2 } },
      log: { driver: 'local', maxSize: '5 MB' },
      mounts: [{ folder: '/etc/ca.pem', target: '/etc/ca.pem' }],
      networks: { chat: { aliases: ['ui'], ipv4: '172.18.0.9' }, front: {} },
      env: { WEBUI_NAME: 'Chat' },
    },
  });
  expect([secrets, notes.cannot]).toEqual([{ 'webui.sessionKey': 'given' }, []]);
});

it('of Compose keep no name that Compose has made up, and are left out of its files', async () => {
  const made = container('chat-ui-1', 'webui', {
    Config: {
      Env: ['WEBUI_NAME=x'],
      Labels: { 'com.docker.compose.project': 'chat', 'com.docker.compose.service': 'ui' },
    },
    Networks: { chat_default: { Aliases: ['chat-ui-1', 'ui'] } },
  });
  const source = await readContainers(engine([made]), ['chat-ui-1']);
  const { config, plan } = move(source);
  expect(config['webui']).not.toHaveProperty('name');
  expect(config['webui']).toMatchObject({ networks: { chat_default: { aliases: ['ui'] } } });
  expect(plan.after[0]?.text).toContain('Take them out of the files of the Compose project chat');
});

it('may be named both', async () => {
  const source = await readContainers(engine([webui(), redis]), ['open-webui', 'redis-valkey']);
  expect(find(source, { webui: 'open-webui', redis: 'redis-valkey' }).redis?.name).toBe('redis-valkey');
});

it('are asked for by their names', async () => {
  await expect(readContainers(engine([redis]), ['open-webui', 'redis-valkey'])).rejects.toThrow(UserError);
  await expect(readContainers(engine([redis]), ['open-webui', 'redis-valkey'])).rejects.toThrow(
    'There is no container open-webui on this engine.',
  );
});

it('of a Swarm do not show what their service publishes, and are refused', async () => {
  const Labels = { 'com.docker.swarm.service.name': 'chat_ui' };
  const task = webui({ Config: { Labels } });
  await expect(readContainers(engine([task, redis]), ['open-webui'])).rejects.toMatchObject({
    message:
      'open-webui is a container of the Swarm service chat_ui, which has ports, networks and copies that no container shows.',
    next: 'name the file of docker stack deploy in its place: npm run new-stack -- NAME --from-compose FILE --project-name STACK',
  });
});
