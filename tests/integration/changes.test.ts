/** Every documented change of settings: replaces what it must, is really there, and keeps the data. */

import { randomInt } from 'node:crypto';
import { KEY_PREFIX, VALKEY_PORT } from '../../core/valkey.ts';
import { WEBUI_PORT } from '../../core/webui.ts';
import { type Config, Deployment, IMAGES } from '../support/deployment.ts';
import { docker, freePort, inspect, labelOf, valkeyAs } from '../support/docker.ts';

jest.setTimeout(600_000);

const KEY = `${KEY_PREFIX}:kept`;

let life: Deployment;

beforeAll(async () => {
  life = await Deployment.create('changes');
  await life.up();
});

afterAll(async () => {
  await life?.remove();
  const tag = `local/open-webui:${life?.stack}`;
  if (await docker('image', 'ls', '--quiet', tag)) await docker('image', 'rm', tag);
});

const ids = async () => ({
  valkey: (await inspect('container', life.valkey)).Id as string,
  webui: (await inspect('container', life.webui)).Id as string,
});

/** Names of labels, but for those of the image. */
const labelsOf = ({ Labels }: { Labels: Record<string, string> }) =>
  Object.keys(Labels)
    .filter((name) => !name.startsWith('org.opencontainers.'))
    .sort();

