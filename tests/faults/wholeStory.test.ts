/**
 * The life of a stack as one story: from SQLite to Postgres, behind a domain with a certificate, upgraded while people work, killed and restored.
 * Somebody has its page open in a browser all the while.
 */

import { execFileSync } from 'node:child_process';
import type { Page } from 'playwright-core';
import { outage, startLoad } from '../../bench/load/requests.ts';
import { WEBUI_PORT } from '../../core/webui.ts';
import { backup, restore } from '../support/archive.ts';
import { Person } from '../support/browser.ts';
import { ask, input, shows, signIn } from '../support/chatPage.ts';
import { EMBEDDING, imageWithChroma, startEmbedding } from '../support/chroma.ts';
import { DATABASE_IMAGE, Deployment, IMAGES } from '../support/deployment.ts';
import { docker, freePort, inspect } from '../support/docker.ts';
import { Client, GATEWAY_IMAGE, requireGatewayImage } from '../support/gateway.ts';
import { ModelServer } from '../support/modelServer.ts';
import { type Pebble, startPebble } from '../support/pebble.ts';
import { Possessions } from '../support/possessions.ts';
import { recovered, signal, state, up } from '../support/recovery.ts';

jest.setTimeout(900_000);

const DOMAIN = 'chat.test';
const ANSWER = 'Polly wants a cracker.';
const image = `local/open-webui:test-${process.pid}-story`;
const next = `${image}-next`;

let life: Deployment;
let model: ModelServer;
let authority: Pebble;
let person: Person;
let tab: Page;
let all: Possessions;
let before: unknown;
let origin: string;
let publish: { http: number; https: number; address: string };
/** Where the answer is that was written at the beginning. */
let path: string;
let began: number;

/** The web UI itself, wherever its page is. */
async function server(): Promise<string> {
  const { Networks } = (await inspect('container', life.webui)).NetworkSettings;
  return `http://${Networks[life.network].IPAddress}:${WEBUI_PORT}`;
}

beforeAll(async () => {
  await requireGatewayImage();
  life = await Deployment.create('story');
  await imageWithChroma(IMAGES.webui, image);
  model = await ModelServer.start();
  publish = { http: await freePort(), https: await freePort(), address: '127.0.0.1' };
  origin = `https://${DOMAIN}:${publish.https}`;
  authority = await startPebble({ ...publish, validity: 864_000 });
  person = await Person.open({
    root: await authority.issuer(),
    domains: [DOMAIN],
    ports: [life.port, publish.https],
  });
  tab = await person.tab();
  began = Date.now();
});

afterAll(async () => {
  await person?.close();
  authority?.stop();
  model?.stop();
  await life?.remove();
  await docker('image', 'rm', '--force', image, next).catch(() => {});
});

/** What everybody has is what everybody had, and the browser shows its chat without a sign-in. */
async function nothingIsLost(): Promise<void> {
  expect(await all.seen()).toEqual(before);
  expect(await all.asked()).toEqual(all.chromas);
  await tab.reload({ timeout: 300_000 });
  expect(new URL(tab.url()).pathname).toBe(path);
  await shows(tab, ANSWER);
}

const isWhole = async () => {
  const servers = [life.webui, life.valkey, `open-webui-postgres-${life.stack}`, `caddy-${life.stack}`];
  return (await Promise.all(servers.map(state))).every((one) => one === 'running healthy');
};

it('begins with SQLite, chats and knowledge', async () => {
  const env = { ...EMBEDDING, ENABLE_CHANNELS: 'true', ENABLE_API_KEYS: 'true', OPENAI_API_BASE_URL: model.url };
  life.config.webui = { ...life.config.webui, image, env };
  await life.up();
  await startEmbedding(life, image);
  all = new Possessions(life, image, server);
  await all.make();
  await signIn(tab, life.origin, await life.outputs());
  await tab.getByRole('button', { name: "Okay, Let's Go!" }).click();
  await input(tab).waitFor();
  const writing = await ask(tab, model, 'What does Polly want?');
  writing.say(ANSWER);
  await shows(tab, ANSWER);
  writing.end();
  await tab.waitForURL(/\/c\//);
  path = new URL(tab.url()).pathname;
  before = await all.seen();
});

it('moves to Postgres', async () => {
  life.config.database = { kind: 'postgres', image: DATABASE_IMAGE };
  life.writeConfig();
  const { code, stderr } = await life.command('move-database');
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  await nothingIsLost();
});

it('gets a domain, with a certificate that the browser trusts', async () => {
  const { publish: _, ...webui } = life.config.webui;
  const acme = { server: authority.directory, trustedRoot: authority.root };
  Object.assign(life.config, {
    webui,
    gateway: { image: GATEWAY_IMAGE, domain: DOMAIN, publish, acme, waitTimeout: '5m' },
  });
  life.writeConfig();
  await up(life);
  // To the browser it is another page, so it asks once more who this is.
  await signIn(tab, origin, await life.outputs());
  await input(tab).waitFor();
  await tab.goto(`${origin}${path}`);
  await nothingIsLost();
});

it('is upgraded while people work, and no request fails', async () => {
  execFileSync('docker', ['build', '--quiet', '--tag', next, '-'], { input: `FROM ${image}\nLABEL release=next\n` });
  const client = new Client(publish.https, DOMAIN);
  const { adminEmail, adminPassword } = await life.outputs();
  await client.signIn(adminEmail, adminPassword);
  const load = startLoad(client);
  life.config.webui['image'] = next;
  life.writeConfig();
  const said = await up(life);
  const samples = await load.stop();
  client.close();
  expect(said).toMatch(/backup/);
  expect((await inspect('container', life.webui)).Config.Image).toBe(next);
  expect(samples.filter(({ failed }) => failed).map(({ failed }) => failed)).toEqual([]);
  const { from, to } = outage(samples);
  console.log(
    `${samples.length} requests during the upgrade; none was answered for ${((to - from) / 1000).toFixed(1)} s`,
  );
  await nothingIsLost();
});

it.each([
  ['the web UI', () => life.webui, 'python'],
  ['Postgres', () => `open-webui-postgres-${life.stack}`, 'postgres'],
  ['the gateway', () => `caddy-${life.stack}`, 'caddy'],
] as const)('survives a kill -9 of %s', async (_, container, program) => {
  const since = Date.now();
  await signal(container(), program, 'KILL');
  await recovered(life, since, 240, isWhole);
  await nothingIsLost();
});

it('is restored from its backup, and has lost what came after it alone', async () => {
  const file = await backup(life);
  await tab.goto(`${origin}/`);
  const writing = await ask(tab, model, 'What comes after the backup?');
  writing.say('This does.');
  await shows(tab, 'This does.');
  writing.end();
  await tab.waitForURL(/\/c\//);
  const later = new URL(tab.url()).pathname;
  const { code, stderr } = await restore(life, ['--from', file, '--yes']);
  expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
  await tab.goto(`${origin}${path}`);
  await nothingIsLost();
  const status = await tab.evaluate(
    (chat) =>
      fetch(`/api/v1${chat.replace('/c/', '/chats/')}`, {
        headers: { authorization: `Bearer ${localStorage.getItem('token')}` },
      }).then((response) => response.status),
    later,
  );
  expect(status).toBe(401);
  // Only the browser knows the authority.
  expect((await life.verify()).checks.filter(({ ok }) => !ok)).toEqual([]);
  await life.expectUnchanged();
  await life.expectNoDrift();
  console.log(`the whole story: ${((Date.now() - began) / 60_000).toFixed(1)} minutes`);
});
