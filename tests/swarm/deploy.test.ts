/** A stack on a Swarm of three nodes, with three web UIs and its uploaded files in a bucket: it is changed under load, and nodes are lost and cut off. */

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer } from '../../bench/load/client.ts';
import { until } from '../../core/until.ts';
import { DATABASE_IMAGE, Deployment, IMAGES } from '../support/deployment.ts';
import { fault } from '../support/faults.ts';
import { Client, GATEWAY_IMAGE, requireGatewayImage } from '../support/gateway.ts';
import { type S3, startS3 } from '../support/s3.ts';
import { type SwarmNode, SwarmNodes } from '../support/swarmNodes.ts';

jest.setTimeout(900_000);

const PORTS = { http: 25080, https: 25443 };
const BUCKET = 'example-chat';
const CONTENT = 'written before a node was lost';

let swarm: SwarmNodes;
let s3: S3;
let life: Deployment;
let client: Client;
let webui: string;
/** Id of the uploaded file. */
let id: string;

beforeAll(async () => {
  await requireGatewayImage();
  swarm = await SwarmNodes.start({ images: [...Object.values(IMAGES), DATABASE_IMAGE, GATEWAY_IMAGE] });
  s3 = await startS3({ address: swarm.outside });
  s3.bucket(BUCKET);
  life = await Deployment.create('nodes');
  webui = `open-webui-${life.stack}`;
  const { publish: _, ...page } = life.config.webui;
  Object.assign(life.config, {
    ...{ host: swarm.manager.tls, platform: 'swarm' },
    webui: { ...page, replicas: 3, healthcheck: { startPeriod: '5m' } },
    database: { kind: 'postgres', image: DATABASE_IMAGE },
    storage: { kind: 's3', bucket: BUCKET, endpoint: s3.endpoint, accessKey: s3.accessKey },
    gateway: { image: GATEWAY_IMAGE, domain: 'chat.test', tls: 'internal', publish: PORTS, waitTimeout: '5m' },
  });
  await life.setSecret('storage.secretKey', s3.secretKey);
  client = new Client(PORTS.https, 'chat.test', swarm.manager.address);
});

afterAll(async () => {
  client?.close();
  await life?.remove();
  s3?.stop();
  await swarm?.stop();
});

/** Containers of the web UI that are well, on a node. */
const instancesOn = (node: SwarmNode): string[] =>
  node
    .docker(
      ...['ps', '--quiet', '--filter', `label=com.docker.swarm.service.name=${webui}`, '--filter', 'health=healthy'],
    )
    .split('\n')
    .filter(Boolean);

/** Waits until so many of them are well on nodes. */
async function wellOn(nodes: readonly SwarmNode[], count: number): Promise<number[]> {
  const seen = await until(
    () => nodes.map((node) => instancesOn(node).length),
    (counts) => counts.reduce((sum, one) => sum + one, 0) === count,
    { seconds: 240, everyMs: 1000 },
  );
  expect(seen.reduce((sum, one) => sum + one, 0)).toBe(count);
  return seen;
}

/** What an instance answers itself, past the gateway. */
const ask = (node: SwarmNode, instance: string, path: string, ...args: string[]): string =>
  node.docker('exec', instance, 'curl', '--silent', '--show-error', '--fail', ...args, `http://127.0.0.1:8080${path}`);

/** The header of one sign-in for all tests: the page refuses more than fifteen of them in three minutes. */
let authorized: string[] | undefined;

async function authorization(): Promise<string[]> {
  if (authorized) return authorized;
  const { adminEmail: email, adminPassword: password } = await life.outputs();
  const json = ['--header', 'content-type: application/json', '--data', JSON.stringify({ email, password })];
  const [instance = ''] = instancesOn(swarm.manager);
  const { token } = JSON.parse(ask(swarm.manager, instance, '/api/v1/auths/signin', ...json)) as { token: string };
  authorized = ['--header', `authorization: Bearer ${token}`];
  return authorized;
}

