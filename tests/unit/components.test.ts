import * as pulumi from '@pulumi/pulumi';
import { Network } from '../../components/network.ts';
import { Secrets } from '../../components/secrets.ts';
import { Valkey, type ValkeyArgs } from '../../components/valkey/index.ts';
import { dockerPlatform } from '../../platform/docker/platform.ts';
import { requireNetwork } from '../../preflight/network.ts';
import { GENERATED, named, record, shape } from '../support/mocks.ts';

const platform = dockerPlatform();

const ours = [
  { label: 'com.pulumi.project', value: 'open-webui' },
  { label: 'com.pulumi.stack', value: 'test' },
];

const valkeyArgs: ValkeyArgs = {
  platform,
  name: 'redis-valkey',
  networkName: 'net',
  volume: 'redis-data',
  protectData: true,
};

describe('Network', () => {
  it("makes the network when it is the stack's own", async () => {
    const { resources } = await record(() => new Network('network', { platform, name: 'net', external: false }));
    expect(shape(resources)).toEqual([' > network (Network)', 'network > network-bridge (Network)']);
    const bridge = named(resources, 'network-bridge');
    expect(bridge.inputs).toEqual({ name: 'net', driver: 'bridge', labels: ours });
    expect(bridge.ignoreChanges).toEqual(['labels', 'ipamConfigs', 'ipv6']);
  });

  it('makes one without a way out', async () => {
    const { resources } = await record(
      () => new Network('network', { platform, name: 'net', external: false, internal: true }),
    );
    expect(named(resources, 'network-bridge').inputs).toMatchObject({ name: 'net', internal: true });
  });

  it('creates nothing when the network is external', async () => {
    const { resources } = await record(() => new Network('network', { platform, name: 'net', external: true }));
    expect(shape(resources)).toEqual([' > network (Network)']);
  });

  it('accepts an external network that exists', async () => {
    await record(() => requireNetwork({ name: 'net', external: true }), { networks: ['net'] });
  });

  it('refuses an external network that is missing, with the two ways out', async () => {
    const { result, resources } = await record(() =>
      requireNetwork({ name: 'net', external: true }).catch((error: Error) => error),
    );
    expect(result).toBeInstanceOf(pulumi.RunError);
    expect((result as Error).message).toBe(
      'The Docker network "net" does not exist, and "external: true" means that this stack does not create it. Nothing was created or changed.\n' +
        '  Either create it:                docker network create net\n' +
        '  or let this stack create it:     external: false\n',
    );
    expect(resources).toEqual([]);
  });
});

const server = ['valkey-server', '--save', '30', '1', '--appendonly', 'yes', '--appendfsync', 'everysec'];
const limits = [
  ...['--maxmemory', '256mb', '--maxmemory-policy', 'noeviction', '--maxclients', '10000'],
  ...['--timeout', '1800', '--tcp-keepalive', '15', '--client-output-buffer-limit', 'pubsub', '128mb', '64mb', '60'],
];