describe('a change of settings', () => {
  const users = () =>
    docker(
      'exec',
      life.webui,
      'python',
      '-c',
      'import sqlite3; print(sqlite3.connect("/app/backend/data/webui.db").execute("select group_concat(id) from user").fetchone()[0])',
    );

  interface Change {
    what: string;
    make: (deployment: Deployment) => void | Promise<void>;
    does: string[];
    // biome-ignore lint/suspicious/noExplicitAny: docker inspect's own JSON
    seen: (containers: { valkey: any; webui: any }, deployment: Deployment) => unknown;
    expected: unknown;
  }

  const [bridge, valkey, webui] = ['chat-network-bridge', 'chat-valkey-container', 'chat-webui-container'] as const;

  /** Of networks that nothing else has: other tests may run at the same time. */
  const [second, third] = [randomInt(64, 128), randomInt(256)];
  const [four, six] = [`10.${second}.${third}`, `fd00:${second}:${third}`];

  /** What a container on the network of the proxy gets from a host there. */
  const answerTo = async ({ stack }: Deployment, host: string) => {
    const ask = `exec 3<>/dev/tcp/${host}/${WEBUI_PORT}; printf 'GET /ready HTTP/1.1\\r\\nHost: ${host}\\r\\n\\r\\n' >&3; head -1 <&3`;
    const client = ['run', '--rm', '--label', labelOf(stack), '--network', `proxy-${stack}`, '--entrypoint', 'bash'];
    return (await docker(...client, IMAGES.valkey, '-c', ask)).trim();
  };

  /** Variables of the web UI, so that several changes can each add one. */
  const env = ({ webui }: Config) => webui['env'] as Record<string, unknown> | undefined;

  const replacing = (name: string) => ['create-replacement', 'delete-replaced', 'replace'].map((op) => `${op} ${name}`);

  describe.each<[string, Change[]]>([
    [
      'what the web UI is started with',
      [
        {
          what: 'port of the page',
          make: async ({ config }) => {
            config.webui['publish'] = { port: await freePort() };
          },
          does: replacing('chat-webui-container'),
          seen: ({ webui }, { config }) =>
            webui.NetworkSettings.Ports[`${WEBUI_PORT}/tcp`][0].HostPort ===
            String((config.webui['publish'] as { port: number }).port),
          expected: true,
        },
        {
          what: 'environment of the web UI',
          make: ({ config }) => {
            config.webui['env'] = { ...env(config), OLLAMA_BASE_URL: 'http://host.docker.internal:11434' };
          },
          does: replacing('chat-webui-container'),
          seen: ({ webui }) => webui.Config.Env.includes('OLLAMA_BASE_URL=http://host.docker.internal:11434'),
          expected: true,
        },
        {
          what: 'who decides on what the admin panel shows',
          make: ({ config }) => {
            config.webui['configuration'] = 'file';
            config.webui['signup'] = 'open';
            config.webui['env'] = { ...env(config), ENABLE_CHANNELS: true };
          },
          does: replacing('chat-webui-container'),
          // The first start has put other values into the database.
          seen: async (_, deployment) => {
            const { enable_signup: signup, enable_channels: channels } = await deployment.features();
            return [signup, channels];
          },
          expected: [true, true],
        },
        {
          what: 'image of the web UI',
          make: async ({ config, stack }) => {
            await docker('tag', IMAGES.webui, `local/open-webui:${stack}`);
            config.webui['image'] = `local/open-webui:${stack}`;
          },
          does: [...replacing('chat-webui-container'), ...replacing('chat-webui-image')].sort(),
          seen: ({ webui }, { stack }) => webui.Config.Image === `local/open-webui:${stack}`,
          expected: true,
        },
      ],
    ],
    [
      'limits, without a new container',
      [
        {
          what: 'memory of Valkey, without a new container',
          make: ({ config }) => {
            config.valkey['memory'] = '600 MiB';
          },
          does: ['update chat-valkey-container'],
          seen: ({ valkey }) => [valkey.HostConfig.Memory, valkey.HostConfig.MemorySwap],
          expected: [600 * 1024 ** 2, 600 * 1024 ** 2],
        },
        {
          what: 'limits of processes, without a new container',
          make: ({ config }) => {
            config.valkey['pidsLimit'] = 128;
            config.webui['pidsLimit'] = 1024;
          },
          does: [],
          seen: ({ valkey, webui }) => [valkey.HostConfig.PidsLimit, webui.HostConfig.PidsLimit],
          expected: [128, 1024],
        },
      ],
    ],
    [
      'what Valkey is started with, and the way back of what decides',
      [
        {
          what: 'processors of Valkey',
          make: ({ config }) => {
            config.valkey['cpus'] = 1;
          },
          does: replacing('chat-valkey-container'),
          seen: ({ valkey }) => valkey.HostConfig.NanoCpus,
          expected: 1e9,
        },
        {
          what: 'healthcheck of Valkey',
          make: ({ config }) => {
            config.valkey['healthcheck'] = { interval: '10s', retries: 4 };
          },
          does: replacing('chat-valkey-container'),
          seen: ({ valkey }) => [valkey.Config.Healthcheck.Interval / 1e9, valkey.Config.Healthcheck.Retries],
          expected: [2, 4],
        },
        {
          what: 'snapshots, log and publication of Valkey',
          make: async ({ config }) => {
            config.valkey['snapshot'] = { after: '1m', changes: 10 };
            config.valkey['log'] = { maxSize: '2 MB' };
            config.valkey['publish'] = { port: await freePort() };
          },
          does: replacing('chat-valkey-container'),
          seen: ({ valkey }) => [
            valkey.Config.Cmd.slice(0, 4),
            valkey.HostConfig.LogConfig.Config,
            valkey.NetworkSettings.Ports[`${VALKEY_PORT}/tcp`][0].HostIp,
          ],
          expected: [
            ['valkey-server', '--save', '60', '10'],
            { compress: 'false', 'max-file': '1', 'max-size': '2m' },
            '127.0.0.1',
          ],
        },
        {
          what: 'who decides, back to the page: what the first start has taken holds again',
          make: ({ config }) => {
            config.webui['configuration'] = 'page';
            config.webui['signup'] = 'closed';
          },
          does: replacing('chat-webui-container'),
          seen: async (_, deployment) => {
            const { enable_signup: signup, enable_channels: channels } = await deployment.features();
            return [signup, channels];
          },
          expected: [false, false],
        },
        {
          what: 'log of the web UI, and its healthcheck',
          make: ({ config }) => {
            config.webui['log'] = { maxSize: '5 MB', maxFiles: 2 };
            config.webui['healthcheck'] = { interval: '35s' };
          },
          does: replacing('chat-webui-container'),
          seen: ({ webui }) => [webui.HostConfig.LogConfig.Config, webui.Config.Healthcheck.Interval / 1e9],
          expected: [{ 'max-file': '2', 'max-size': '5m' }, 7],
        },
      ],
    ],
    [
      'what they have in their containers',
      [
        {
          what: 'what the web UI has in its container',
          make: ({ config }) => {
            Object.assign(config.webui, {
              labels: { 'traefik.enable': true, 'traefik.http.routers.chat.rule': 'Host(`chat.example.com`)' },
              hostname: 'chat',
              ulimits: { nofile: { soft: 1000, hard: 4000 }, core: 0 },
              extraHosts: { 'db.internal': '10.9.8.7', 'six.internal': 'fd00::5', docker: 'host-gateway' },
              command: ['bash', '-c', 'exec bash start.sh'],
              log: { driver: 'local', options: { mode: 'non-blocking' } },
            });
          },
          does: replacing('chat-webui-container'),
          seen: async ({ webui: { Config, HostConfig } }, { webui }) => ({
            labels: labelsOf(Config),
            inside: await docker(
              ...['exec', webui, 'bash', '-c'],
              'hostname; ulimit -Sn; ulimit -Hn; getent hosts db.internal six.internal | tr -s " "; getent hosts docker host.docker.internal | cut -d" " -f1 | uniq | wc -l',
            ),
            command: Config.Cmd,
            log: HostConfig.LogConfig,
            readable: (await life.run('docker', ['logs', webui])).code,
          }),
          expected: {
            labels: [
              ...['com.pulumi.project', 'com.pulumi.role', 'com.pulumi.stack'],
              ...['traefik.enable', 'traefik.http.routers.chat.rule'],
            ],
            inside: 'chat\n1000\n4000\n10.9.8.7 db.internal\nfd00::5 six.internal\n1',
            command: ['bash', '-c', 'exec bash start.sh'],
            log: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '3', mode: 'non-blocking' } },
            readable: 0,
          },
        },
        {
          what: 'what Valkey has in its container, with a log that cannot be read',
          make: ({ config }) => {
            Object.assign(config.valkey, {
              labels: { 'com.centurylinklabs.watchtower.enable': false },
              hostname: 'kv-1',
              ulimits: { nofile: 12_000 },
              log: { driver: 'none' },
            });
          },
          does: replacing('chat-valkey-container'),
          seen: ({ valkey: { Config, HostConfig } }) => [
            Config.Labels['com.centurylinklabs.watchtower.enable'],
            Config.Hostname,
            HostConfig.Ulimits,
            HostConfig.LogConfig.Type,
          ],
          expected: ['false', 'kv-1', [{ Name: 'nofile', Hard: 12_000, Soft: 12_000 }], 'none'],
        },
      ],
    ],
    [
      'none of that, and subnets',
      [
        {
          what: 'all of that taken back',
          make: ({ config }) => {
            for (const key of ['labels', 'hostname', 'ulimits', 'extraHosts', 'command', 'log', 'healthcheck']) {
              delete config.webui[key];
              delete config.valkey[key];
            }
          },
          does: [...replacing('chat-valkey-container'), ...replacing('chat-webui-container')].sort(),
          seen: ({ webui: { Config, HostConfig } }) => [
            labelsOf(Config),
            HostConfig.Ulimits?.length ?? 0,
            HostConfig.ExtraHosts,
            Config.Cmd,
            HostConfig.LogConfig,
            Config.Healthcheck.Interval / 1e9,
          ],
          expected: [
            ['com.pulumi.project', 'com.pulumi.role', 'com.pulumi.stack'],
            0,
            ['host.docker.internal:host-gateway'],
            ['bash', 'start.sh'],
            { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
            2,
          ],
        },
        {
          what: 'subnets of the network, and fixed addresses there',
          make: ({ config, network }) => {
            config.network = { subnet: [`${four}.0/24`, `${six}::/64`] };
            config.webui['networks'] = { [network]: { aliases: ['chat'], ipv4: `${four}.10`, ipv6: `${six}::10` } };
          },
          does: [bridge, valkey, webui].flatMap(replacing).sort(),
          seen: ({ webui: { NetworkSettings } }, { network }) => {
            const { IPAddress, GlobalIPv6Address, Aliases } = NetworkSettings.Networks[network];
            return [IPAddress, GlobalIPv6Address, Aliases.includes('chat')];
          },
          expected: [`${four}.10`, `${six}::10`, true],
        },
      ],
    ],
    [
      'the network of a proxy',
      [
        {
          what: 'network of a proxy instead of a published port',
          make: async ({ config, stack }) => {
            await docker('network', 'create', '--label', labelOf(stack), `proxy-${stack}`);
            config.network = {};
            config.webui['networks'] = { [`proxy-${stack}`]: { aliases: ['chat.internal'] } };
            config.webui['publish'] = 'none';
          },
          // Valkey gets another name, as that network is shared; the network keeps its subnets.
          does: [valkey, webui].flatMap(replacing).sort(),
          seen: async ({ webui: { NetworkSettings } }, deployment) => [
            Object.values(NetworkSettings.Ports).filter(Boolean),
            await Promise.all([deployment.webui, 'chat.internal'].map((host) => answerTo(deployment, host))),
            (await deployment.command('drift')).code,
          ],
          expected: [[], ['HTTP/1.1 200 OK', 'HTTP/1.1 200 OK'], 0],
        },
      ],
    ],
  ])('%s', (_, changes) => {
    // One by one: an update of several does not show which of them replaced what.
    if (changes.length > 1)
      it.each(changes)('$what: is to replace what it must', async ({ make, does }) => {
        const { config } = life;
        life.config = structuredClone(config);
        try {
          await make(life);
          expect(await life.planned()).toEqual(does);
        } finally {
          life.config = config;
        }
      });

    it('replaces that, is really there, and keeps the data', async () => {
      const before = await ids();
      const user = await users();
      const valkey = { container: life.valkey };
      expect(await valkeyAs(valkey, await life.application(), 'SET', KEY, before.valkey)).toBe('OK');
      for (const { make } of changes) await make(life);
      const does = [...new Set(changes.flatMap((change) => change.does))].sort();

      expect(await life.up()).toEqual(does);

      const containers = {
        valkey: await inspect('container', life.valkey),
        webui: await inspect('container', life.webui),
      };
      for (const { what, seen, expected } of changes)
        expect([what, await seen(containers, life)]).toEqual([what, expected]);
      const after = await ids();
      expect(after.valkey !== before.valkey).toBe(does.includes('replace chat-valkey-container'));
      expect(after.webui !== before.webui).toBe(does.includes('replace chat-webui-container'));
      expect(await users()).toBe(user);
      expect(await valkeyAs(valkey, await life.application(), 'GET', KEY)).toBe(before.valkey);
      expect(await life.failedChecks()).toEqual([]);
      // What the provider was given is what it reads back.
      await life.expectUnchanged('--refresh');
      expect(JSON.parse((await life.command('drift', ['--json'])).stdout)).toMatchObject({ differences: [] });
    });
  });
});

describe('what the engine does not have', () => {
  it.each<[string, Record<string, unknown>, string]>([
    [
      'a log driver',
      { log: { driver: 'loki' } },
      'This engine has no log driver loki. Nothing was created or changed.',
    ],
    [
      'a log option',
      { log: { driver: 'local', options: { tga: 'x' } } },
      'The engine cannot start a container with log as webui has it. Nothing was created or changed.',
    ],
    [
      'a GPU',
      { gpus: [0, 1] },
      'The engine cannot start a container with gpus as webui has it. Nothing was created or changed.',
    ],
  ])('is refused before anything changes: %s', async (_, asked, text) => {
    const before = await ids();
    const webui = life.config.webui;
    life.config.webui = { ...webui, ...asked };
    await expect(life.up()).rejects.toThrow(text);
    life.config.webui = webui;
    expect(await ids()).toEqual(before);
  });
});
