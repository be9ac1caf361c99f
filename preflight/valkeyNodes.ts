/** The nodes of a Swarm that run the second and the third Valkey. */

import { isSwarm, type PlatformSetting } from '../core/platform.ts';
import { SERVERS, serverNames } from '../core/valkey.ts';
import type { Docker } from '../docker/client.ts';
import { listNodes, type Node } from '../docker/nodes.ts';
import { inspectServices } from '../docker/services.ts';
import { refusal } from './nodes.ts';

/** What of a stack's settings matters here. */
interface Settings {
  platform: PlatformSetting;
  valkey: { name: string; highAvailability: boolean; nodes?: readonly string[] | undefined };
}

const nameOf = ({ Description, ID }: Node): string => Description.Hostname || ID;
const isUsable = ({ Status, Spec }: Node): boolean => Status.State === 'ready' && Spec.Availability === 'active';

/** The one node of a name or an id. @throws pulumi.RunError with what to write instead. */
function nodeCalled(called: string, nodes: readonly Node[], data: string): Node {
  const found = nodes.filter(({ ID, Description }) => ID === called || Description.Hostname === called);
  const [node] = found;
  if (!node)
    throw refusal(`valkey.nodes names ${called}, and the Swarm has no such node.`, [
      `name two of ${nodes
        .filter(({ ID }) => ID !== data)
        .map(nameOf)
        .sort()
        .join(', ')}`,
    ]);
  if (found.length > 1)
    throw refusal(`valkey.nodes names ${called}, and ${found.length} nodes of the Swarm have that host name.`, [
      `write the id instead: ${found.map(({ ID }) => ID).join(' or ')}`,
    ]);
  if (node.ID === data)
    throw refusal(`valkey.nodes names ${called}, which has the data: the first Valkey runs there already.`, [
      'name two other nodes, or remove valkey.nodes',
    ]);
  return node;
}

/**
 * Chooses the nodes: those that the settings name, otherwise those that run these servers already, otherwise others that are ready.
 *
 * @param data id of the node with the data.
 * @param present ids of the nodes that run these servers now; undefined for one that does not exist yet.
 * @returns ids; undefined on a Swarm of one node, which runs all of them.
 * @throws pulumi.RunError when there are not enough, or when one of them runs no tasks.
 */
export function chooseNodes(
  nodes: readonly Node[],
  {
    data,
    named,
    present,
  }: { data: string; named: readonly string[] | undefined; present: readonly (string | undefined)[] },
): string[] | undefined {
  if (nodes.length <= 1) {
    if (named === undefined) return undefined;
    throw refusal('valkey.nodes names nodes, and the Swarm has one: it runs all three Valkeys.', [
      'remove valkey.nodes, or join the nodes first: docker swarm join-token worker prints the command',
    ]);
  }
  const others = nodes.filter(({ ID }) => ID !== data);
  const kept = present.map((id) => others.find(({ ID }) => ID === id));
  const order = ({ Spec }: Node) => (Spec.Role === 'manager' ? 1 : 0);
  const free = others
    .filter((node) => isUsable(node) && !kept.includes(node))
    .sort((a, b) => order(a) - order(b) || nameOf(a).localeCompare(nameOf(b)) || a.ID.localeCompare(b.ID));
  const chosen = named
    ? named.map((called) => nodeCalled(called, nodes, data))
    : kept.map((node) => node ?? free.shift());
  const found = chosen.filter((node) => node !== undefined);
  if (new Set(found).size < SERVERS - 1) {
    throw named
      ? refusal('valkey.nodes names one node twice.', ['name two different nodes, or remove valkey.nodes'])
      : refusal(
          `valkey.highAvailability on a Swarm of several nodes runs each of three Valkeys on a node of its own, and only ${others.filter(isUsable).length + 1} of ${nodes.length} nodes can run one.`,
          [
            'docker node ls shows the nodes: join another one, or make those that are there ready and active',
            'or set valkey.highAvailability to false: Swarm restarts a single Valkey that crashes within seconds',
          ],
        );
  }
  for (const [index, node] of found.entries()) {
    if (isUsable(node)) continue;
    const state = node.Status.State === 'ready' ? `set to ${node.Spec.Availability}` : node.Status.State;
    throw refusal(`The node ${nameOf(node)}, which is to run Valkey ${index + 2} of 3, is ${state}.`, [
      node.Status.State === 'ready'
        ? `docker node update --availability active ${node.ID}, on a manager`
        : 'bring it back: docker info on the node says why it cannot reach the managers',
      'or name two other nodes in valkey.nodes: a Valkey that moves copies the data of the others',
    ]);
  }
  return found.map(({ ID }) => ID);
}

/** Finds the nodes on a Swarm; undefined where all servers run on the node with the data. @throws pulumi.RunError as {@link chooseNodes}. */
export async function valkeyNodes(
  docker: Docker,
  settings: Settings,
  data: string,
): Promise<readonly string[] | undefined> {
  const { highAvailability, name, nodes: named } = settings.valkey;
  if (!highAvailability || !isSwarm(settings)) return undefined;
  const servers = serverNames(name).slice(1);
  const [nodes, services] = await Promise.all([listNodes(docker), inspectServices(docker, servers)]);
  const present = servers.map((server) => {
    const service = services.find(({ Spec }) => Spec.Name === server);
    const constraints = service?.Spec.TaskTemplate.Placement?.Constraints ?? [];
    return constraints.flatMap((one) => /^node\.id\s*==\s*(\S+)$/.exec(one)?.[1] ?? [])[0];
  });
  return chooseNodes(nodes, { data, named, present });
}
