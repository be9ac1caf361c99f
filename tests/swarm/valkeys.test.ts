/** Three Valkeys on a Swarm of three nodes, one on each: they are changed and restored, and the primary is killed. */

import type { Socket } from 'socket.io-client';
import { until } from '../../core/until.ts';
import { BALANCER, DATABASE_IMAGE, Deployment, IMAGES } from '../support/deployment.ts';
import { opened, type Watched, watching } from '../support/eventWatch.ts';
import { fault } from '../support/faults.ts';
import { Client, GATEWAY_IMAGE, requireGatewayImage } from '../support/gateway.ts';
import { settledOn, wellOn } from '../support/replicas.ts';
import { type S3, startS3 } from '../support/s3.ts';
import { SwarmNodes } from '../support/swarmNodes.ts';
import { SwarmValkeys } from '../support/swarmValkeys.ts';

jest.setTimeout(1_800_000);

const PORTS = { http: 25280, https: 25643 };
const BUCKET = 'example-chat';

let swarm: SwarmNodes;
let s3: S3;
let life: Deployment;
let valkeys: SwarmValkeys;
let client: Client;
/** Its token was signed out. */
let guest: Client;
/** A user without events, and the websockets. */
let idle: Client;
const sockets: Socket[] = [];

const newClient = () => new Client(PORTS.https, 'chat.test', swarm.manager.address);

beforeAll(async () => {
  await requireGatewayImage();
  swarm = await SwarmNodes.start({ images: [...Object.values(IMAGES), DATABASE_IMAGE, GATEWAY_IMAGE, BALANCER] });
  s3 = await startS3({ address: swarm.outside });
  s3.bucket(BUCKET);
  life = await Deployment.create('valkeys');
  const { publish: _, ...page } = life.config.webui;
  Object.assign(life.config, {
    ...{ host: swarm.manager.tls, platform: 'swarm' },
    webui: { ...page, replicas: 3, healthcheck: { startPeriod: '5m' } },
    valkey: { ...life.config.valkey, highAvailability: true, balancer: { image: BALANCER } },
    database: { kind: 'postgres', image: DATABASE_IMAGE },
    storage: { kind: 's3', bucket: BUCKET, endpoint: s3.endpoint, accessKey: s3.accessKey },
    gateway: { image: GATEWAY_IMAGE, domain: 'chat.test', tls: 'internal', publish: PORTS, waitTimeout: '5m' },
  });
  await life.setSecret('storage.secretKey', s3.secretKey);
  [client, guest, idle] = [newClient(), newClient(), newClient()];
  valkeys = new SwarmValkeys(swarm, life);
});

afterAll(async () => {
  for (const socket of sockets) socket.close();
  for (const one of [client, guest, idle]) one?.close();
  await life?.remove();
  s3?.stop();
  await swarm?.stop();
});

/** Requests a second, and websockets, beside those that are watched: what two processors carry that run three engines, too. */
const [RATE, SOCKETS] = [20, 50];

/** First port of a node at which a web UI answers by itself. */
const DIRECT = 28080;

/** Where web UIs answer past the gateway, that of the manager first. */
async function direct(): Promise<string[]> {
  const format = '{{range $id, $one := .Containers}}{{$id}} {{$one.IPv4Address}}\n{{end}}';
  const found = swarm.nodes.flatMap((node) => {
    // The bridge by which a node reaches its containers.
    const lines = node.docker('network', 'inspect', '--format', format, 'docker_gwbridge').split('\n');
    return wellOn(node, life.webui).flatMap((id) => {
      const address = lines.find((line) => line.startsWith(id))?.split(/[ /]/)[1];
      return address === undefined ? [] : [{ node, address }];
    });
  });
  return Promise.all(found.map(({ node, address }, index) => node.forward(DIRECT + index, address, 8080)));
}

/** What a command of the project prints. @throws Error with all of that, when it fails. */
async function command(name: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await life.command(name, args);
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout + stderr;
}

async function expectVerified(): Promise<void> {
  const { checks, check } = await life.verify();
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(check('subscriptions')?.detail).toMatch(/^3 of 3 server processes/);
}

/** The token that was signed out is refused, and the other one is not. */
async function expectSignedOut(): Promise<void> {
  const [refused, taken] = await Promise.all([guest, client].map((one) => one.ask('/api/v1/chats/?page=1')));
  expect([refused?.status, taken?.status]).toEqual([401, 200]);
}

