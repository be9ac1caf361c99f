/** Changes of a stack on a Swarm of one node that do not work, that scale it, and web UIs that are killed or hang. */

import { execFileSync } from 'node:child_process';
import { until } from '../../core/until.ts';
import { OneNode, RATE } from '../support/oneNode.ts';

jest.setTimeout(600_000);

let node: OneNode;

beforeAll(async () => {
  node = await OneNode.start('changes');
  node.useSwarm(2);
  node.life.config.hardening = 'strict';
  // Web UIs that have to be killed and start again take about a minute, which is the default.
  Object.assign(node.life.config.gateway as object, { waitTimeout: '5m' });
  await node.life.up();
  await node.signIn();
});
afterAll(() => node?.stop());

it('keeps what works when a change does not, and says why', async () => {
  const { life } = node;
  const before = await node.settled(2);
  life.config.webui['command'] = ['sh', '-c', 'echo this never works; exit 3'];
  const refusals: string[] = [];
  const refused = async () => {
    await life.up().catch(({ message }: Error) => refusals.push(message));
  };
  const failed = await node.failedDuring(refused);
  // Pulumi has noted it as done; Swarm tells that it is not.
  await refused();
  delete life.config.webui['command'];
  expect(refusals).toEqual([
    expect.stringContaining('service rollback completed'),
    expect.stringMatching(/Swarm rolled back the last change|service rollback completed/),
  ]);
  expect(refusals[0]).toContain('| this never works');
  expect(failed).toEqual([]);
  expect(await node.settled(2)).toEqual(before);
});

it('fails no request while Valkey and Postgres are replaced', async () => {
  const { life } = node;
  const web = await node.settled(2);
  Object.assign(life.config, { valkey: { ...life.config.valkey, memory: '640 MiB' } });
  life.config.database = { ...life.config.database, cpus: 1.5 };
  let done: string[] = [];
  const failed = await node.failedDuring(async () => {
    done = await life.up();
  });
  expect(done).toEqual(expect.arrayContaining(['update chat-valkey-service', 'update chat-postgres-service']));
  expect(failed).toEqual([]);
  expect(await node.settled(2)).toEqual(web);
  await node.expectVerified();
});

/** Sends a request to a web UI that does not end: it has to be killed. */
const occupy = (id: string): void => {
  const post = 'sleep 600 | curl --silent --request POST --upload-file - http://127.0.0.1:8080/api/v1/auths/signin';
  node.engine.docker('exec', '--detach', id, 'sh', '-c', post);
};

it('holds requests while services are replaced whose tasks do not stop by themselves', async () => {
  const { life } = node;
  const before = await node.settled(2);
  life.config.webui['extraHosts'] = { 'models.example.com': '203.0.113.7' };
  for (const id of before) occupy(id);
  let done: string[] = [];
  const failed = await node.failedDuring(async () => {
    done = await life.up();
  });
  expect(done).toContain('replace chat-webui-service');
  expect(failed).toEqual([]);
  expect((await node.settled(2)).filter((id) => before.includes(id))).toEqual([]);
  await life.expectUnchanged();
});

it('scales without moving a user who can stay', async () => {
  const { life } = node;
  const two = await node.settled(2);
  const scaled = async (replicas: number) => {
    life.config.webui['replicas'] = replicas;
    expect(await life.up()).toContain('update chat-webui-service');
    return node.settled(replicas);
  };
  const failed = await node.failedDuring(async () => {
    expect(await scaled(3)).toEqual(expect.arrayContaining(two));
    await scaled(1);
  });
  expect(failed).toEqual([]);
  await scaled(2);
  await node.expectVerified();
});

/** The first process of a container below the engine's own, as this machine knows it. */
const serverOf = (id: string): string =>
  execFileSync('pgrep', ['--parent', node.engine.docker('inspect', '--format', '{{.State.Pid}}', id)], {
    encoding: 'utf8',
  }).trim();

/** Waits until there are two, of which one is not. */
const replaced = async (id: string) => expect(await node.settled(2)).not.toContain(id);

it('fails no request when a web UI is killed', async () => {
  const [killed = ''] = await node.settled(2);
  const failed = await node.failedDuring(async () => {
    execFileSync('kill', ['-KILL', serverOf(killed)]);
    await until(node.instances, (all) => !all.includes(killed), { seconds: 60 });
    await replaced(killed);
  });
  expect(failed).toEqual([]);
});

it('sends nothing more to a web UI that hangs within ten seconds, and ends it', async () => {
  const [hung = ''] = await node.settled(2);
  const failed = await node.failedDuring(async () => {
    execFileSync('kill', ['-STOP', serverOf(hung)]);
    const stopped = Date.now();
    await until(node.instances, (all) => !all.includes(hung), { seconds: 20, everyMs: 100 });
    expect(Date.now() - stopped).toBeLessThan(10_500);
    await replaced(hung);
  });
  // What it had been sent already may end with an error.
  expect(failed.length).toBeLessThan(RATE);
});