/** Every instance gives the file out, also one that has never seen it. */
async function expectFile(nodes: readonly SwarmNode[]): Promise<void> {
  const header = await authorization();
  const found = nodes.flatMap((node) =>
    instancesOn(node).map((instance) => ask(node, instance, `/api/v1/files/${id}/content`, ...header)),
  );
  expect(found).toEqual([CONTENT, CONTENT, CONTENT]);
}

async function expectVerified(): Promise<void> {
  const { checks, check } = await life.verify();
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(check('subscriptions')?.detail).toMatch(/^3 of 3 server processes/);
  expect(check('files')?.detail).toContain(BUCKET);
}

/** Requests a second while a node is away. */
const RATE = 4;

/** Of the requests through the gateway while something was done: how many there were, and what failed. */
async function during(work: () => Promise<unknown>): Promise<{ asked: number; failed: string[] }> {
  const answers: Promise<Answer | Error>[] = [];
  let going = true;
  const load = (async () => {
    while (going) {
      answers.push(client.ask('/api/v1/chats/?page=1').catch((error: Error) => error));
      await sleep(1000 / RATE);
    }
  })();
  try {
    await work();
  } finally {
    going = false;
    await load;
  }
  const failed = (await Promise.all(answers)).filter((one) => one instanceof Error || one.status !== 200);
  return {
    asked: answers.length,
    failed: failed.map((one) => (one instanceof Error ? one.message : `${one.status} ${one.body.slice(0, 100)}`)),
  };
}

/** Whether the kernel has what Docker encrypts with, as its own tool says. */
function kernelEncrypts(): boolean {
  const [from, to, key] = ['10.0.0.1', '10.0.0.2', `0x${'00'.repeat(20)}`];
  const state = ['src', from, 'dst', to, 'proto', 'esp', 'spi', '4096'];
  const algorithm = ['mode', 'transport', 'aead', 'rfc4106(gcm(aes))', key, '64'];
  try {
    swarm.manager.inside('ip', 'xfrm', 'state', 'add', ...state, ...algorithm);
    swarm.manager.inside('ip', 'xfrm', 'state', 'delete', ...state);
    return true;
  } catch {
    return false;
  }
}

it('encrypts between its nodes, which a kernel that cannot is refused for before anything is there', async () => {
  life.config.network = { encrypted: true };
  if (kernelEncrypts()) {
    await life.up();
    for (const node of swarm.nodes) expect(node.inside('ip', 'xfrm', 'state')).toContain('proto esp');
    return;
  }
  await expect(life.up()).rejects.toThrow(
    /the kernel of node1 cannot encrypt \(ESP with AES-GCM: \w+\), so its servers could not reach other nodes\. Nothing was created or changed/,
  );
  expect(swarm.manager.docker('service', 'ls', '--quiet')).toBe('');
  life.config.network = {};
});

it('has a web UI on each node, all of which serve the file that one of them took', async () => {
  await life.up();
  expect(await wellOn(swarm.nodes, 3)).toEqual([1, 1, 1]);
  await expectVerified();
  const { adminEmail, adminPassword } = await life.outputs();
  await client.signIn(adminEmail, adminPassword);
  const third = swarm.nodes[2] as SwarmNode;
  const [instance = ''] = instancesOn(third);
  third.docker('exec', instance, 'sh', '-c', `printf '${CONTENT}' > /tmp/notes.txt`);
  const form = [...(await authorization()), '--form', 'file=@/tmp/notes.txt'];
  ({ id } = JSON.parse(ask(third, instance, '/api/v1/files/?process=false', ...form)) as { id: string });
  expect(s3.keys(BUCKET)).toEqual([`${webui}/${id}_notes.txt`]);
  await expectFile(swarm.nodes);
  await life.expectUnchanged();
});

