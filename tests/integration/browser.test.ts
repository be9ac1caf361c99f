/** What people see in a real browser: through the gateway over HTTPS, in two tabs, and while the web UI is replaced. */

import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { INTERNAL_ROOT } from '../../core/gateway.ts';
import { until } from '../../core/until.ts';
import { Person, watch } from '../support/browser.ts';
import { certify } from '../support/certificates.ts';
import * as chat from '../support/chatPage.ts';
import { input, shows } from '../support/chatPage.ts';
import { Deployment } from '../support/deployment.ts';
import { docker, freePort, inspect, labelOf } from '../support/docker.ts';
import { Client, GATEWAY_IMAGE, requireGatewayImage, seenFor } from '../support/gateway.ts';
import { ModelServer } from '../support/modelServer.ts';
import { up } from '../support/recovery.ts';

jest.setTimeout(600_000);

const DOMAIN = 'chat.test';

let life: Deployment;
let caddy: string;
let model: ModelServer;
let publish: { http: number; https: number; address: string };
let origin: string;
let person: Person;
/** The tab in which people work, and another one of the same browser, with what comes over their websockets. */
let page: Page;
let second: Page;
let first: ReturnType<typeof watch>;
let other: ReturnType<typeof watch>;

beforeAll(async () => {
  await requireGatewayImage();
  life = await Deployment.create('browser');
  caddy = `caddy-${life.stack}`;
  model = await ModelServer.start();
  publish = { http: await freePort(), https: await freePort(), address: '127.0.0.1' };
  origin = `https://${DOMAIN}:${publish.https}`;
  const { publish: _, ...webui } = life.config.webui;
  Object.assign(life.config, {
    webui: { ...webui, env: { OPENAI_API_BASE_URL: model.url } },
    gateway: { image: GATEWAY_IMAGE, domain: DOMAIN, tls: 'internal', publish, waitTimeout: '5m' },
  });
  await life.up();
  person = await open(await docker('exec', caddy, 'cat', INTERNAL_ROOT), publish.https);
  [page, second] = [await person.tab(), await person.tab()];
  [first, other] = [watch(page), watch(second)];
});

afterAll(async () => {
  await person?.close();
  model?.stop();
  await life?.remove();
});

/** A browser that trusts an authority, if any, and reaches the gateway at a port of this machine. */
const open = (root: string | undefined, port: number) =>
  Person.open({ ...(root && { root }), domains: [DOMAIN], ports: [port] });

const signIn = async (tab: Page, at: string) => chat.signIn(tab, at, await life.outputs());
const ask = (tab: Page, question: string) => chat.ask(tab, model, question);

/** What a tab says of an answer in a chat that it does not show. */
async function notice(tab: Page, answer: string): Promise<string | null> {
  const shown = tab.getByRole('status').filter({ hasText: answer }).first();
  await shown.waitFor();
  return shown.textContent();
}

/** How often a tab has opened its websocket. */
const connections = ({ received }: ReturnType<typeof watch>) =>
  received.filter((frame) => frame.startsWith('40')).length;

it('trusts the certificate for its authority alone', async () => {
  const stranger = await open(undefined, publish.https);
  const opened = (await stranger.tab()).goto(origin);
  await expect(opened.finally(() => stranger.close())).rejects.toThrow('ERR_CERT_AUTHORITY_INVALID');
});

it('signs in by the form of the page, in every tab', async () => {
  await signIn(page, origin);
  // What is new in the release, for the administrator.
  await page.getByRole('button', { name: "Okay, Let's Go!" }).click();
  await input(page).waitFor();
  await second.goto(origin);
  await input(second).waitFor();
});

it('shows an answer piece by piece as it is written, and tells the other tab', async () => {
  const writing = await ask(page, 'What does Polly want?');
  for (const [piece, all] of [
    ['Polly ', 'Polly'],
    ['wants ', 'Polly wants'],
    ['a cracker.', 'Polly wants a cracker.'],
  ] as const) {
    // The next one is not written before this one is seen.
    writing.say(piece);
    await shows(page, all);
    expect(first.received.filter((frame) => frame.includes(`"delta":"${piece}"`))).toHaveLength(1);
  }
  writing.end();
  expect(await notice(second, 'Polly wants a cracker.')).toContain('A parrot speaks');
});

