/** A stack on a Swarm of three nodes, with three web UIs and its uploaded files in a bucket, is changed under load. */

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { IMAGES } from '../support/deployment.ts';
import { during, wellOn } from '../support/replicas.ts';
import { ThreeNodes } from '../support/threeNodes.ts';

jest.setTimeout(900_000);

let nodes: ThreeNodes;

beforeAll(async () => {
  nodes = await ThreeNodes.start('nodes');
});
afterAll(() => nodes?.stop());

/** Requests a second while something changes. */
const RATE = 4;

/** What failed of the requests through the gateway while something was done. */
const failedDuring = async (work: () => Promise<unknown>): Promise<string[]> =>
  (await during({ client: nodes.client, rate: RATE }, work)).failed;

/** Whether the kernel has what Docker encrypts with, as its own tool says. */
function kernelEncrypts(): boolean {
  const [from, to, key] = ['10.0.0.1', '10.0.0.2', `0x${'00'.repeat(20)}`];
  const state = ['src', from, 'dst', to, 'proto', 'esp', 'spi', '4096'];
  const algorithm = ['mode', 'transport', 'aead', 'rfc4106(gcm(aes))', key, '64'];
  try {
    nodes.swarm.manager.inside('ip', 'xfrm', 'state', 'add', ...state, ...algorithm);
    nodes.swarm.manager.inside('ip', 'xfrm', 'state', 'delete', ...state);
    return true;
  } catch {
    return false;
  }
}

it('encrypts between its nodes, which a kernel that cannot is refused for before anything is there', async () => {
  nodes.life.config.network = { encrypted: true };
  if (kernelEncrypts()) {
    await nodes.life.up();
    for (const node of nodes.swarm.nodes) expect(node.inside('ip', 'xfrm', 'state')).toContain('proto esp');
    return;
  }
  await expect(nodes.life.up()).rejects.toThrow(
    /the kernel of node1 cannot encrypt \(ESP with AES-GCM: \w+\), so its servers could not reach other nodes\. Nothing was created or changed/,
  );
  expect(nodes.swarm.manager.docker('service', 'ls', '--quiet')).toBe('');
  nodes.life.config.network = {};
});

it('has a web UI on each node, all of which serve the file that one of them took', async () => {
  await nodes.life.up();
  expect(await nodes.settled()).toEqual([1, 1, 1]);
  await nodes.expectVerified();
  await nodes.leave();
  await nodes.expectAllThere();
  await nodes.life.expectUnchanged();
});

it('changes a setting, and scales, without a failed request', async () => {
  const { webui } = nodes.life.config;
  const failed = await failedDuring(async () => {
    webui['env'] = { THREAD_POOL_SIZE: 50 };
    await nodes.life.up();
    await nodes.settled();
    for (const replicas of [4, 3]) {
      webui['replicas'] = replicas;
      await nodes.life.up();
      await nodes.settled(nodes.swarm.nodes, replicas);
    }
  });
  expect(failed).toEqual([]);
  await nodes.expectVerified();
});

it('waits with requests while another release takes the place of all web UIs, after a backup', async () => {
  const { life, swarm } = nodes;
  const next = `local/open-webui:next-${life.stack}`;
  const dockerfile = `FROM ${IMAGES.webui}\nLABEL release=next\n`;
  for (const node of swarm.nodes)
    execFileSync('docker', ['--host', node.host, 'build', '--quiet', '--tag', next, '-'], { input: dockerfile });
  const failed = await failedDuring(async () => {
    life.config.webui['image'] = next;
    await life.up();
  });
  expect(failed).toEqual([]);
  expect(readdirSync(join(life.dir, 'backups'))).toHaveLength(1);
  await nodes.settled();
  const images = swarm.nodes.flatMap((node) =>
    wellOn(node, life.webui).map((id) => node.docker('inspect', '--format', '{{.Config.Image}}', id)),
  );
  expect(images).toEqual([next, next, next]);
  await nodes.expectVerified();
  await nodes.expectAllThere();
});

it('gets other passwords of Valkey and Postgres without a failed request', async () => {
  for (const secret of ['valkey', 'database']) {
    const rotate = () => nodes.command('rotate', '--secret', secret);
    expect({ secret, failed: await failedDuring(rotate) }).toEqual({ secret, failed: [] });
    await nodes.expectVerified();
  }
});

it('comes back from a backup', async () => {
  const { client } = nodes;
  const [file = ''] = /\S+\.tar\.gz/.exec(await nodes.command('backup', '--to', 'kept')) ?? [];
  const title = 'after the backup';
  await client.request('POST', '/api/v1/chats/new', { chat: { title } });
  const titles = async () => (await client.ask('/api/v1/chats/?page=1')).body;
  expect(await titles()).toContain(title);
  await nodes.command('restore', '--from', file, '--yes');
  await nodes.signIn();
  expect(await titles()).not.toContain(title);
  await nodes.expectVerified();
  await nodes.expectAllThere();
  await nodes.life.expectUnchanged();
});
