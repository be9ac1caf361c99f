import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { OpenWebUI, type OpenWebUIArgs } from '../../components/openWebUI/index.ts';
import { Valkey } from '../../components/valkey/index.ts';
import { requireSuccess } from '../../platform/docker/init.ts';
import { dockerPlatform } from '../../platform/docker/platform.ts';
import { isSecret, named, record, revealed, shape } from '../support/mocks.ts';

const platform = dockerPlatform();

const webuiArgs = (more: Partial<OpenWebUIArgs> = {}): OpenWebUIArgs => ({
  platform,
  name: 'open-webui',
  networkNames: ['net'],
  redisUrl: pulumi.secret('redis://openwebui:valkey-secret@redis:6379/0'),
  websocketRedisUrl: pulumi.secret('redis://openwebui:valkey-secret@redis:6379/1'),
  volume: 'open-webui',
  admin: { email: 'admin@example.com', password: pulumi.secret('admin-secret') },
  sessionKey: pulumi.secret('session-secret'),
  ...more,
});

/** What the server's own start command finds in its environment: the container's start script is run, in a shell of this machine. */
function variablesAtStart(inputs: Record<string, unknown>): Record<string, string> {
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-start-'));
  try {
    const [{ content }] = revealed(inputs['uploads']) as [{ content: string }];
    writeFileSync(join(dir, 'secrets'), content);
    const [shell = '', option = '', script = '', name = ''] = inputs['entrypoints'] as string[];
    const env = Object.fromEntries(
      (inputs['envs'] as string[]).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const args = [
      option,
      script,
      name,
      join(dir, 'secrets'),
      dir,
      process.execPath,
      '-p',
      'JSON.stringify(process.env)',
    ];
    const found = JSON.parse(execFileSync(shell, args, { encoding: 'utf8', env, cwd: dir })) as Record<string, string>;
    // A shell's own.
    for (const own of ['PWD', 'OLDPWD', 'SHLVL', '_']) delete found[own];
    return found;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe('OpenWebUI', () => {
  beforeEach(() => {
    jest.spyOn(console, 'warn').mockImplementation();
  });

  it('registers its image, volume and container', async () => {
    const { resources } = await record(() => new OpenWebUI('webui', webuiArgs()));
    expect(shape(resources)).toEqual([
      ' > webui (OpenWebUI)',
      'webui > webui-container (Container)',
      'webui > webui-data (Volume)',
      'webui > webui-image (RemoteImage)',
    ]);
    const data = named(resources, 'webui-data');
    expect([data.retainOnDelete, data.protect]).toEqual([true, false]);
    expect(named(resources, 'webui-container').deleteBeforeReplace).toBe(true);
  });

  it('starts beside Valkey: it needs it seconds later, and the volume can stay without it', async () => {
    const { resources } = await record(() => {
      const valkey = new Valkey('valkey', { platform, name: 'redis-valkey', networkName: 'net', volume: 'redis-data' });
      return new OpenWebUI('webui', webuiArgs({ redisUrl: valkey.redisUrl }));
    });
    const waits = resources
      .filter(({ name }) => name.startsWith('webui'))
      .flatMap(({ dependencies }) => dependencies)
      .filter((one) => one.startsWith('valkey'));
    expect(waits).toEqual([]);
  });

  it.each(['out', 'in', 'back', 'swapped', 'done', ''])(
    'starts with all of one data alone, not with half of a restore: phase %s',
    async (phase) => {
      const { resources } = await record(() => new OpenWebUI('webui', webuiArgs()));
      const { entrypoints } = named(resources, 'webui-container').inputs as { entrypoints: string[] };
      expect(entrypoints.slice(4)).toEqual(['/run/secrets/open-webui.env', '/app/backend/data/.restore']);
      const dir = mkdtempSync(join(tmpdir(), 'open-webui-start-'));
      try {
        writeFileSync(join(dir, 'secrets'), "SECRET='of the file'\n");
        if (phase) writeFileSync(join(dir, `phase.${phase}`), '');
        const args = ['-c', String(entrypoints[2]), 'open-webui', join(dir, 'secrets'), dir, 'printenv', 'SECRET'];
        const { status, stdout, stderr } = spawnSync('/bin/sh', args, { encoding: 'utf8' });
        const half = ['out', 'in', 'back'].includes(phase);
        expect({ status, stdout }).toEqual(half ? { status: 1, stdout: '' } : { status: 0, stdout: 'of the file\n' });
        expect(stderr.includes('open-webui: a restore was killed half-way')).toBe(half);
      } finally {
        rmSync(dir, { recursive: true });
      }
    },
  );

  it('waits until another Valkey takes over, which its client does not by itself', async () => {
    const { resources } = await record(() => new OpenWebUI('webui', webuiArgs({ failover: true })));
    expect(named(resources, 'webui-container').inputs['envs']).toContain('REDIS_SOCKET_TIMEOUT=15');
  });

  it('wires websockets and shared state to Valkey', async () => {
    const { resources } = await record(
      () => new OpenWebUI('webui', webuiArgs({ env: { OLLAMA_BASE_URL: 'http://host.docker.internal:11434' } })),
    );
    const { inputs } = named(resources, 'webui-container');
    expect(inputs['envs']).toEqual([
      'REDIS_HEALTH_CHECK_INTERVAL=60',
      'REDIS_SOCKET_KEEPALIVE=true',
      'DATABASE_SQLITE_PRAGMA_BUSY_TIMEOUT=60000',
      'OLLAMA_BASE_URL=http://host.docker.internal:11434',
      'ENABLE_WEBSOCKET_SUPPORT=true',
      'WEBSOCKET_MANAGER=redis',
      'ENABLE_PERSISTENT_CONFIG=true',
      'ENABLE_SIGNUP=false',
      'WEBUI_ADMIN_EMAIL=admin@example.com',
      'WEBUI_ADMIN_NAME=Admin',
    ]);
    expect(inputs).toMatchObject({
      networksAdvanced: [{ name: 'net', aliases: [] }],
      volumes: [{ volumeName: 'open-webui', containerPath: '/app/backend/data' }],
      ports: [{ internal: 8080, external: 3000, ip: '127.0.0.1' }],
      hosts: [{ host: 'host.docker.internal', ip: 'host-gateway' }],
      capabilities: { drops: ['ALL'], adds: ['CAP_DAC_OVERRIDE'] },
      securityOpts: ['no-new-privileges:true'],
      memory: 4096,
      memorySwap: 4096,
      init: true,
      healthcheck: {
        tests: [
          ...[
            'CMD',
            '/bin/sh',
            '-c',
            expect.stringContaining("curl --noproxy '*'"),
            'healthcheck',
            '120',
            '12',
            '120',
            '8',
          ],
          ...['http', '5', '8080', '/ready', '/health'],
        ],
        startPeriod: '2m0s',
        interval: '2s',
        timeout: '2m23s',
        retries: 3,
      },
      waitTimeout: 195,
    });
  });

  it('leaves an address of Valkey that has options of its own', async () => {
    const redisUrl = 'redis://other:6379/3?max_connections=7';
    const { resources } = await record(() => new OpenWebUI('webui', { ...webuiArgs(), redisUrl }));
    const [upload] = revealed(named(resources, 'webui-container').inputs['uploads']) as [{ content: string }];
    expect(upload.content).toContain(`\nREDIS_URL='${redisUrl}'\n`);
  });

  it('gives secrets in a file, secret to the last', async () => {
    const { resources } = await record(() => new OpenWebUI('webui', webuiArgs()));
    const { inputs } = named(resources, 'webui-container');
    expect(isSecret(inputs['uploads'])).toBe(true);
    const [upload] = revealed(inputs['uploads']) as [unknown];
    expect(upload).toEqual({
      file: '/run/secrets/open-webui.env',
      content:
        "WEBUI_SECRET_KEY='session-secret'\nWEBUI_ADMIN_PASSWORD='admin-secret'\n" +
        "WEBSOCKET_REDIS_URL='redis://openwebui:valkey-secret@redis:6379/1?max_connections=2000'\n" +
        "REDIS_URL='redis://openwebui:valkey-secret@redis:6379/0?max_connections=2000'\n",
      permissions: '0400',
    });
    const shown = JSON.stringify(resources.map(({ inputs: all }) => ({ ...all, uploads: undefined })));
    expect(shown).not.toMatch(/session-secret|admin-secret|valkey-secret/);
    // What a component is given is not recorded with it: its parts have it, and their secrets are marked.
    expect(named(resources, 'webui').inputs).toEqual({});
  });

  describe('when it is strict', () => {
    const strict = () => new OpenWebUI('webui', webuiArgs({ hardening: 'strict', networkNames: ['net', 'internal'] }));

    it('is an ordinary user without any capability that can write its data alone', async () => {
      const { resources } = await record(strict);
      const { inputs } = named(resources, 'webui-container');
      expect(inputs).toMatchObject({
        user: '1000:1000',
        readOnly: true,
        tmpfs: { '/tmp': 'rw,nosuid,nodev,noexec,size=1g,mode=1777' },
        capabilities: { drops: ['ALL'], adds: [] },
        uploads: [],
        networksAdvanced: [
          { name: 'net', aliases: [] },
          { name: 'internal', aliases: [] },
        ],
        volumes: [
          { volumeName: 'open-webui', containerPath: '/app/backend/data' },
          { volumeName: 'open-webui-secrets', containerPath: '/run/secrets', readOnly: true },
        ],
      });
      expect(inputs['envs']).toEqual(expect.arrayContaining(['HOME=/tmp/home', 'STATIC_DIR=/tmp/static']));
    });

    it('gets its volumes, and the secrets in one of them, from a task that runs again with each change', async () => {
      const { resources } = await record(strict);
      const task = named(resources, 'webui-init-container');
      expect(task.inputs).toMatchObject({
        name: 'open-webui-init',
        capabilities: { drops: ['ALL'], adds: ['CAP_CHOWN', 'CAP_DAC_OVERRIDE'] },
        securityOpts: ['no-new-privileges:true'],
        networkMode: 'none',
        mustRun: false,
        attach: true,
        restart: 'no',
        volumes: [
          { volumeName: 'open-webui', containerPath: '/app/backend/data' },
          { volumeName: 'open-webui-secrets', containerPath: '/run/secrets' },
        ],
      });
      expect(isSecret(task.inputs['uploads'])).toBe(true);
      expect(revealed(task.inputs['uploads'])).toMatchObject([
        { file: '/run/secrets/open-webui.env', permissions: '0400', owner: '1000', group: '1000' },
      ]);
      expect(named(resources, 'webui-container').replaceWith).toEqual(['webui-init-container']);
      const secrets = named(resources, 'webui-secrets');
      expect([secrets.retainOnDelete, secrets.protect]).toEqual([false, false]);
    });

    it('is not started when that task has failed', () => {
      expect(requireSuccess('open-webui', { name: 'open-webui-init', exitCode: 0 })).toBe(true);
      expect(() => requireSuccess('open-webui', { name: 'open-webui-init', exitCode: 1 })).toThrow(
        'open-webui was not started: open-webui-init, which prepares its volumes, exited with code 1.\n  why:    docker logs open-webui-init',
      );
    });
  });

  it('takes undefined for not given, and fills in what an object leaves out', async () => {
    const asked = { image: undefined, memory: undefined, publish: { port: 3001 } };
    const { resources } = await record(() => new OpenWebUI('webui', webuiArgs(asked)));
    expect(named(resources, 'webui-container').inputs).toMatchObject({
      image: 'ghcr.io/open-webui/open-webui:v0.12.4',
      memory: 4096,
      ports: [{ external: 3001, ip: '127.0.0.1' }],
    });
  });

  it('lets nothing take the place of what the wiring sets, by whichever way it comes', async () => {
    const start = async (more: Partial<OpenWebUIArgs>) => {
      const { resources } = await record(() => new OpenWebUI('webui', webuiArgs(more)));
      return variablesAtStart(named(resources, 'webui-container').inputs);
    };
    const wired = await start({});
    expect(wired).toMatchObject({
      WEBSOCKET_MANAGER: 'redis',
      ENABLE_SIGNUP: 'false',
      WEBUI_SECRET_KEY: 'session-secret',
    });
    // Every one of them, given another value.
    const free = /^(REDIS_(HEALTH_CHECK_INTERVAL|SOCKET_KEEPALIVE)|DATABASE_SQLITE_PRAGMA_BUSY_TIMEOUT)$/;
    const owned = Object.keys(wired).filter((name) => !free.test(name));
    const others = Object.fromEntries(owned.map((name) => [name, 'other']));
    for (const way of [{ env: others }, { secretEnv: others }]) expect(await start(way)).toEqual(wired);
  });

  it('knows its address behind a proxy, and lets no cookie go in clear where that is encrypted', async () => {
    const start = async (more: Partial<OpenWebUIArgs>) => {
      const { resources } = await record(() => new OpenWebUI('webui', webuiArgs(more)));
      const { WEBUI_URL, WEBUI_SESSION_COOKIE_SECURE, WEBUI_AUTH_COOKIE_SECURE } = variablesAtStart(
        named(resources, 'webui-container').inputs,
      );
      return [WEBUI_URL, WEBUI_SESSION_COOKIE_SECURE, WEBUI_AUTH_COOKIE_SECURE];
    };
    expect(await start({})).toEqual([undefined, undefined, undefined]);
    expect(await start({ url: 'http://chat.lan' })).toEqual(['http://chat.lan', undefined, undefined]);
    const url = 'https://chat.example.com';
    expect(await start({ url })).toEqual([url, 'true', 'true']);
    expect(await start({ url, env: { WEBUI_AUTH_COOKIE_SECURE: 'false' } })).toEqual([url, 'true', 'false']);
    expect(await start({ url, secretEnv: { WEBUI_AUTH_COOKIE_SECURE: 'false' } })).toEqual([url, 'true', 'false']);
  });

  it('keeps secret variables out of sight', async () => {
    const { resources } = await record(
      () => new OpenWebUI('webui', webuiArgs({ secretEnv: { OPENAI_API_KEY: pulumi.secret("it's") } })),
    );
    const { inputs } = named(resources, 'webui-container');
    expect(JSON.stringify(inputs['envs'])).not.toContain('OPENAI_API_KEY');
    const [upload] = revealed(inputs['uploads']) as [{ content: string }];
    expect(upload.content).toContain(`OPENAI_API_KEY='it'\\''s'\n`);
    expect(isSecret(inputs['uploads'])).toBe(true);
  });
});
