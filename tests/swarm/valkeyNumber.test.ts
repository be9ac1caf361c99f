/** A stack with three web UIs on a Swarm of three nodes goes from one Valkey to three and back while it runs, and moves one of them to another node. */

import type { Deployment } from '../support/deployment.ts';
import { IMAGES } from '../support/deployment.ts';
import { Client } from '../support/gateway.ts';
import { during } from '../support/replicas.ts';
import type { SwarmNode } from '../support/swarmNodes.ts';
import { SwarmValkeys } from '../support/swarmValkeys.ts';
import { PORTS, ThreeNodes } from '../support/threeNodes.ts';

jest.setTimeout(1_800_000);

/** Requests a second while something changes: what two processors carry that run three engines, too. */
const RATE = 4;

let nodes: ThreeNodes;
let life: Deployment;
let valkeys: SwarmValkeys;
/** Their tokens were signed out, each with another number of Valkeys. */
const guests: Client[] = [];

beforeAll(async () => {
  nodes = await ThreeNodes.start('number', { highAvailability: true });
  ({ life } = nodes);
  setNumber(false);
  Object.assign(life.config.gateway as object, { waitTimeout: '10m' });
  valkeys = new SwarmValkeys(nodes.swarm, life);
});

afterAll(async () => {
  for (const one of guests) one.close();
  await nodes?.stop();
});

const write = (title: string) => nodes.client.request('POST', '/api/v1/chats/new', { chat: { title } });

/** Leaves a chat, and a token that is signed out. */
async function leave(title: string): Promise<void> {
  await write(title);
  const guest = new Client(PORTS.https, 'chat.test', nodes.swarm.manager.address);
  guests.push(guest);
  const { adminEmail, adminPassword } = await life.outputs();
  await guest.signIn(adminEmail, adminPassword);
  await guest.request('POST', '/api/v1/auths/signout');
}

/** Every chat is there, every token that was signed out is refused, the other one is not, and all is as it should be. */
async function expectAllThere(titles: readonly string[]): Promise<void> {
  await nodes.settled();
  await nodes.expectVerified();
  await nodes.expectAllThere();
  const answers = await Promise.all([nodes.client, ...guests].map((one) => one.ask('/api/v1/chats/?page=1')));
  expect(answers.map(({ status }) => status)).toEqual([200, ...guests.map(() => 401)]);
  for (const title of titles) expect(answers[0]?.body).toContain(title);
}

/** Updates the stack while people work; all their requests are answered, though some of them wait. */
async function updateUnderLoad(): Promise<void> {
  const since = Date.now();
  const { asked, failed } = await during({ client: nodes.client, rate: RATE, patience: 600 }, () => life.up());
  const name = expect.getState().currentTestName;
  process.stderr.write(`${name}: ${Math.round((Date.now() - since) / 1000)} s, ${failed.length} of ${asked} failed\n`);
  expect(failed).toEqual([]);
}

const setNumber = (highAvailability: boolean): void => {
  Object.assign(life.config.valkey, { highAvailability });
};

/** Names of the services of Valkey that there are. */
const services = (): string[] =>
  nodes.swarm.manager
    .docker('service', 'ls', '--filter', `name=${life.valkey}`, '--format', '{{.Name}}')
    .split('\n')
    .filter(Boolean)
    .sort();

const places = (): string[] => valkeys.services.map((service) => valkeys.place(service).node.name);

it('runs one Valkey', async () => {
  await life.up();
  await nodes.settled();
  await nodes.leave();
  await leave('with one');
  expect(services()).toEqual([life.valkey]);
  await expectAllThere(['with one']);
});

it('becomes three, which have what the one has', async () => {
  setNumber(true);
  expect(await life.preview()).toContain('all web UIs stop until Valkey has started again');
  await updateUnderLoad();
  expect(places()).toEqual(['node1', 'node2', 'node3']);
  await valkeys.whole();
  await expectAllThere(['with one']);
  await life.expectUnchanged();
});

it('becomes one again, which has what another primary had', async () => {
  await valkeys.moveToWorker();
  await leave('with three');
  setNumber(false);
  await updateUnderLoad();
  expect(services()).toEqual([life.valkey]);
  await expectAllThere(['with one', 'with three']);
  await life.expectUnchanged();
});

/** Makes the data in the volume that a server has left on a node look like the most recent. */
function pretendRecent(node: SwarmNode, volume: string): void {
  const script = `valkey-server --dir /data --appendonly yes --save '' --unixsocket /tmp/s --port 0 > /tmp/log &
until valkey-cli -s /tmp/s ping | grep -q PONG; do sleep 0.2; done
valkey-cli -s /tmp/s set failover:clock 9999999999
valkey-cli -s /tmp/s shutdown
wait`;
  const options = ['--rm', '--volume', `${volume}:/data`, '--user', '999:1000', '--entrypoint', '/bin/sh'];
  expect(node.docker('run', ...options, IMAGES.valkey, '-c', script)).toContain('OK');
}

it('becomes three with the data of the one, whatever the others have from before', async () => {
  for (const [index, node] of nodes.swarm.workers.entries()) pretendRecent(node, `${life.valkeyVolume}-${index + 2}`);
  await leave('with one again');
  setNumber(true);
  await updateUnderLoad();
  await valkeys.whole();
  await expectAllThere(['with one', 'with three', 'with one again']);
});

it('starts what an update that was killed had stopped', async () => {
  const stopped = [life.webui, ...valkeys.services];
  nodes.swarm.manager.docker('service', 'scale', ...stopped.map((service) => `${service}=0`));
  await life.up();
  await valkeys.whole();
  await expectAllThere(['with one again']);
});

it('moves Valkeys to other nodes, which copy the data', async () => {
  await valkeys.moveToWorker();
  life.config.valkey['nodes'] = ['node3', 'node2'];
  await updateUnderLoad();
  expect(places()).toEqual(['node1', 'node3', 'node2']);
  await valkeys.whole();
  await expectAllThere(['with one again']);
  await life.expectUnchanged();
});
