/** Three Valkeys on a Swarm of three nodes, one on each: they are changed, backed up, restored and removed. */

import type { Deployment } from '../support/deployment.ts';
import { Client } from '../support/gateway.ts';
import { during } from '../support/replicas.ts';
import { PORTS, type ThreeNodes } from '../support/threeNodes.ts';
import { ThreeValkeys } from '../support/threeValkeys.ts';

jest.setTimeout(1_800_000);

/** Requests a second while something changes. */
const RATE = 4;

let three: ThreeValkeys;
let nodes: ThreeNodes;
let life: Deployment;
let client: Client;

beforeAll(async () => {
  three = await ThreeValkeys.start('valkeys');
  ({ nodes } = three);
  ({ life, client } = nodes);
});
afterAll(() => three?.stop());

const command = (name: string, ...args: string[]): Promise<string> => nodes.command(name, ...args);

/** Nothing is wrong with the servers or the web UIs, and nothing is lost. */
async function expectWell(): Promise<void> {
  await three.expectWhole();
  await nodes.expectAllThere();
}

it('runs a server on each node and balancers where the data is, and proves it', async () => {
  await life.up();
  const { valkeys } = three;
  const places = valkeys.services.map((service) => valkeys.place(service).node.name);
  expect(places).toEqual(['node1', 'node2', 'node3']);
  expect(valkeys.balancers().map((found) => found.length)).toEqual([2, 0, 0]);
  await nodes.settled();
  await nodes.leave();
  await expectWell();
  await three.come();
});

it('changes nothing when it is applied again, and finds no drift', async () => {
  expect(await life.up()).toEqual([]);
  await life.expectNoDrift();
  await life.expectUnchanged();
  expect(await command('drift')).toContain('has all of the stack');
});

it('backs up, and restores over what the other servers have', async () => {
  const titles = async () => (await client.ask('/api/v1/chats/?page=1')).body;
  const write = (title: string) => client.request('POST', '/api/v1/chats/new', { chat: { title } });
  await write('before');
  const [file = ''] = /\S+\.tar\.gz/.exec(await command('backup', '--to', 'kept')) ?? [];
  await write('after');
  // Signed out after the backup, so the restored data does not know of it.
  const late = new Client(PORTS.https, 'chat.test', nodes.swarm.manager.address);
  const { adminEmail, adminPassword } = await life.outputs();
  await late.signIn(adminEmail, adminPassword);
  const token = late.token ?? '';
  await late.request('POST', '/api/v1/auths/signout');
  expect((await late.ask('/api/v1/auths/')).status).toBe(401);
  await command('restore', '--from', file, '--yes');
  await three.expectWhole();
  expect([(await titles()).includes('before'), (await titles()).includes('after')]).toEqual([true, false]);
  expect([(await late.ask('/api/v1/auths/')).status, token === late.token]).toEqual([200, true]);
  late.close();
  await nodes.expectAllThere();
  await life.expectUnchanged();
});

it('gets other passwords, one server after the other, without a failed request', async () => {
  const { failed } = await during({ client, rate: RATE }, () => command('rotate', '--secret', 'valkey'));
  expect(failed).toEqual([]);
  await expectWell();
});

it('names the volumes that are left on other nodes', async () => {
  const kept = await command('down');
  for (const [index, node] of nodes.swarm.workers.entries())
    expect(kept).toContain(`the volume ${life.valkeyVolume}-${index + 2} on ${node.name}`);
  const removed = await command('down', '--volumes');
  expect(removed).not.toContain('Kept');
});
