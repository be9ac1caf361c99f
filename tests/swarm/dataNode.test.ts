/** A stack on a Swarm of three nodes whose data is on a worker, which a manager commands: every operation, and what is refused. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_IMAGE, Deployment, IMAGES } from '../support/deployment.ts';
import { Client, GATEWAY_IMAGE, requireGatewayImage } from '../support/gateway.ts';
import { type SwarmNode, SwarmNodes } from '../support/swarmNodes.ts';

jest.setTimeout(900_000);

const PORTS = { http: 25180, https: 25543 };

let swarm: SwarmNodes;
let life: Deployment;
let client: Client;
/** The node with the data, and another one. */
let worker: SwarmNode;
let third: SwarmNode;

beforeAll(async () => {
  await requireGatewayImage();
  swarm = await SwarmNodes.start({ images: [...Object.values(IMAGES), DATABASE_IMAGE, GATEWAY_IMAGE] });
  [worker, third] = swarm.workers as [SwarmNode, SwarmNode];
  life = await Deployment.create('data-node');
  const { publish: _, ...page } = life.config.webui;
  Object.assign(life.config, {
    ...{ host: { ...worker.tls, manager: swarm.manager.tls }, platform: 'swarm' },
    webui: { ...page, healthcheck: { startPeriod: '5m' } },
    database: { kind: 'postgres', image: DATABASE_IMAGE },
    gateway: { image: GATEWAY_IMAGE, domain: 'chat.test', tls: 'internal', publish: PORTS, waitTimeout: '5m' },
  });
  client = new Client(PORTS.https, 'chat.test', worker.address);
});

afterAll(async () => {
  client?.close();
  await life?.remove();
  await swarm?.stop();
});

const lines = (text: string): string[] => text.split('\n').filter(Boolean).sort();

/** Servers of the stack on a node, by the services whose tasks they are. */
const serversOn = (node: SwarmNode): string[] =>
  lines(node.docker('ps', '--format', '{{.Label "com.docker.swarm.service.name"}}'));

const volumesOn = (node: SwarmNode): string[] => lines(node.docker('volume', 'ls', '--quiet'));

/** Names of all servers, and of all volumes with data. */
const servers = (): string[] =>
  [`caddy-${life.stack}`, life.webui, `open-webui-postgres-${life.stack}`, life.valkey].sort();
const data = (): string[] =>
  [`caddy-data-${life.stack}`, life.webui, `open-webui-postgres-${life.stack}`, life.valkeyVolume].sort();

/** What a command of the project prints. @throws Error with all of that, when it fails. */
async function command(name: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await life.command(name, args);
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout + stderr;
}

async function expectVerified(): Promise<void> {
  const { checks } = await life.verify();
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
}

const write = async (name: string): Promise<void> => {
  await client.ask('/api/v1/chats/new', { method: 'POST', body: { chat: { title: name } } });
};

const titles = async (): Promise<string> => (await client.ask('/api/v1/chats/?page=1')).body;

async function signIn(): Promise<void> {
  const { adminEmail, adminPassword } = await life.outputs();
  await client.signIn(adminEmail, adminPassword);
}

it('runs every server on the worker with the data, and leaves the other nodes alone', async () => {
  await life.up();
  expect(serversOn(worker)).toEqual(servers());
  for (const node of swarm.nodes.filter((one) => one !== worker)) {
    expect(serversOn(node)).toEqual([]);
    expect(volumesOn(node)).toEqual([]);
  }
  await expectVerified();
  await life.expectUnchanged();
  expect(await command('drift')).toContain('has all of the stack');
});

it('changes a setting, and finds nothing changed afterwards', async () => {
  await signIn();
  life.config.webui['env'] = { THREAD_POOL_SIZE: 50 };
  expect(await life.up()).toEqual(['update chat-webui-service']);
  await life.expectNoDrift();
  await life.expectUnchanged();
  await expectVerified();
});

