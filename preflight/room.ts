/** Room on the nodes of a Swarm for what servers reserve: where there is none, Swarm starts no task, and waits without an error. */

import { toMebibytes } from '../core/units.ts';
import type { Docker } from '../docker/client.ts';
import { listNodes, type Node } from '../docker/nodes.ts';
import type { Reservation } from '../platform/workload.ts';
import { refusal } from './nodes.ts';

/** A server with its instances. */
export interface Reserving {
  reservation?: Reservation | undefined;
  replicas: number;
  /** Whether its instances run on any node; otherwise on the one with the data. */
  spread: boolean;
}

/** Memory in bytes, and processors in billionths. */
interface Room {
  MemoryBytes: number;
  NanoCPUs: number;
}

const NOTHING: Room = { MemoryBytes: 0, NanoCPUs: 0 };

const MIB = 1024 ** 2;

const roomOf = ({ memory, cpus = 0 }: Reservation): Room => ({
  MemoryBytes: memory === undefined ? 0 : toMebibytes(memory) * MIB,
  NanoCPUs: Math.round(cpus * 1e9),
});

const minus = (one: Room, other: Room): Room => ({
  MemoryBytes: one.MemoryBytes - other.MemoryBytes,
  NanoCPUs: one.NanoCPUs - other.NanoCPUs,
});

const fits = ({ MemoryBytes, NanoCPUs }: Room): boolean => MemoryBytes >= 0 && NanoCPUs >= 0;

const said = ({ MemoryBytes, NanoCPUs }: Room): string =>
  `${Math.floor(MemoryBytes / MIB)} MiB and ${Number((NanoCPUs / 1e9).toFixed(1))} processors`;

const takesTasks = ({ Spec, Status }: Node): boolean => Spec.Availability === 'active' && Status.State === 'ready';

/**
 * Checks that the nodes have what the servers of a stack reserve. What other stacks reserve is not counted.
 *
 * @param servers by their sections.
 * @param home id of the node with the data.
 * @throws pulumi.RunError with the node that has too little, or the number of web UIs that fit.
 */
export async function requireRoom(
  docker: Docker,
  servers: Readonly<Record<string, Reserving>>,
  home: string,
): Promise<void> {
  const reserving = Object.entries(servers).flatMap(([section, { reservation, replicas, spread }]) =>
    reservation === undefined ? [] : [{ section, replicas, spread, each: roomOf(reservation) }],
  );
  if (reserving.length === 0) return;
  const nodes = (await listNodes(docker)).filter(takesTasks);
  const left = new Map(nodes.map(({ ID, Description }) => [ID, Description.Resources ?? NOTHING]));
  const place = (each: Room, ids: Iterable<string>): boolean => {
    for (const id of ids) {
      const rest = minus(left.get(id) ?? NOTHING, each);
      if (!fits(rest)) continue;
      left.set(id, rest);
      return true;
    }
    return false;
  };
  for (const { section, replicas, spread, each } of reserving.toSorted((a, b) => Number(a.spread) - Number(b.spread))) {
    for (let placed = 0; placed < replicas; placed++) {
      if (place(each, spread ? left.keys() : [home])) continue;
      const most = [...left.values()].reduce((one, other) => (other.MemoryBytes > one.MemoryBytes ? other : one));
      throw refusal(
        spread
          ? `${placed} of ${replicas} instances of ${section} fit on the nodes: each reserves ${said(each)}, and the most that is left on a node is ${said(most)}.`
          : `The node with the data has too little for ${section}, which reserves ${said(each)}: ${said(left.get(home) ?? most)} are left.`,
        [`lower ${section}.reservation, or use larger nodes`],
      );
    }
  }
}
