/** A stack behind its gateway: HTTPS, what passes and what does not, and requests that wait while the web UI is replaced. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../bench/load/client.ts';
import { until } from '../../core/until.ts';
import { restore } from '../support/archive.ts';
import { Deployment } from '../support/deployment.ts';
import { docker, freePort, inspect } from '../support/docker.ts';
import { Client, GATEWAY_IMAGE, requireGatewayImage, seenFor } from '../support/gateway.ts';
import { type Pebble, startPebble } from '../support/pebble.ts';
import { addCounter, COUNTER_MODEL } from '../support/people.ts';
import { state } from '../support/recovery.ts';

jest.setTimeout(600_000);

/** Seconds for which certificates hold: those of one authority for days, those of the other so short that each start renews them. */
const [LASTING, SHORT] = [864_000, 90];

/** Requests a second while the web UI is replaced, every fourth of them a POST. */
const RATE = 20;

let life: Deployment;
let client: Client;
let authority: Pebble;
let hasty: Pebble;
let caddy: string;
let gateway: Record<string, unknown>;
/** Serial number of the certificate that holds for days. */
let lasting: string | undefined;

beforeAll(async () => {
  await requireGatewayImage();
  life = await Deployment.create('gateway');
  const publish = { http: await freePort(), https: await freePort(), address: '127.0.0.1' };
  authority = await startPebble({ ...publish, validity: LASTING });
  hasty = await startPebble({ ...publish, validity: SHORT });
  caddy = `caddy-${life.stack}`;
  gateway = {
    ...{ image: GATEWAY_IMAGE, domain: ['chat.test', 'www.chat.test'], tls: 'internal', publish },
    // A web UI that starts on a busy machine is waited for.
    ...{ maxRequestSize: '1 MB', waitTimeout: '5m', headers: { 'X-Frame-Options': false } },
  };
  const { publish: _, ...webui } = life.config.webui;
  // Requests that wait need no quick verdict.
  const healthcheck = { startPeriod: '8m' };
  Object.assign(life.config, { hardening: 'strict', webui: { ...webui, healthcheck }, gateway });
  client = new Client(publish.https, 'chat.test');
  await life.up();
  const { adminEmail, adminPassword } = await life.outputs();
  await client.signIn(adminEmail, adminPassword);
});

afterAll(async () => {
  client?.close();
  authority?.stop();
  hasty?.stop();
  await life?.remove();
});

it('is verified by its domains, with the chain of its own authority, and is the only way in', async () => {
  const report = await life.verify();
  expect(report.checks.filter(({ ok, notProved }) => !ok || notProved)).toEqual([]);
  expect(report.check('gateway')?.detail).toMatch(/^chat\.test:\d+ and www\.chat\.test:\d+ answer over HTTPS/);
  expect((await inspect('container', life.webui)).HostConfig.PortBindings ?? {}).toEqual({});
  const { Config, HostConfig } = await inspect('container', caddy);
  expect([Config.User, HostConfig.ReadonlyRootfs, HostConfig.CapAdd]).toEqual([
    ...['1000:1000', true, ['CAP_NET_BIND_SERVICE']],
  ]);
  await life.expectUnchanged();
  await life.expectNoDrift();
});