it('is held while the web UI is replaced, and goes on signed in where it was', async () => {
  const before = (await inspect('container', life.webui)).Id;
  const opened = connections(other);
  Object.assign(life.config.webui['env'] as object, { THREAD_POOL_SIZE: 50 });
  life.writeConfig();
  const update = up(life);
  const gone = () =>
    inspect('container', life.webui).then(
      ({ Id, State }) => Id !== before || !State.Running,
      () => true,
    );
  try {
    expect(await Promise.race([until(gone, Boolean, { seconds: 120, everyMs: 50 }), update])).toBe(true);
    const asked = Date.now();
    const response = await page.reload({ timeout: 300_000 });
    expect(response?.status()).toBe(200);
    const { Id, State } = await inspect('container', life.webui);
    expect(Id).not.toBe(before);
    expect(asked).toBeLessThan(Date.parse(State.StartedAt));
    await shows(page, 'Polly wants a cracker.');
  } finally {
    // Nothing is removed under it when this fails.
    await update;
  }

  // The other tab has opened its websocket again by itself.
  expect(
    await until(
      () => connections(other),
      (count) => count > opened,
      { seconds: 60 },
    ),
  ).toBeGreaterThan(opened);
  const writing = await ask(page, 'Is she back?');
  writing.say('Here she is.');
  await shows(page, 'Here she is.');
  writing.end();
  expect(await notice(second, 'Here she is.')).toContain('A parrot speaks');
});

it('keeps its websocket while the gateway takes a certificate of files, and then the next one', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-certificates-'));
  certify(dir, DOMAIN);
  const read = (name: string) => readFileSync(join(dir, name), 'utf8');
  const client = new Client(publish.https, DOMAIN);
  const [container, closed] = [(await inspect('container', caddy)).Id, first.closed];
  try {
    for (const [chain, key] of [
      ['server.pem', 'server-key.pem'],
      ['cert.pem', 'key.pem'],
    ] as const) {
      Object.assign(life.config.gateway as object, { tls: 'files', certificates: { chain: read(chain) } });
      life.writeConfig();
      const set = `pulumi config set --secret --path gateway.certificates.key --stack ${life.stack}`;
      await life.succeed('sh', ['-c', `${set} < ${join(dir, key)}`]);
      life.readConfig();
      expect((await life.up()).every((operation) => operation.endsWith('chat-gateway-files-container'))).toBe(true);
      expect(await client.serial()).toBe(new X509Certificate(read(chain)).serialNumber);
    }
    const { code, check } = await life.verify();
    expect([code, check('gateway')?.detail]).toEqual([0, expect.stringContaining('answer over HTTPS (test, until')]);
    expect([(await inspect('container', caddy)).Id, first.closed]).toEqual([container, closed]);
    const knowing = await open(read('ca.pem'), publish.https);
    const answered = (await knowing.tab()).goto(origin).then((response) => response?.status());
    expect(await answered.finally(() => knowing.close())).toBe(200);
    await life.expectUnchanged();
  } finally {
    client.close();
    rmSync(dir, { recursive: true });
  }
});

it('works over HTTP behind another proxy, which alone says who asks', async () => {
  const [proxy, network, port] = [`proxy-${life.stack}`, `openwebui-gateway-${life.stack}`, await freePort()];
  await docker(
    ...['run', '--detach', '--name', proxy, '--label', labelOf(life.stack), '--network', network],
    ...['--publish', `127.0.0.1:${port}:443`, GATEWAY_IMAGE],
    ...['caddy', 'reverse-proxy', '--from', DOMAIN, '--to', `${caddy}:80`, '--internal-certs'],
  );
  const { IPAddress, Gateway: here } = (await inspect('container', proxy)).NetworkSettings.Networks[network];
  const { certificates: _, ...gateway } = life.config.gateway ?? {};
  life.config.gateway = { ...gateway, tls: 'off', trustedProxies: [IPAddress] };
  life.config.webui['url'] = `https://${DOMAIN}:${port}`;
  await life.up();
  expect(await life.failedChecks()).toEqual([]);
  const behind = await open(await docker('exec', proxy, 'cat', INTERNAL_ROOT), port);
  try {
    const tab = await behind.tab();
    const seen = watch(tab);
    await signIn(tab, `https://${DOMAIN}:${port}`);
    await input(tab).waitFor();
    expect(await until(() => connections(seen), Boolean, { seconds: 30 })).toBeGreaterThan(0);
    const fetched = (path: string, headers = {}) =>
      tab.evaluate(
        ([to, sent]) => fetch(to as string, { headers: sent as Record<string, string> }).then(({ ok }) => ok),
        [path, headers] as const,
      );
    const forged = { 'x-forwarded-for': '203.0.113.9' };
    expect([await fetched('/api/version?by=proxy'), await fetched('/api/version?by=liar', forged)]).toEqual([
      true,
      true,
    ]);
    // Past the proxy.
    const status = new Promise((resolve, reject) => {
      const path = '/api/version?by=stranger';
      request({ port: publish.http, path, headers: { host: DOMAIN, ...forged } }, ({ statusCode }) =>
        resolve(statusCode),
      )
        .on('error', reject)
        .end();
    });
    expect(await status).toBe(200);
  } finally {
    await behind.close();
  }
  // This machine's address on that network, and not the proxy's.
  for (const by of ['proxy', 'liar', 'stranger']) {
    expect([by, await seenFor(life.webui, `/api/version?by=${by}`)]).toEqual([by, [here]]);
  }
});
