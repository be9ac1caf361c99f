/** One stack through its life: deployed, proved, changed in every documented way, and removed. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../ops/until.ts';
import { Deployment, IMAGES } from '../support/deployment.ts';
import { docker, freePort, inspect, objectsOf, removeObjectsOf } from '../support/docker.ts';

jest.setTimeout(600_000);

let life: Deployment;
let valkeyName: string;
let webuiName: string;

beforeAll(async () => {
  life = await Deployment.create('life');
  valkeyName = `redis-valkey-${life.stack}`;
  webuiName = `open-webui-${life.stack}`;
});

afterAll(async () => {
  await life?.remove();
});

const ids = async () => ({
  valkey: (await inspect('container', valkeyName)).Id as string,
  webui: (await inspect('container', webuiName)).Id as string,
});

const secrets = async () => {
  const { adminPassword } = await life.outputs();
  const file = await docker('exec', webuiName, 'cat', '/run/secrets/open-webui.env');
  return [adminPassword?.value as string, /WEBUI_SECRET_KEY='(\w+)'/.exec(file)?.[1] as string];
};

describe('a new stack', () => {
  it('comes up', async () => {
    expect(await life.up()).toEqual([
      'create network-bridge',
      'create secrets-admin-password',
      'create secrets-session-key',
      'create valkey-container',
      'create valkey-data',
      'create valkey-image',
      'create webui-container',
      'create webui-data',
      'create webui-image',
    ]);
  });

  it('tells where it is, and its password only as a secret', async () => {
    const outputs = await life.outputs();
    expect(outputs['adminPassword']?.secret).toBe(true);
    const open = Object.entries(outputs).filter(([, { secret }]) => !secret);
    expect(Object.fromEntries(open.map(([name, { value }]) => [name, value]))).toEqual({
      url: `http://127.0.0.1:${life.port}`,
      adminEmail: 'admin@example.com',
      networkName: `openwebui-network-${life.stack}`,
      valkeyContainer: valkeyName,
      valkeyVolume: `redis-data-${life.stack}`,
      webuiContainer: webuiName,
      webuiVolume: `open-webui-${life.stack}`,
      redisUrl: 'redis://redis:6379/0',
      publishedAt: `http://127.0.0.1:${life.port}`,
      serverProcesses: 1,
    });
  });

  it('passes every check of verify', async () => {
    const report = await life.verify();
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.checks.map(({ name }) => name)).toEqual([
      'containers',
      'ping',
      'ready',
      'subscriptions',
      'websocket',
      'log line',
    ]);
    expect(report.code).toBe(0);
  });

  it('shows no change in a second preview', async () => {
    await (await life.select()).preview({ expectNoChanges: true });
  });

  it('shows no drift in a refresh, nor after it', async () => {
    const stack = await life.select();
    await stack.refresh({ expectNoChanges: true });
    await stack.preview({ expectNoChanges: true });
  });

  it('keeps its secrets from inspection, arguments, logs and state', async () => {
    const places = {
      'docker inspect': await docker('inspect', valkeyName, webuiName),
      'arguments of the web UI': await docker('top', webuiName, '-eo', 'pid,args'),
      'arguments of Valkey': await docker('top', valkeyName, '-eo', 'pid,args'),
      'logs of the web UI': await docker('logs', webuiName),
      'state file': readFileSync(join(life.dir, '.pulumi', 'stacks', 'open-webui', `${life.stack}.json`), 'utf8'),
      verify: (await life.verify()).stdout,
      preview: (await (await life.select()).preview({ diff: true })).stdout,
    };
    for (const secret of await secrets()) {
      expect(secret.length).toBeGreaterThanOrEqual(24);
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
        // The names alone: a failing test must not show what it protects.
        expect(Object.entries(places).flatMap(([name, text]) => (text.includes(form) ? [name] : []))).toEqual([]);
      }
    }
  });
});

describe('verify', () => {
  /** Number of rows of every table of the web UI's database. */
  const rows = async () =>
    JSON.parse(
      await docker(
        ...['exec', webuiName, 'python', '-c'],
        'import json, sqlite3; d = sqlite3.connect("/app/backend/data/webui.db"); t = [r[0] for r in d.execute("select name from sqlite_master where type = \'table\' order by name")]; print(json.dumps({n: d.execute(f\'select count(*) from "{n}"\').fetchone()[0] for n in t}))',
      ),
    ) as Record<string, number>;

  it('leaves nothing behind', async () => {
    const before = await rows();
    expect(before['user']).toBe(1);
    expect((await life.verify()).ok).toBe(true);
    expect(await rows()).toEqual(before);
  });

  it('tells what is wrong when the password is another one, without showing it', async () => {
    const report = await life.verify({ OPEN_WEBUI_PASSWORD: 'some-other-word' });
    expect(report.code).toBe(1);
    expect(report.checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(['websocket']);
    expect(report.check('websocket')?.detail).toBe(
      'admin@example.com cannot sign in: the password is not the one of this stack',
    );
    expect(report.check('websocket')?.next).toContain('OPEN_WEBUI_PASSWORD');
    expect(report.stdout).not.toContain('some-other-word');
  });

  it('fails when Valkey cannot be reached from the web UI', async () => {
    const network = `openwebui-network-${life.stack}`;
    await docker('network', 'disconnect', network, valkeyName);
    try {
      const report = await life.verify();
      expect(report.code).toBe(1);
      const failed = report.checks.filter(({ ok }) => !ok).map(({ name }) => name);
      // Depending on the moment, the engine has noticed it already.
      expect(failed[0]).toMatch(/^(containers|ready)$/);
      expect(report.check('ping')?.ok ?? true).toBe(true);
    } finally {
      await docker('network', 'connect', '--alias', 'redis', network, valkeyName);
    }
    // Its next checks find it well again.
    const { checks } = await until(
      () => life.verify(),
      ({ ok }) => ok,
      { seconds: 90, everyMs: 2000 },
    );
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('fails when a container is stopped, and says how to look', async () => {
    await docker('stop', webuiName);
    try {
      const report = await life.verify();
      expect(report.code).toBe(1);
      expect(report.checks).toHaveLength(1);
      expect(report.check('containers')).toMatchObject({
        ok: false,
        detail: expect.stringContaining(`${webuiName} is not running and healthy: exited`),
        next: `docker logs --tail 50 ${webuiName}`,
      });
    } finally {
      await docker('start', webuiName);
    }
    expect((await life.verify()).ok).toBe(true);
  });
});

describe('a change of settings', () => {
  const users = () =>
    docker(
      'exec',
      webuiName,
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

  const replacing = (name: string) => ['create-replacement', 'delete-replaced', 'replace'].map((op) => `${op} ${name}`);

  it.each<Change>([
    {
      what: 'port of the page',
      make: async ({ config }) => {
        config.webui['publish'] = { port: await freePort() };
      },
      does: replacing('webui-container'),
      seen: ({ webui }, { config }) =>
        webui.NetworkSettings.Ports['8080/tcp'][0].HostPort ===
        String((config.webui['publish'] as { port: number }).port),
      expected: true,
    },
    {
      what: 'environment of the web UI',
      make: ({ config }) => {
        config.webui['env'] = { OLLAMA_BASE_URL: 'http://host.docker.internal:11434' };
      },
      does: replacing('webui-container'),
      seen: ({ webui }) => webui.Config.Env.includes('OLLAMA_BASE_URL=http://host.docker.internal:11434'),
      expected: true,
    },
    {
      what: 'image of the web UI',
      make: async ({ config, stack }) => {
        await docker('tag', IMAGES.webui, `local/open-webui:${stack}`);
        config.webui['image'] = `local/open-webui:${stack}`;
      },
      does: [...replacing('webui-container'), ...replacing('webui-image')].sort(),
      seen: ({ webui }, { stack }) => webui.Config.Image === `local/open-webui:${stack}`,
      expected: true,
    },
    {
      what: 'log of the web UI, and its healthcheck',
      make: ({ config }) => {
        config.webui['log'] = { maxSize: '5 MB', maxFiles: 2 };
        config.webui['healthcheck'] = { interval: '7s' };
      },
      does: replacing('webui-container'),
      seen: ({ webui }) => [webui.HostConfig.LogConfig.Config, webui.Config.Healthcheck.Interval / 1e9],
      expected: [{ 'max-file': '2', 'max-size': '5m' }, 7],
    },
    {
      what: 'healthcheck of Valkey',
      make: ({ config }) => {
        config.valkey['healthcheck'] = { interval: '2s', retries: 4 };
      },
      does: replacing('valkey-container'),
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
      does: replacing('valkey-container'),
      seen: ({ valkey }) => [
        valkey.Config.Cmd,
        valkey.HostConfig.LogConfig.Config,
        valkey.NetworkSettings.Ports['6379/tcp'][0].HostIp,
      ],
      expected: [['valkey-server', '--save', '60', '10'], { 'max-file': '1', 'max-size': '2m' }, '127.0.0.1'],
    },
  ])('$what: replaces what it must, is really there, and keeps the data', async ({ make, does, seen, expected }) => {
    const before = await ids();
    const user = await users();
    await docker('exec', valkeyName, 'valkey-cli', 'set', 'test:kept', before.valkey);
    await make(life);

    expect(await life.up()).toEqual(does);

    const containers = { valkey: await inspect('container', valkeyName), webui: await inspect('container', webuiName) };
    expect(seen(containers, life)).toEqual(expected);
    const after = await ids();
    expect(after.valkey !== before.valkey).toBe(does.some((operation) => operation.endsWith('valkey-container')));
    expect(after.webui !== before.webui).toBe(does.some((operation) => operation.endsWith('webui-container')));
    expect(await users()).toBe(user);
    expect(await docker('exec', valkeyName, 'valkey-cli', 'get', 'test:kept')).toBe(before.valkey);
    expect((await life.verify()).checks.filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe('what cannot work', () => {
  it('is refused in a preview, with nothing made', async () => {
    const before = await ids();
    const { config } = life;
    life.config = { ...config, webui: { ...config.webui, publish: { port: 70000 } } };
    const stack = await life.select();
    life.writeConfig();
    const error = await stack.preview().catch((failure: Error) => failure.message);
    expect(error).toContain(`1 setting in Pulumi.${life.stack}.yaml cannot be used. Nothing was created or changed.`);
    expect(error).not.toMatch(/\n\s+at .*\.ts:/);
    life.config = { ...config, network: { name: 'no-such-network', external: true } };
    life.writeConfig();
    expect(await stack.preview().catch((failure: Error) => failure.message)).toContain(
      'docker network create no-such-network',
    );
    life.config = config;
    expect(await ids()).toEqual(before);
  });
});

describe('destroy', () => {
  it('removes all but the volumes', async () => {
    const stack = await life.select();
    life.writeConfig();
    await stack.destroy();
    expect(await objectsOf(life.stack)).toEqual({
      containers: [],
      networks: [],
      volumes: [`open-webui-${life.stack}`, `redis-data-${life.stack}`],
    });
    await removeObjectsOf(life.stack);
    await docker('rmi', `local/open-webui:${life.stack}`);
  });
});
