/** A Swarm of three nodes whose web UIs come from a registry that asks for a password: each node pulls for itself, also one that comes later. */

import { until } from '../../core/until.ts';
import { DATABASE_IMAGE, Deployment, IMAGES } from '../support/deployment.ts';
import { GATEWAY_IMAGE, requireGatewayImage } from '../support/gateway.ts';
import { type Registry, startRegistry } from '../support/registry.ts';
import { type S3, startS3 } from '../support/s3.ts';
import { type SwarmNode, SwarmNodes } from '../support/swarmNodes.ts';

jest.setTimeout(900_000);

const [WRONG, FIRST, SECOND] = ['wrong', 'first', 'second'].map((name) => `${name}-password-4711`) as [
  string,
  string,
  string,
];
const BUCKET = 'example-chat';

let swarm: SwarmNodes;
let s3: S3;
let registry: Registry;
let life: Deployment;
let image: string;

beforeAll(async () => {
  await requireGatewayImage();
  // No node has the web UI's.
  swarm = await SwarmNodes.start({ images: [IMAGES.valkey, DATABASE_IMAGE, GATEWAY_IMAGE] });
  s3 = await startS3({ address: swarm.outside });
  s3.bucket(BUCKET);
  registry = await startRegistry(FIRST);
  image = registry.push(IMAGES.webui, 'chat/open-webui:0.12.4', swarm.outside);
  life = await Deployment.create('registry');
  const { publish: _, ...page } = life.config.webui;
  Object.assign(life.config, {
    ...{ host: swarm.manager.tls, platform: 'swarm' },
    registries: { [registry.at(swarm.outside)]: { username: registry.username } },
    webui: { ...page, image, replicas: 2, healthcheck: { startPeriod: '5m' } },
    database: { kind: 'postgres', image: DATABASE_IMAGE },
    storage: { kind: 's3', bucket: BUCKET, endpoint: s3.endpoint, accessKey: s3.accessKey },
    gateway: { image: GATEWAY_IMAGE, domain: 'chat.test', tls: 'internal', publish: { http: 25080, https: 25443 } },
  });
  await life.setSecret('storage.secretKey', s3.secretKey);
});

afterAll(async () => {
  await life?.remove();
  registry?.stop();
  s3?.stop();
  await swarm?.stop();
});

const setPassword = (password: string) =>
  life.setSecret(`registries["${registry.at(swarm.outside)}"].password`, password);

/** The image of each web UI that is well, on a node. */
const runningOn = (node: SwarmNode): string[] =>
  node
    .docker(
      ...[
        'ps',
        '--no-trunc',
        '--filter',
        `label=com.docker.swarm.service.name=${life.webui}`,
        '--filter',
        'health=healthy',
      ],
      ...['--format', '{{.Image}}'],
    )
    .split('\n')
    .filter(Boolean);

/** Waits until each node has so many. */
async function expectCounts(...counts: number[]): Promise<void> {
  const seen = await until(
    () => swarm.nodes.map((node) => runningOn(node).length),
    (found) => found.join() === counts.join(),
    { seconds: 240, everyMs: 1000 },
  );
  expect(seen).toEqual(counts);
}

const tasks = () =>
  swarm.manager.docker('service', 'ps', '--quiet', '--filter', 'desired-state=running', life.webui).split('\n').sort();

it('is refused with a wrong password before anything is there', async () => {
  await setPassword(WRONG);
  await expect(life.up()).rejects.toThrow(/rejects the user name or password of the stack/);
  expect(swarm.manager.docker('service', 'ls', '--quiet')).toBe('');
  expect(swarm.manager.docker('volume', 'ls', '--quiet')).toBe('');
});

it('runs on nodes that have pulled it, by its digest, and another update and a refresh find nothing to do', async () => {
  const [, , third] = swarm.nodes as [SwarmNode, SwarmNode, SwarmNode];
  swarm.manager.docker('node', 'update', '--availability', 'drain', third.name);
  await setPassword(FIRST);
  await life.up();
  await expectCounts(1, 1, 0);
  const reference = new RegExp(`^${image.replaceAll('.', '\\.')}@sha256:[0-9a-f]{64}$`);
  for (const node of swarm.nodes.slice(0, 2)) expect(runningOn(node)).toEqual([expect.stringMatching(reference)]);
  await life.expectUnchanged();
  await life.expectNoDrift();
  expect(await life.up()).toEqual([]);
  expect((await life.verify()).checks.filter(({ ok }) => !ok)).toEqual([]);
});

it('shows the password nowhere', async () => {
  const services = swarm.manager.docker('service', 'ls', '--format', '{{.Name}}').split('\n');
  const shown = [
    await life.pulumi(['stack', 'export']),
    await life.preview('--json'),
    life.said,
    swarm.manager.docker('service', 'inspect', ...services),
    ...swarm.nodes.map((node) => node.docker('ps', '--all', '--quiet', '--no-trunc')),
  ].join('\n');
  for (const password of [WRONG, FIRST]) {
    const pair = Buffer.from(`${registry.username}:${password}`).toString('base64');
    for (const form of [password, Buffer.from(password).toString('base64'), pair]) expect(shown).not.toContain(form);
  }
});

it('takes another password without a change of a task, and a node that comes later pulls with it', async () => {
  const [, , third] = swarm.nodes as [SwarmNode, SwarmNode, SwarmNode];
  const before = tasks();
  registry.setPassword(SECOND);
  await setPassword(SECOND);
  expect(await life.up()).toEqual([
    ...['create-replacement chat-webui-credentials', 'delete-replaced chat-webui-credentials'],
    ...['replace chat-webui-credentials', 'update chat-webui-service'],
  ]);
  expect(tasks()).toEqual(before);
  await life.expectUnchanged();
  await life.expectNoDrift();
  swarm.manager.docker('node', 'update', '--availability', 'active', third.name);
  life.config.webui['replicas'] = 3;
  expect(await life.up()).toEqual(['update chat-webui-service']);
  await expectCounts(1, 1, 1);
  expect(tasks()).toEqual(expect.arrayContaining(before));
});