it('sends headers, caches what never changes, and says what is too large', async () => {
  const page = await client.ask('/', { headers: { 'accept-encoding': 'gzip' } });
  expect(page.headers).toMatchObject({
    'cache-control': 'no-store',
    'content-encoding': 'gzip',
    'strict-transport-security': 'max-age=31536000',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'strict-origin-when-cross-origin',
  });
  expect(page.headers).not.toHaveProperty('x-frame-options');
  const [file = ''] = /\/_app\/immutable\/[^"]+\.js/.exec((await client.ask('/')).body) ?? [];
  expect((await client.ask(file)).headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect((await client.ask('/_app/immutable/none.js')).headers['cache-control'] ?? '').not.toContain('immutable');
  const large = { method: 'POST', body: 'x'.repeat(1_100_000) };
  expect(await client.ask('/api/v1/chats/new', large)).toMatchObject({
    status: 413,
    body: '{"detail":"What you sent is larger than the 1 MB that this server accepts."}',
  });
  const german = { accept: 'text/html', 'accept-language': 'de-CH,de;q=0.9,en;q=0.8' };
  expect((await client.ask('/upload', { ...large, headers: german })).body).toContain('<html lang="de">');
});

it('passes a streamed answer on piece by piece', async () => {
  await addCounter((method, path, body) => client.ask(path, { method, body }));
  const messages = [{ role: 'user', content: 'count' }];
  const pieces: number[] = [];
  const answer = await client.ask('/api/chat/completions', {
    method: 'POST',
    body: { model: COUNTER_MODEL, stream: true, messages },
    onPiece: () => pieces.push(Date.now()),
  });
  expect(answer.headers['content-type']).toContain('text/event-stream');
  // 20 numbers, a tenth of a second apart.
  expect((pieces.at(-1) ?? 0) - (pieces[0] ?? 0)).toBeGreaterThan(1500);
  expect(pieces.length).toBeGreaterThan(10);
});

it('trusts the proxies of its configuration alone, and reads a new one without ending a websocket', async () => {
  const forged = { headers: { 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9' } };
  // One goes through the queue, the other one directly.
  await client.ask('/api/version?try=1', forged);
  await client.ask('/api/changelog?try=1', forged);
  // The address of this machine on the network of the gateway.
  const { Networks } = (await inspect('container', caddy)).NetworkSettings;
  const here = Networks[`openwebui-gateway-${life.stack}`].Gateway;
  expect(await seenFor(life.webui, '/api/version?try=1')).toEqual([here]);
  expect(await seenFor(life.webui, '/api/changelog?try=1')).toEqual([here]);

  const socket = await client.connect();
  const closed = jest.fn();
  socket.on('disconnect', closed);
  Object.assign(gateway, { trustedProxies: [here] });
  expect(await life.up()).toEqual([
    ...['create-replacement', 'delete-replaced', 'replace'].map((one) => `${one} chat-gateway-files-container`),
  ]);
  await client.ask('/api/version?try=2', { headers: { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' } });
  expect(await seenFor(life.webui, '/api/version?try=2')).toEqual(['203.0.113.9']);
  expect(await socket.timeout(10_000).emitWithAck('user-join', { auth: { token: client.token } })).toBeTruthy();
  expect(closed).not.toHaveBeenCalled();
  socket.close();
  await life.expectUnchanged();
});

it('writes no token, cookie or query into its log', async () => {
  const headers = {
    cookie: 'token=in-a-cookie',
    'x-api-key': 'in-a-header',
    referer: 'https://a.test/?code=in-a-referer',
  };
  await client.ask('/api/version?code=in-the-query', { headers });
  const log = () => docker('logs', caddy);
  expect(await until(log, (text) => text.includes('/api/version?…'), { seconds: 10 })).toContain('/api/version?…');
  expect(await log()).not.toMatch(/in-a-cookie|in-a-header|in-a-referer|in-the-query|Bearer/);
  expect(await log()).not.toContain(client.token);
});

it('refuses a configuration that Caddy does not take, before anything is touched', async () => {
  const before = (await inspect('container', life.webui)).Id;
  Object.assign(life.config.webui, { env: { GLOBAL_LOG_LEVEL: 'WARNING' } });
  Object.assign(gateway, { image: life.config.valkey['image'] });
  const refused = await life.up().then(
    () => 'nothing',
    (error: Error) => error.message,
  );
  Object.assign(gateway, { image: GATEWAY_IMAGE });
  delete life.config.webui['env'];
  expect(refused).toContain(`The gateway cannot be configured as Pulumi.${life.stack}.yaml says.`);
  expect((await inspect('container', life.webui)).Id).toBe(before);
});

it('gets a certificate by ACME, and keeps it over a new container', async () => {
  Object.assign(gateway, { tls: 'acme', acme: { server: authority.directory, trustedRoot: authority.root } });
  const internal = await client.serial();
  expect((await life.up()).every((operation) => operation.endsWith('chat-gateway-files-container'))).toBe(true);
  const first = await until(
    () => client.serial(),
    (one) => one !== undefined && one !== internal,
    { seconds: 60 },
  );
  expect(first).not.toBe(internal);
  const { code, check } = await life.verify();
  expect([code, check('gateway')]).toEqual([
    0,
    expect.objectContaining({ ok: true, notProved: expect.stringContaining('that browsers trust') }),
  ]);
  Object.assign(gateway, { log: { maxFiles: 4 } });
  lasting = first;
  expect(await life.up()).toContain('replace chat-gateway-container');
  expect(
    await until(
      () => client.serial(),
      (one) => one !== undefined,
      { seconds: 30 },
    ),
  ).toBe(first);
});

it('fails no request while a setting of the web UI is changed', async () => {
  const answers: Promise<Answer | Error>[] = [];
  let going = true;
  const load = (async () => {
    for (let count = 0; going; count++) {
      // What does not write: how many chats a web UI makes at once is not what is asked here.
      const post = { method: 'POST', body: { code: `load = ${count}` } };
      const one = count % 4 === 0 ? client.ask('/api/v1/utils/code/format', post) : client.ask('/api/v1/chats/?page=1');
      answers.push(one.catch((error: Error) => error));
      await sleep(1000 / RATE);
    }
  })();
  await sleep(2000);
  life.config.webui['env'] = { THREAD_POOL_SIZE: 50 };
  const done = await life.up();
  await sleep(2000);
  going = false;
  await load;
  expect(done).toContain('replace chat-webui-container');
  const all = await Promise.all(answers);
  const failed = all.filter((one) => one instanceof Error || one.status !== 200);
  expect(failed.map((one) => (one instanceof Error ? one.message : `${one.status} ${one.body}`))).toEqual([]);
  expect(all.length).toBeGreaterThan(RATE);
});

/** Asks for what only reads the database, one request after the other is sent; says when each was answered and how. */
function askInTurn(count: number, everyMs: number) {
  const order: number[] = [];
  const sent: Promise<{ status: number; seconds: number; answer: Answer }>[] = [];
  const all = (async () => {
    for (let number = 0; number < count; number++) {
      const since = performance.now();
      sent.push(
        client.ask('/api/v1/users/user/settings').then((answer) => {
          order.push(number);
          return { status: answer.status, seconds: (performance.now() - since) / 1000, answer };
        }),
      );
      await sleep(everyMs);
    }
  })();
  return { sent: all, order, answers: () => all.then(() => Promise.all(sent)) };
}

const started = async () => {
  await docker('start', life.webui);
  await until(
    () => state(life.webui),
    (one) => one === 'running healthy',
    { seconds: 240 },
  );
};

it('holds short requests in order of arrival', async () => {
  await docker('stop', life.webui);
  const held = askInTurn(200, 10);
  await held.sent;
  await started();
  expect((await held.answers()).filter(({ status }) => status !== 200)).toEqual([]);
  // Each of 16 that go together may be the first of them to be answered.
  const late = held.order.map((number, index) => Math.abs(number - index));
  expect(Math.max(...late)).toBeLessThan(48);
});

it('lets no slow request hold up short ones', async () => {
  const messages = [{ role: 'user', content: 'count' }];
  const body = { model: COUNTER_MODEL, stream: true, messages };
  let ended = 0;
  const streams = Array.from({ length: 24 }, () =>
    client.ask('/api/chat/completions', { method: 'POST', body }).then(({ status }) => {
      ended += 1;
      return status;
    }),
  );
  const short = await askInTurn(5, 100).answers();
  expect([ended, short.map(({ status }) => status)]).toEqual([0, Array(5).fill(200)]);
  expect(new Set(await Promise.all(streams))).toEqual(new Set([200]));
});

it('holds no request longer than its limit, in the queue as well, and says so in the language of the browser', async () => {
  Object.assign(gateway, { waitTimeout: '12s' });
  await life.up();
  await docker('stop', life.webui);
  const held = askInTurn(80, 100);
  const headers = { accept: 'text/html', 'accept-language': 'fr-FR' };
  const page = await client.ask('/api/v1/chats/?page=1', { headers });
  expect([page.status, page.headers['retry-after'], page.headers['x-content-type-options']]).toEqual([
    503,
    '5',
    'nosniff',
  ]);
  expect(page.body).toContain('<html lang="fr">');
  const answers = await held.answers();
  expect(
    new Set(answers.map(({ status, answer }) => `${status} ${answer.headers['retry-after']} ${answer.body}`)),
  ).toEqual(new Set(['503 5 {"detail":"The chat is restarting. Try again in 5 seconds."}']));
  const seconds = answers.map((one) => one.seconds);
  expect(Math.min(...seconds)).toBeGreaterThan(11);
  // A twelfth of the time, and what looking for a container that is not there takes.
  expect(Math.max(...seconds)).toBeLessThan(12 + 1 + 3);
  await started();
});

it('is in the backup, from which an empty volume gets the certificate back while the authority is away', async () => {
  const { code, stdout, stderr } = await life.command('backup', ['--to', 'kept']);
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  const [file = ''] = /\S+\.tar\.gz/.exec(stdout + stderr) ?? [];
  const { stdout: list } = await life.run('tar', ['-tzf', file]);
  expect(list).toMatch(/^gateway\/caddy\/certificates\/.*chat\.test\.key$/m);
  expect(list).toMatch(/^gateway\/caddy\/acme\//m);

  authority.pause();
  Object.assign(gateway, { waitTimeout: '5m', volume: `${caddy}-other` });
  await life.up();
  expect(await client.serial()).toBeUndefined();
  const restored = await restore(life, ['--from', file, '--yes']);
  expect([restored.code, restored.code === 0 ? '' : restored.stderr]).toEqual([0, '']);
  expect(await client.serial()).toBe(lasting);
  authority.resume();
});

it('renews its certificate', async () => {
  // An empty volume: the gateway keeps a valid certificate, whichever authority issued it.
  Object.assign(gateway, {
    volume: `${caddy}-hasty`,
    acme: { server: hasty.directory, trustedRoot: hasty.root },
  });
  await life.up();
  const other = (than: string | undefined) => (one: string | undefined) => one !== undefined && one !== than;
  const first = await until(() => client.serial(), other(lasting), { seconds: 60 });
  expect([undefined, lasting]).not.toContain(first);
  const started = async () => {
    await docker('restart', caddy);
    return until(() => client.serial(), other(first), { seconds: 15 });
  };
  const renewed = await until(started, other(first), { seconds: 2 * SHORT, everyMs: 5000 });
  expect([undefined, lasting, first]).not.toContain(renewed);
});