describe('Valkey', () => {
  let warned: jest.SpyInstance;
  beforeEach(() => {
    warned = jest.spyOn(console, 'warn').mockImplementation();
  });

  it('warns when it asks for no password', async () => {
    await record(() => new Valkey('valkey', valkeyArgs));
    expect(warned.mock.calls.join()).toContain('Valkey requires no password');
  });

  it('registers its image, volume and container, each with what protects it', async () => {
    const { resources } = await record(() => new Valkey('valkey', valkeyArgs));
    expect(shape(resources)).toEqual([
      ' > valkey (Valkey)',
      'valkey > valkey-container (Container)',
      'valkey > valkey-data (Volume)',
      'valkey > valkey-image (RemoteImage)',
    ]);
    const data = named(resources, 'valkey-data');
    expect(data.inputs).toEqual({ name: 'redis-data', labels: [...ours, { label: 'com.pulumi.role', value: 'data' }] });
    expect([data.retainOnDelete, data.protect]).toEqual([true, true]);
    expect(data.ignoreChanges).toEqual(['labels', 'driver', 'driverOpts']);
    const image = named(resources, 'valkey-image');
    expect(image.inputs).toEqual({ name: 'docker.io/valkey/valkey:8.0.10-alpine', keepLocally: true });
    expect(image.retainOnDelete).toBe(true);
    const container = named(resources, 'valkey-container');
    expect(container.deleteBeforeReplace).toBe(true);
    expect(container.replaceOnChanges).toEqual(['#initerror', 'healthcheck', 'init', 'mounts', 'tmpfs']);
    // Or the update after an upgrade, which has waited longer, would have something to do.
    expect(container.ignoreChanges).toContain('waitTimeout');
  });

  it('leaves to its settings alone what of a log makes a new container: an engine adds options of its own', async () => {
    const { resources } = await record(() => new Valkey('valkey', valkeyArgs));
    expect(named(resources, 'valkey-container').ignoreChanges).toEqual(['logOpts', 'waitTimeout']);
  });

  it("runs the tutorial's container", async () => {
    const { resources } = await record(() => new Valkey('valkey', { ...valkeyArgs, alias: 'redis' }));
    expect(named(resources, 'valkey-container').inputs).toEqual({
      name: 'redis-valkey',
      image: 'docker.io/valkey/valkey:8.0.10-alpine',
      entrypoints: [
        ...['/bin/sh', '-c', expect.stringContaining('exec docker-entrypoint.sh "$@"'), 'valkey', 'aof'],
        ...['redis-data', 'docker.io/valkey/valkey:8.0.10-alpine', '/data/.restore'],
      ],
      command: [...server, ...limits],
      envs: [],
      uploads: [],
      networksAdvanced: [{ name: 'net', aliases: ['redis'] }],
      volumes: [{ volumeName: 'redis-data', containerPath: '/data' }],
      ports: [],
      hosts: [],
      capabilities: { drops: ['ALL'], adds: ['CAP_SETGID', 'CAP_SETUID', 'CAP_DAC_OVERRIDE', 'CAP_KILL'] },
      securityOpts: ['no-new-privileges:true'],
      memory: 512,
      memorySwap: 512,
      init: true,
      healthcheck: {
        tests: [
          ...['CMD', '/bin/sh', '-c', expect.stringContaining('kill -KILL -1'), 'healthcheck', '5', '10', '30', '4'],
          ...['exec', '3', 'PONG', 'BUSY', 'valkey-cli', '-p', '6379', 'ping'],
        ],
        startPeriod: '5s',
        interval: '1s',
        timeout: '49s',
        retries: 5,
      },
      logDriver: 'json-file',
      logOpts: { 'max-size': '1m', 'max-file': '1', compress: 'false' },
      restart: 'unless-stopped',
      labels: [...ours, { label: 'com.pulumi.role', value: 'server' }],
      stopTimeout: 30,
      destroyGraceSeconds: 30,
      wait: true,
      waitTimeout: 124,
    });
  });

  it('writes snapshots alone when configured so, and converts what another form has left', async () => {
    const { resources } = await record(() => new Valkey('valkey', { ...valkeyArgs, persistence: 'snapshots' }));
    const { entrypoints, command } = named(resources, 'valkey-container').inputs as Record<string, string[]>;
    expect(entrypoints?.[4]).toBe('snapshots');
    expect(command?.slice(0, 6)).toEqual(['valkey-server', '--save', '30', '1', '--appendonly', 'no']);
  });

  it('runs as an ordinary user without any capability when it is strict', async () => {
    const { resources } = await record(() => new Valkey('valkey', { ...valkeyArgs, hardening: 'strict' }));
    expect(named(resources, 'valkey-container').inputs).toMatchObject({
      user: '999:1000',
      readOnly: true,
      tmpfs: {},
      capabilities: { drops: ['ALL'], adds: [] },
    });
  });

  it('lets in its application and its operator, by a hash of each password, and everybody else only to PING', async () => {
    const passwords = { application: pulumi.secret('valkey-secret'), operator: pulumi.secret('operator-secret') };
    const { resources, result } = await record(
      () => new Valkey('valkey', { ...valkeyArgs, alias: 'redis', passwords }),
    );
    const command = named(resources, 'valkey-container').inputs['command'] as string[];
    const users = command
      .slice(server.length + limits.length)
      .join(' ')
      .split(/ ?--user /)
      .slice(1);
    expect(users.map((user) => user.split(' ').slice(0, 3))).toEqual([
      ['default', 'on', 'nopass'],
      ['openwebui', 'on', '#ccb489f4f9c9b56461742e533e73e80aced284c51b4b4410a3b4508186b56b82'],
      ['operator', 'on', '#ec585b7be286a5088d8687af4ce027f389cd098e2bb0dee876d5521fa4468f59'],
    ]);
    expect(users[0]).toBe('default on nopass resetkeys resetchannels -@all +ping');
    expect(command.join(' ')).not.toMatch(/valkey-secret|operator-secret/);
    expect(await pulumi.isSecret(result.redisUrl)).toBe(true);
    expect(await new Promise((resolve) => result.redisUrl.apply(resolve))).toBe(
      'redis://openwebui:valkey-secret@redis:6379/0',
    );
  });

  it('publishes its port only when configured so', async () => {
    const publish = { address: '127.0.0.1', port: 16379 };
    const { resources } = await record(() => new Valkey('valkey', { ...valkeyArgs, publish }));
    expect(named(resources, 'valkey-container').inputs['ports']).toEqual([
      { internal: 6379, external: 16379, ip: '127.0.0.1' },
    ]);
  });
});

describe('Secrets', () => {
  it('generates each apart from the containers, in letters and digits', async () => {
    const { resources, result } = await record(() => new Secrets('secrets'));
    expect(shape(resources)).toEqual([
      ' > secrets (Secrets)',
      'secrets > secrets-admin-password (RandomPassword)',
      'secrets > secrets-operator-password (RandomPassword)',
      'secrets > secrets-session-key (RandomPassword)',
      'secrets > secrets-valkey-password (RandomPassword)',
    ]);
    expect(named(resources, 'secrets-session-key').inputs).toEqual({ length: 48, special: false });
    expect(named(resources, 'secrets-admin-password').inputs).toEqual({ length: 24, special: false });
    for (const secret of [result.sessionKey, result.adminPassword, result.valkeyPassword, result.operatorPassword]) {
      expect(await pulumi.isSecret(secret)).toBe(true);
      expect(await new Promise((resolve) => secret.apply(resolve))).toBe(GENERATED);
    }
  });
});