it('changes a setting, and scales, without a failed request', async () => {
  const { failed } = await during(async () => {
    life.config.webui['env'] = { THREAD_POOL_SIZE: 50 };
    await life.up();
    life.config.webui['replicas'] = 4;
    await life.up();
    await wellOn(swarm.nodes, 4);
    life.config.webui['replicas'] = 3;
    await life.up();
    await wellOn(swarm.nodes, 3);
  });
  expect(failed).toEqual([]);
  await expectVerified();
});

/** What a command of the project prints. @throws Error with all of that, when it fails. */
async function command(name: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await life.command(name, args);
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout + stderr;
}

it('waits with requests while another release takes the place of all web UIs, after a backup', async () => {
  const next = `local/open-webui:next-${life.stack}`;
  const dockerfile = `FROM ${IMAGES.webui}\nLABEL release=next\n`;
  for (const node of swarm.nodes)
    execFileSync('docker', ['--host', node.host, 'build', '--quiet', '--tag', next, '-'], { input: dockerfile });
  const { failed } = await during(async () => {
    life.config.webui['image'] = next;
    await life.up();
  });
  expect(failed).toEqual([]);
  expect(readdirSync(join(life.dir, 'backups'))).toHaveLength(1);
  const images = swarm.nodes.map((node) =>
    instancesOn(node).map((id) => node.docker('inspect', '--format', '{{.Config.Image}}', id)),
  );
  expect(images).toEqual([[next], [next], [next]]);
  await expectVerified();
  await expectFile(swarm.nodes);
});

it('gets other passwords of Valkey and Postgres, and comes back from a backup', async () => {
  await command('rotate', '--secret', 'valkey');
  await expectVerified();
  await command('rotate', '--secret', 'database');
  await expectVerified();
  const [file = ''] = /\S+\.tar\.gz/.exec(await command('backup', '--to', 'kept')) ?? [];
  const title = 'after the backup';
  await client.ask('/api/v1/chats/new', { method: 'POST', body: { chat: { title } } });
  const titles = async () => (await client.ask('/api/v1/chats/?page=1')).body;
  expect(await titles()).toContain(title);
  await command('restore', '--from', file, '--yes');
  await wellOn(swarm.nodes, 3);
  const { adminEmail, adminPassword } = await life.outputs();
  await client.signIn(adminEmail, adminPassword);
  expect(await titles()).not.toContain(title);
  await expectVerified();
  await expectFile(swarm.nodes);
  await life.expectUnchanged();
});

/** Seconds from now to the end of a `verify` that passes, with the file on each web UI and nothing refused meanwhile. */
async function whole(work: () => Promise<readonly SwarmNode[]>): Promise<number> {
  const start = Date.now();
  let nodes: readonly SwarmNode[] = [];
  const { asked, failed } = await during(async () => {
    nodes = await work();
  });
  expect(asked).toBeGreaterThan(RATE);
  expect(failed).toEqual([]);
  await expectVerified();
  await expectFile(nodes);
  return (Date.now() - start) / 1000;
}

fault('worker lost', async () => {
  const [first, second, third] = swarm.nodes as [SwarmNode, SwarmNode, SwarmNode];
  const seconds = await whole(async () => {
    await second.lose();
    await swarm.wait('down', [second]);
    await wellOn([first, third], 3);
    return [first, third];
  });
  await second.start();
  await swarm.wait('ready');
  await expectVerified();
  return seconds;
});

fault('worker cut off', async () => {
  const [, , third] = swarm.nodes as [SwarmNode, SwarmNode, SwarmNode];
  return whole(async () => {
    third.cut();
    await sleep(30_000);
    third.reconnect();
    await swarm.wait('ready');
    await wellOn(swarm.nodes, 3);
    return swarm.nodes;
  });
});

fault('manager lost', async () => {
  const { manager } = swarm;
  await manager.lose();
  const start = Date.now();
  await manager.start();
  await swarm.wait('ready');
  await wellOn(swarm.nodes, 3);
  await expectVerified();
  await expectFile(swarm.nodes);
  return (Date.now() - start) / 1000;
});
