/** What servers reserve, and what the nodes of a Swarm have. */

import type { Docker } from '../../docker/client.ts';
import { type Reserving, requireRoom } from '../../preflight/room.ts';

const GIB = 1024 ** 3;

const node = (ID: string, gib: number, cpus: number, Availability = 'active') => ({
  ...{ ID, Description: { Hostname: ID, Resources: { MemoryBytes: gib * GIB, NanoCPUs: cpus * 1e9 } } },
  ...{ Spec: { Availability }, Status: { State: 'ready' } },
});

const engine = (...nodes: ReturnType<typeof node>[]) =>
  ({
    run: async (args: readonly string[]) =>
      args[1] === 'ls' ? nodes.map(({ ID }) => ID).join('\n') : JSON.stringify(nodes),
  }) as unknown as Docker;

const server = (reservation: Reserving['reservation'], replicas = 1, spread = false): Reserving => ({
  ...{ reservation, replicas, spread },
});

it('takes what fits, on the node with the data and beside it', async () => {
  const servers = {
    webui: server({ memory: '2 GiB', cpus: 0.5 }, 3, true),
    database: server({ memory: '2 GiB' }),
    valkey: server(undefined),
  };
  await requireRoom(engine(node('home', 4, 2), node('other', 4, 2)), servers, 'home');
});

it.each([
  ['home', { database: server({ memory: '3 GiB' }), valkey: server({ memory: '2 GiB' }) }, 'too little for valkey'],
  [
    'home',
    { webui: server({ cpus: 1.5 }, 2) },
    'too little for webui, which reserves 0 MiB and 1.5 processors: 4096 MiB and 0.5 processors are left',
  ],
  ['home', { webui: server({ memory: '3 GiB' }, 3, true) }, '2 of 3 instances of webui fit on the nodes'],
  ['drained', { database: server({ memory: '64 MiB' }) }, 'too little for database'],
])('refuses on the node %s what Swarm would never start: %#', async (home, servers, text) => {
  const nodes = [node('home', 4, 2), node('other', 4, 2), node('drained', 4, 2, 'drain')];
  await expect(requireRoom(engine(...nodes), servers, home)).rejects.toThrow(text);
});

it('asks for no node when nothing is reserved', async () => {
  const silent = { run: () => Promise.reject(new Error('asked')) } as unknown as Docker;
  await requireRoom(silent, { webui: server(undefined) }, 'home');
});