it('runs a server on each node and balancers where the data is, and proves it', async () => {
  await life.up();
  const places = valkeys.services.map((service) => valkeys.place(service).node.name);
  expect(places).toEqual(['node1', 'node2', 'node3']);
  expect(valkeys.balancers().map((found) => found.length)).toEqual([2, 0, 0]);
  await valkeys.whole();
  await expectVerified();
  const { adminEmail, adminPassword } = await life.outputs();
  for (const one of [client, guest]) await one.signIn(adminEmail, adminPassword);
  await guest.request('POST', '/api/v1/auths/signout');
  await expectSignedOut();
});

it('changes nothing when it is applied again, and finds no drift', async () => {
  expect(await life.up()).toEqual([]);
  await life.expectNoDrift();
  await life.expectUnchanged();
  expect(await command('drift')).toContain('has all of the stack');
});

it('has people who wait for events', async () => {
  const person = { name: 'Idle', email: 'idle@example.com', password: 'Only-for-this-test-1' };
  await client.request('POST', '/api/v1/auths/add', { ...person, role: 'user' });
  await idle.signIn(person.email, person.password);
  for (let count = 0; count < SOCKETS; count++) sockets.push(await opened(idle));
});

/** Watches events from one web UI to another one. */
async function watched(work: () => Promise<unknown>): Promise<Watched> {
  const urls = await direct();
  const [to = '', from = ''] = [urls[0], urls.at(-1)];
  expect(from).not.toBe(to);
  const seen = await watching({ ...{ gateway: client, from, to, rate: RATE }, token: client.token ?? '' }, work);
  for (const node of swarm.nodes) node.endForwards();
  const { failed, ...figures } = seen;
  const name = expect.getState().currentTestName;
  process.stderr.write(`${name}: ${JSON.stringify({ ...figures, failed: failed.length })}\n`);
  return seen;
}

/**
 * What holds after each fault: one primary, each server known once, all web UIs subscribed, the token still refused.
 *
 * @param since when the fault happened.
 */
async function recovered(since: number, within: number): Promise<number> {
  await valkeys.whole(within);
  await settledOn(swarm.nodes, life.webui, 3);
  await until(() => sockets.every(({ connected }) => connected), Boolean, { seconds: 60 });
  expect(sockets.filter(({ connected }) => !connected)).toEqual([]);
  await expectVerified();
  await expectSignedOut();
  return (Date.now() - since) / 1000;
}

/** In seconds: more than the goals of 10 and 15, as other work may keep the processors busy. */
const [MOST_SILENCE, LONGEST] = [15, 20];

function expectGoals({ failed, longest, silence }: Watched): void {
  expect(failed).toEqual([]);
  expect(longest).toBeLessThan(LONGEST);
  expect(silence).toBeLessThan(MOST_SILENCE);
}

fault('Swarm primary killed', async (within) => {
  const primary = await valkeys.primary();
  const since = Date.now();
  const seen = await watched(async () => {
    valkeys.signal(primary, 'KILL');
    await valkeys.taken(primary);
  });
  const seconds = await recovered(since, within);
  expectGoals(seen);
  return seconds;
});

it('backs up, and restores over what the other servers have', async () => {
  const titles = async () => (await client.ask('/api/v1/chats/?page=1')).body;
  const write = (title: string) => client.request('POST', '/api/v1/chats/new', { chat: { title } });
  await write('before');
  const [file = ''] = /\S+\.tar\.gz/.exec(await command('backup', '--to', 'kept')) ?? [];
  await write('after');
  // Signed out after the backup, so the restored data does not know of it.
  const late = newClient();
  const { adminEmail, adminPassword } = await life.outputs();
  await late.signIn(adminEmail, adminPassword);
  const token = late.token ?? '';
  await late.request('POST', '/api/v1/auths/signout');
  expect((await late.ask('/api/v1/auths/')).status).toBe(401);
  await command('restore', '--from', file, '--yes');
  await settledOn(swarm.nodes, life.webui, 3);
  await valkeys.whole();
  expect([(await titles()).includes('before'), (await titles()).includes('after')]).toEqual([true, false]);
  expect([(await late.ask('/api/v1/auths/')).status, token === late.token]).toEqual([200, true]);
  late.close();
  await expectSignedOut();
  await expectVerified();
  await life.expectUnchanged();
});

it('gets other passwords, one server after the other', async () => {
  await command('rotate', '--secret', 'valkey');
  await valkeys.whole();
  await expectVerified();
  await expectSignedOut();
});

it('names the volumes that are left on other nodes', async () => {
  const kept = await command('down');
  for (const [index, node] of swarm.workers.entries())
    expect(kept).toContain(`the volume ${life.valkeyVolume}-${index + 2} on ${node.name}`);
  const removed = await command('down', '--volumes');
  expect(removed).not.toContain('Kept');
});
