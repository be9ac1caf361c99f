/** One stack with the default settings through its life: deployed, looked at from all sides, proved, disturbed, and removed. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../core/until.ts';
import { Deployment } from '../support/deployment.ts';
import { docker, inspect, objectsOf, removeObjectsOf } from '../support/docker.ts';
import { access } from './standard/access.ts';
import { parity } from './standard/parity.ts';

jest.setTimeout(600_000);

let life: Deployment;
/** What `verify` has printed of the new stack: Open WebUI limits how often one signs in, which each run does. */
let proof = '';

beforeAll(async () => {
  life = await Deployment.create('life');
});

afterAll(async () => {
  await life?.remove();
});

const ids = async () => ({
  valkey: (await inspect('container', life.valkey)).Id as string,
  webui: (await inspect('container', life.webui)).Id as string,
});

describe('a new stack', () => {
  it('comes up', async () => {
    expect(await life.up()).toEqual([
      'create chat-network-bridge',
      'create chat-secrets-admin-password',
      'create chat-secrets-operator-password',
      'create chat-secrets-session-key',
      'create chat-secrets-valkey-password',
      'create chat-valkey-container',
      'create chat-valkey-data',
      'create chat-valkey-image',
      'create chat-webui-container',
      'create chat-webui-data',
      'create chat-webui-image',
    ]);
  });

  it('tells where it is, and passwords only as secrets', async () => {
    const publishedAt = `http://127.0.0.1:${life.port}`;
    expect(await life.shownOutputs()).toEqual({
      url: publishedAt,
      adminEmail: 'admin@example.com',
      adminPassword: '[secret]',
      servers: {
        webui: { container: life.webui, volume: life.webui, publishedAt, processes: 1 },
        valkey: {
          ...{ container: life.valkey, volume: life.valkeyVolume },
          ...{ url: '[secret]', operatorPassword: '[secret]' },
        },
      },
      networks: [life.network],
      host: {},
      engine: { id: expect.stringMatching(/^\S+ \/\S+$/), name: expect.any(String) },
    });
  });

  it('passes every check of verify', async () => {
    const report = await life.verify();
    proof = report.stdout;
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.checks.map(({ name }) => name)).toEqual([
      'containers',
      'ping',
      'access',
      'ready',
      'subscriptions',
      'exclusive',
      'log line',
      'websocket',
    ]);
    expect(report.code).toBe(0);
  });

  it('shows no change in a second preview', async () => {
    await life.expectUnchanged();
  });

  it('shows no drift in a refresh, nor after it', async () => {
    await life.expectNoDrift();
    await life.expectUnchanged();
  });

  it('keeps its secrets from inspection, arguments, logs and state', async () => {
    const places = {
      'docker inspect': await docker('inspect', life.valkey, life.webui),
      'arguments of the web UI': await docker('top', life.webui, '-eo', 'pid,args'),
      'arguments of Valkey': await docker('top', life.valkey, '-eo', 'pid,args'),
      'arguments of every process of this machine': (await life.run('ps', ['-eo', 'args'])).stdout,
      'logs of the web UI': await docker('logs', life.webui),
      'logs of Valkey': await docker('logs', life.valkey),
      'output of pulumi up': life.said,
      'stack file': readFileSync(join(life.dir, `Pulumi.${life.stack}.yaml`), 'utf8'),
      'state file': readFileSync(join(life.dir, '.pulumi', 'stacks', 'open-webui', `${life.stack}.json`), 'utf8'),
      verify: proof,
      preview: await life.preview('--diff'),
    };
    for (const secret of await life.secrets()) {
      expect(secret.length).toBeGreaterThanOrEqual(24);
      for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
        // The names alone: a failing test must not show what it protects.
        expect(Object.entries(places).flatMap(([name, text]) => (text.includes(form) ? [name] : []))).toEqual([]);
      }
    }
  });
});

it('answers as many requests at once as arrive when a gateway has held them', async () => {
  const session = await life.administrator();
  // A list asks Valkey about each of its chats.
  for (const title of ['one', 'two'])
    await session.request('POST', '/api/v1/chats/new', { chat: { title, messages: [] } });
  // The web UI's client of Valkey has 100 connections by default, and fails requests beyond them.
  const requests = Array.from({ length: 300 }, () => session.request('GET', '/api/v1/chats/?page=1'));
  const failed = (await Promise.allSettled(requests)).flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
  expect(failed.map(({ message }) => message)).toEqual([]);
});

describe('the Valkey of the tutorial', () => parity(() => life));
describe('access', () => access(() => life));
describe('verify', () => {
  /** Number of rows of every table of the web UI's database. */
  const rows = async () =>
    JSON.parse(
      await docker(
        ...['exec', life.webui, 'python', '-c'],
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
    await docker('network', 'disconnect', life.network, life.valkey);
    try {
      const report = await life.verify();
      expect(report.code).toBe(1);
      const failed = report.checks.filter(({ ok }) => !ok).map(({ name }) => name);
      // Depending on the moment, the engine has noticed it already.
      expect(failed[0]).toMatch(/^(containers|ready)$/);
      expect(report.check('ping')?.ok ?? true).toBe(true);
    } finally {
      await docker('network', 'connect', '--alias', 'redis', life.network, life.valkey);
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
    await docker('stop', life.webui);
    try {
      const report = await life.verify();
      expect(report.code).toBe(1);
      expect(report.checks).toHaveLength(1);
      expect(report.check('containers')).toMatchObject({
        ok: false,
        detail: expect.stringContaining(`${life.webui} is not running and healthy: exited`),
        next: `docker logs --tail 50 ${life.webui}`,
      });
    } finally {
      await docker('start', life.webui);
    }
    expect((await life.verify()).ok).toBe(true);
  });
});

describe('what cannot work', () => {
  it('is refused in a preview, with nothing made', async () => {
    const before = await ids();
    const { config } = life;
    life.config = { ...config, webui: { ...config.webui, publish: { port: 70000 } } };
    const error = await life.preview().catch((failure: Error) => failure.message);
    expect(error).toContain(`1 setting in Pulumi.${life.stack}.yaml cannot be used. Nothing was created or changed.`);
    expect(error).not.toMatch(/\n\s+at .*\.ts:/);
    life.config = { ...config, network: { name: 'no-such-network', external: true } };
    expect(await life.preview().catch((failure: Error) => failure.message)).toContain(
      'docker network create no-such-network',
    );
    life.config = config;
    expect(await ids()).toEqual(before);
  });
});

describe('destroy', () => {
  it('removes all but the volumes', async () => {
    expect(await life.refused()).toEqual([]);
    await life.destroy();
    expect(await objectsOf(life.stack)).toEqual({
      containers: [],
      networks: [],
      volumes: [life.webui, life.valkeyVolume],
    });
    await removeObjectsOf(life.stack);
  });
});
