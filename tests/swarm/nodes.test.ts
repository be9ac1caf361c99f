/** The harness itself: three engines make a Swarm of which a node can be lost, cut off and brought back. */

import { until } from '../../core/until.ts';
import { IMAGES } from '../support/deployment.ts';
import { type SwarmNode, SwarmNodes } from '../support/swarmNodes.ts';

jest.setTimeout(300_000);

const IMAGE = IMAGES.valkey;

let swarm: SwarmNodes;
beforeAll(async () => {
  swarm = await SwarmNodes.start({ images: [IMAGE] });
});
afterAll(() => swarm?.stop());

/** Names of nodes on which a task of a service runs. */
const placesOf = (service: string): string[] =>
  swarm.manager
    .docker('service', 'ps', service, '--filter', 'desired-state=running', '--format', '{{.Node}} {{.CurrentState}}')
    .split('\n')
    .flatMap((line) => (/ Running /.test(line) ? [line.split(' ')[0] ?? ''] : []))
    .sort();

const wait = async <Value>(ask: () => Value, good: (value: Value) => boolean, seconds = 60) => {
  const seen = await until(ask, good, { seconds, everyMs: 500 });
  if (!good(seen)) throw new Error(`after ${seconds} s: ${JSON.stringify(seen)}`);
  return seen;
};

/** What a container of a node's engine gets from a command. */
const ask = (node: SwarmNode, ...command: string[]): string => {
  const [id = ''] = node.docker('ps', '--quiet', '--filter', 'label=of=asking').split('\n');
  try {
    return node.docker('exec', id, ...command);
  } catch (error) {
    return (error as Error).message;
  }
};

it('joins three nodes, each by its name', async () => {
  await swarm.wait('ready');
  const seen = swarm.manager.docker('node', 'ls', '--format', '{{.Hostname}} {{.ManagerStatus}}').split('\n');
  expect(seen.map((line) => line.trim()).sort()).toEqual(['node1 Leader', 'node2', 'node3']);
  for (const node of swarm.nodes) expect(node.docker('image', 'inspect', '--format', 'there', IMAGE)).toBe('there');
});

it('reaches a service on another node over the overlay', async () => {
  const { manager, nodes } = swarm;
  manager.docker('network', 'create', '--driver', 'overlay', '--attachable', 'between');
  const create = [
    'service',
    'create',
    '--detach',
    '--network',
    'between',
    '--endpoint-mode',
    'dnsrr',
    '--no-resolve-image',
  ];
  manager.docker(...create, '--name', 'kept', '--constraint', 'node.hostname==node2', IMAGE);
  manager.docker(
    ...[...create, '--name', 'asking', '--mode', 'global', '--container-label', 'of=asking'],
    ...['--entrypoint', 'sleep', IMAGE, '86400'],
  );
  await wait(
    () => placesOf('kept'),
    (places) => places.length === 1,
  );
  await wait(
    () => placesOf('asking'),
    (places) => places.length === nodes.length,
  );
  for (const node of nodes)
    await wait(
      () => ask(node, 'valkey-cli', '-h', 'kept', 'ping'),
      (answer) => answer === 'PONG',
      20,
    );
});

it('goes on without a node that has lost its power, and has it again', async () => {
  const [, second, third] = swarm.nodes as [SwarmNode, SwarmNode, SwarmNode];
  expect(ask(third, 'valkey-cli', '-h', 'kept', 'set', 'a', 'b')).toBe('OK');
  await second.lose();
  expect(() => second.docker('version')).toThrow();
  await swarm.wait('down', [second]);
  expect(swarm.stateOf(third)).toBe('ready');
  await second.start();
  await swarm.wait('ready');
  await wait(
    () => placesOf('kept'),
    (places) => places.length === 1,
  );
  await wait(
    () => ask(third, 'valkey-cli', '-h', 'kept', 'ping'),
    (answer) => answer === 'PONG',
  );
});

it('has nothing of a node that is cut off, which runs on', async () => {
  const [first, , third] = swarm.nodes as [SwarmNode, SwarmNode, SwarmNode];
  third.cut();
  await swarm.wait('down', [third]);
  expect(() => third.inside('ping', '-c', '1', '-W', '1', first.address)).toThrow();
  expect(third.docker('ps', '--quiet').split('\n')).not.toEqual(['']);
  third.reconnect();
  await swarm.wait('ready');
  await wait(
    () => ask(third, 'valkey-cli', '-h', 'kept', 'ping'),
    (answer) => answer === 'PONG',
  );
});
