/** A gateway that is killed, hangs, is full, cut off or removed, or whose certificate expires, and comes back. */

import { until } from '../../core/until.ts';
import { Deployment } from '../support/deployment.ts';
import { docker, freePort } from '../support/docker.ts';
import { fault } from '../support/faults.ts';
import { Client, GATEWAY_IMAGE, requireGatewayImage } from '../support/gateway.ts';
import { type Pebble, startPebble } from '../support/pebble.ts';
import { comesBack, repaired, restarts, signal, state } from '../support/recovery.ts';
import { empty, fill, makeSmallVolumes } from '../support/smallVolume.ts';

jest.setTimeout(900_000);

/** Seconds for which certificates hold: those of one authority for days, those of the other for as long as a test can wait. */
const [LASTING, SHORT] = [864_000, 90];

let life: Deployment;
let client: Client;
let authority: Pebble;
let hasty: Pebble;
let caddy: string;
let volume: string;
let gateway: Record<string, unknown>;
/** Serial number of the certificate that it has to begin with. */
let serial: string | undefined;

beforeAll(async () => {
  await requireGatewayImage();
  life = await Deployment.create('front');
  [caddy, volume] = [`caddy-${life.stack}`, `caddy-data-${life.stack}`];
  const publish = { http: await freePort(), https: await freePort(), address: '127.0.0.1' };
  authority = await startPebble({ ...publish, validity: LASTING });
  hasty = await startPebble({ ...publish, validity: SHORT });
  gateway = {
    ...{ image: GATEWAY_IMAGE, domain: 'chat.test', publish, healthcheck: { startPeriod: '30s' } },
    acme: { server: authority.directory, trustedRoot: authority.root },
  };
  const { publish: _, ...webui } = life.config.webui;
  Object.assign(life.config, { webui, gateway });
  await makeSmallVolumes(life, { [volume]: 'size=4m' });
  await life.up();
  client = new Client(publish.https, 'chat.test');
  await present();
  serial = await client.serial();
  const { adminEmail, adminPassword } = await life.outputs();
  await client.signIn(adminEmail, adminPassword);
  await client.ask('/api/v1/chats/new', { method: 'POST', body: { chat: { title: 'kept' } } });
});

afterAll(async () => {
  client?.close();
  authority?.stop();
  hasty?.stop();
  await life?.remove();
});

/** Waits until there is a certificate. */
const present = () =>
  until(
    () => client.serial(),
    (one) => one !== undefined,
    { seconds: 60 },
  );

/** The chat, by the token that people have had all the while, and the certificate. */
async function lost(): Promise<string[]> {
  const { body } = await client.ask('/api/v1/chats/');
  return [
    ...(body.includes('"title":"kept"') ? [] : ['a chat']),
    ...((await client.serial()) === serial ? [] : ['the certificate']),
  ];
}

const isWhole = async () => {
  const answered = await client.ask('/ready').catch(() => undefined);
  return answered?.status === 200 && (await state(caddy)) === 'running healthy';
};

const alone = (cause: () => Promise<unknown>, within: number) => comesBack({ life, lost, isWhole }, cause, within);

async function restarted(cause: () => Promise<unknown>, within: number): Promise<number> {
  const before = await restarts(caddy);
  const seconds = await alone(cause, within);
  expect(await restarts(caddy)).toBe(before + 1);
  return seconds;
}

async function withUp(cause: () => Promise<unknown>, drift: string, within: number): Promise<number> {
  const seconds = await repaired({ life, isWhole }, cause, [`container ${caddy}: ${drift}`], within);
  expect(await lost()).toEqual([]);
  return seconds;
}

fault('gateway killed', (within) => restarted(() => signal(caddy, 'caddy', 'KILL'), within));

fault('gateway stopped', (within) => restarted(() => signal(caddy, 'caddy', 'STOP'), within));

fault('volume full, gateway', async (within) => {
  await fill(volume);
  const seconds = await alone(() => docker('restart', caddy), within);
  await empty(volume);
  return seconds;
});

fault('gateway cut off', (within) => {
  const network = `openwebui-gateway-${life.stack}`;
  return withUp(() => docker('network', 'disconnect', network, caddy), `network ${network}`, within);
});

fault('gateway removed', (within) => withUp(() => docker('rm', '--force', caddy), 'itself', within));

fault('certificate expired', async (within) => {
  // An empty volume: the gateway keeps a valid certificate, whichever authority issued it.
  const other = { volume: `${volume}-other`, acme: { server: hasty.directory, trustedRoot: hasty.root } };
  Object.assign(gateway, other);
  await life.up();
  const first = await present();
  expect([undefined, serial]).not.toContain(first);
  hasty.pause();
  const said = async () => (await life.verify()).check('gateway')?.detail ?? '';
  const expired = await until(said, (detail) => detail.includes('CERT_HAS_EXPIRED'), { seconds: 3 * SHORT });
  expect(expired).toMatch(/^browsers do not trust the certificate of chat\.test:\d+: CERT_HAS_EXPIRED$/);
  hasty.resume();
  const since = Date.now();
  await docker('restart', caddy);
  const renewed = await until(
    () => client.serial(),
    (one) => one !== undefined && one !== first,
    { seconds: within },
  );
  expect(renewed).not.toBe(first);
  // Soon to expire again: the chain and the names are what is asked here.
  const { detail } = (await life.verify()).check('gateway') ?? {};
  expect(detail).toMatch(/^chat\.test:\d+ answer over HTTPS/);
  return (Date.now() - since) / 1000;
});

it('is all as the program has it in the end', async () => {
  expect(await life.up()).toEqual([]);
});