it('repairs what was changed on the manager by hand', async () => {
  swarm.manager.docker('service', 'scale', '--detach', `${life.valkey}=0`);
  const { code, stdout } = await life.command('drift');
  expect([code, stdout]).toEqual([1, expect.stringContaining(`service ${life.valkey}`)]);
  await command('up');
  await expectVerified();
});

it('backs up and restores, and gets another password of Valkey', async () => {
  await write('before');
  await command('backup', '--to', 'kept');
  const [file = ''] = readdirSync(join(life.dir, 'kept')).filter((name) => name.endsWith('.tar.gz'));
  await write('after');
  expect(await titles()).toContain('after');
  await command('restore', '--from', join('kept', file), '--yes');
  await signIn();
  const present = await titles();
  expect([present.includes('before'), present.includes('after')]).toEqual([true, false]);
  await command('rotate', '--secret', 'valkey');
  await expectVerified();
  await life.expectUnchanged();
  expect(serversOn(swarm.manager)).toEqual([]);
});

/** Why a preview of changed settings is refused; they are as before afterwards. */
async function refusal(more: Partial<Deployment['config']>): Promise<string> {
  const before = life.config;
  life.config = { ...before, ...more };
  const text = await life.preview().then(
    () => 'not refused',
    (error: Error) => error.message,
  );
  life.config = before;
  return text;
}

it('is refused where its data could not be used', async () => {
  const { manager } = swarm;
  expect(await refusal({ host: worker.tls })).toMatch(/node2 is a worker of its Swarm[\s\S]*host\.manager/);
  expect(await refusal({ host: { ...worker.tls, manager: third.tls } })).toMatch(
    /leads to node3, which is a worker itself/,
  );
  expect(await refusal({ host: { ...third.tls, manager: manager.tls } })).toMatch(
    /is deployed on the engine of node2 [\s\S]*To move: .*backup .*down/,
  );
  manager.docker('node', 'update', '--availability', 'pause', worker.name);
  expect(await refusal({})).toMatch(/node2, which has the data, is set to pause[\s\S]*--availability active/);
  manager.docker('node', 'update', '--availability', 'active', worker.name);
  const port = 25999;
  manager.docker(
    ...['service', 'create', '--quiet', '--name', 'other', '--constraint', `node.hostname==${worker.name}`],
    ...['--publish', `mode=host,target=80,published=${port}`, '--entrypoint', 'sleep', '--no-healthcheck'],
    ...[IMAGES.valkey, 'infinity'],
  );
  const gateway = { ...life.config.gateway, publish: { ...PORTS, http: port } };
  expect(await refusal({ gateway })).toContain('the service other has');
  manager.docker('service', 'rm', 'other');
  await life.expectUnchanged();
});

it('leaves nothing but its volumes on the worker, and moves with them to another one by a backup', async () => {
  await command('backup', '--to', 'moved');
  const [file = ''] = readdirSync(join(life.dir, 'moved')).filter((name) => name.endsWith('.tar.gz'));
  await command('down');
  expect(volumesOn(worker)).toEqual(data());
  for (const node of swarm.nodes) {
    expect(lines(node.docker('ps', '--all', '--format', '{{.Names}}'))).toEqual([]);
    const networks = lines(node.docker('network', 'ls', '--format', '{{.Name}}'));
    expect(networks.filter((name) => name.includes(life.stack))).toEqual([]);
  }
  for (const kind of ['service', 'secret']) expect(swarm.manager.docker(kind, 'ls', '--quiet')).toBe('');
  life.config.host = { ...third.tls, manager: swarm.manager.tls };
  life.writeConfig();
  await command('up');
  await command('restore', '--from', join('moved', file), '--yes');
  expect([serversOn(third), serversOn(worker), volumesOn(worker)]).toEqual([servers(), [], data()]);
  client.close();
  client = new Client(PORTS.https, 'chat.test', third.address);
  await signIn();
  expect(await titles()).toContain('before');
  await expectVerified();
  await life.expectUnchanged();
});
