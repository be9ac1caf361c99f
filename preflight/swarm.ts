/** The Swarm of a stack: whether the engine manages one, and what of the stack would not work there. */

import * as pulumi from '@pulumi/pulumi';
import { furtherNetworks, type Networked } from '../core/attachments.ts';
import type { Addressed } from '../core/gateway.ts';
import { type Owner, ownerOf } from '../core/labels.ts';
import { balancerNameOf } from '../core/names.ts';
import { isSwarm, type PlatformSetting, platformOf } from '../core/platform.ts';
import { deploysPostgres } from '../core/postgres.ts';
import { serverNames } from '../core/valkey.ts';
import type { Docker } from '../docker/client.ts';
import { readInfo } from '../docker/info.ts';
import { inspect } from '../docker/inspect.ts';
import type { Found } from '../docker/inventory.ts';
import { inspectServices } from '../docker/services.ts';
import type { Reservation } from '../platform/workload.ts';
import type { Claim } from './names.ts';
import { refusal, requireManager, requireNode, requireServicePorts } from './nodes.ts';
import type { Subject } from './origin.ts';
import { type Reserving, requireRoom } from './room.ts';
import { valkeyNodes } from './valkeyNodes.ts';

/** What of each server's does. */
interface Server {
  name: string;
  image: string;
  reservation?: Reservation | undefined;
}

/** What of a stack's settings matters here. */
interface Settings extends Networked {
  platform: PlatformSetting;
  valkey: Networked['valkey'] & Server & { highAvailability: boolean; nodes?: readonly string[] | undefined };
  webui: Networked['webui'] & Server & { replicas: number };
  database: Server & { kind: 'sqlite' | 'postgres'; url?: string | undefined };
  gateway: Networked['gateway'] & Pick<Addressed, 'tls' | 'publish'> & Server;
  storage?: { kind?: string | undefined } | undefined;
}

/** What the platform needs to know of the Swarm. */
export interface SwarmFound {
  /** Provider for its manager, where that is not the engine with the data. */
  manager?: pulumi.ProviderResource | undefined;
  /** Id of the node with the data; undefined before there is a Swarm. */
  node: string | undefined;
  /** Whether web UIs may run on every node. */
  spread: boolean;
  /** Ids of the nodes of the second and the third Valkey; undefined where all servers with data are on one node. */
  valkeyNodes?: readonly string[] | undefined;
}

/** Names of the servers of a stack, by their sections and what distinguishes them there. */
const serversOf = ({ valkey, webui, database, gateway }: Settings): Record<string, string> => ({
  ...{ valkey: valkey.name, webui: webui.name },
  ...(valkey.highAvailability && {
    ...Object.fromEntries(
      serverNames(valkey.name)
        .slice(1)
        .map((name, index) => [`valkey ${index + 2}`, name]),
    ),
    'valkey balancer': balancerNameOf(valkey.name),
  }),
  ...(deploysPostgres(database) && { database: database.name }),
  ...(gateway.domain && { gateway: gateway.name }),
});

/**
 * Whether web UIs run on every node. A single one stays where commands reach it, with all that it depends on. With `strict` the volume of an ordinary
 * user would belong to root elsewhere.
 */
const spreads = ({ webui, storage, hardening }: Settings): boolean =>
  webui.replicas > 1 && storage?.kind === 's3' && hardening !== 'strict';

/** What the servers of a stack reserve. */
function reservingOf(settings: Settings): Record<string, Reserving> {
  const { valkey, webui, database, gateway } = settings;
  const one = ({ reservation }: Server): Reserving => ({ reservation, replicas: 1, spread: false });
  return {
    valkey: one(valkey),
    ...(valkey.highAvailability && {
      'valkey 2 and 3': { reservation: valkey.reservation, replicas: 2, spread: true },
    }),
    ...(deploysPostgres(database) && { database: one(database) }),
    ...(gateway.domain && { gateway: one(gateway) }),
    webui: { reservation: webui.reservation, replicas: webui.replicas, spread: spreads(settings) },
  };
}

/** Ports of its node that a stack publishes, by their settings. */
const portsOf = ({ gateway: { domain, publish, tls } }: Settings): Record<string, number> =>
  domain === undefined
    ? {}
    : { 'gateway.publish.http': publish.http, ...(tls !== 'off' && { 'gateway.publish.https': publish.https }) };

/** The names that a stack takes for containers and more; on Swarm its servers are no containers. */
export const claimsOn = (settings: Settings, claims: readonly Claim[]): Claim[] =>
  isSwarm(settings)
    ? claims.filter(({ kind, name }) => kind !== 'container' || !Object.values(serversOf(settings)).includes(name))
    : [...claims];

/** Services of others that have a name of the stack. */
async function requireServiceNames(docker: Docker, settings: Settings, mine: Owner, owner: string): Promise<void> {
  const servers = Object.entries(serversOf(settings));
  const found = await inspectServices(
    docker,
    servers.map(([, name]) => name),
  );
  const taken = found.flatMap(({ Spec: { Name, Labels } }) => {
    const other = ownerOf(Labels);
    if (other?.project === mine.project && other.stack === mine.stack) return [];
    const [server = ''] = servers.find(([, name]) => name === Name) ?? [];
    const [section] = server.split(' ');
    const whose = other ? `of ${other.project}/${other.stack}` : 'which this program has not created';
    return [
      `  the service ${Name}, ${whose}\n    to do: remove it (docker service rm ${Name}; its volumes stay), or choose another ${owner}:${section}.name\n`,
    ];
  });
  if (taken.length === 0) return;
  throw new pulumi.RunError(
    `Some names of the stack ${mine.stack} are in use on this Swarm. Nothing was created or changed.\n${taken.join('')}`,
  );
}

/** Networks of others that tasks cannot join: those of one engine alone. */
async function requireSwarmNetworks(docker: Docker, settings: Settings): Promise<void> {
  const { network } = settings;
  const names = [
    ...(network.external ? [network.name] : []),
    ...(['valkey', 'webui'] as const).flatMap((server) => furtherNetworks(server, settings)),
  ];
  const local = (await inspect(docker, 'network', [...new Set(names)])).filter(({ Scope }) => Scope !== 'swarm');
  if (local.length === 0) return;
  throw refusal(
    `The networks ${local.map(({ Name }) => Name).join(' and ')} exist on one engine only, and services cannot join them.`,
    ['docker network create --driver overlay --attachable NAME, and name that one'],
  );
}

/**
 * Refuses the servers of the other platform: both would write to the same volumes until the update had come to its end.
 *
 * @throws pulumi.RunError with what to do.
 */
export function requireOnePlatform(
  settings: { platform: PlatformSetting },
  present: readonly Found[],
  { commands }: Pick<Subject, 'commands'>,
): void {
  const swarm = isSwarm(settings);
  const servers = present.filter(({ kind, role, runs }) => kind === 'container' && role === 'server' && runs);
  const others = servers.filter(({ service }) => (service === undefined) === swarm);
  if (others.length === 0) return;
  const [now, then] = swarm ? ['containers', 'services of Swarm'] : ['services of Swarm', 'containers'];
  throw refusal(
    `The stack runs as ${now} (${others.map(({ name }) => name).join(', ')}), and would become ${then} on the same data.`,
    [`${commands.down}, which keeps the data and the secrets, and then ${commands.up}`],
  );
}

/**
 * Checks the Swarm of a stack.
 *
 * @param present what the stack has on the engine.
 * @returns whether there is one; false where the update may make it.
 * @throws pulumi.RunError with what is wrong and what to do.
 */
export async function requireSwarm(docker: Docker, settings: Settings, subject: Subject): Promise<boolean> {
  const { init } = platformOf(settings.platform);
  const info = await readInfo(docker).catch(() => undefined);
  // Whatever has to reach it next says that it does not answer.
  if (!info) return false;
  const managing = docker.manager ? await readInfo(docker.manager).catch(() => undefined) : info;
  if (!managing) {
    await pulumi.log.warn('The manager of the Swarm does not answer: could not check the Swarm.');
    return true;
  }
  if (!requireManager(info, managing, init, subject)) {
    if (pulumi.runtime.isDryRun())
      await pulumi.log.info('The engine is not part of a Swarm yet; the update initializes a single-node Swarm.');
    return false;
  }
  const { Nodes: nodes = 1 } = managing.Swarm ?? {};
  const node = await requireNode(docker, info, managing);
  const { webui, storage } = settings;
  if (nodes > 1 && webui.replicas > 1 && storage?.kind !== 's3') {
    throw refusal(
      `The Swarm has ${nodes} nodes, and the ${webui.replicas} web UIs keep uploads in a volume, which is on one of them.`,
      ['set storage.kind to s3, so that all of them reach the uploads; or webui.replicas: 1'],
    );
  }
  const mine: Owner = { project: pulumi.getProject(), stack: pulumi.getStack() };
  await valkeyNodes(docker, settings, node);
  await requireServiceNames(docker, settings, mine, subject.owner);
  await requireSwarmNetworks(docker, settings);
  await requireServicePorts(docker, { node, ports: portsOf(settings), mine, owner: subject.owner });
  await requireRoom(docker, reservingOf(settings), node);
  return true;
}

/** An address at which no other node reaches the Swarm. */
const ALONE = '127.0.0.1';

/** Makes a Swarm of one node. @throws pulumi.RunError with what the engine says. */
async function make(docker: Docker): Promise<void> {
  const { code, stderr } = await docker.capture(['swarm', 'init']);
  if (code === 0) return;
  // With several addresses the engine does not choose one, and a Swarm of one node needs none that others reach.
  const { code: again, stderr: why } = /address/i.test(stderr)
    ? await docker.capture(['swarm', 'init', '--advertise-addr', ALONE])
    : { code, stderr };
  if (again === 0) return;
  throw refusal(`The engine could not initialize a Swarm: ${why.trim().split('\n')[0]}.`, ['docker swarm init there']);
}

/** Says where servers run on a Swarm of several nodes, and warns of images that other nodes cannot pull. */
async function sayPlaces(
  docker: Docker,
  { valkey, webui }: Settings,
  { spread, elsewhere }: { spread: boolean; elsewhere: boolean },
): Promise<void> {
  const needed = [...(spread ? [webui.image] : []), ...(elsewhere ? [valkey.image] : [])];
  const images = await Promise.all(needed.map((image) => inspect(docker, 'image', [image]).catch(() => [])));
  const local = needed.filter((_, index) => images[index]?.some(({ RepoDigests }) => !RepoDigests?.length));
  for (const image of local)
    await pulumi.log.warn(
      `${image} comes from no registry: only nodes that already have it can run it, and a manager cannot check which do.`,
    );
  const others = [
    ...(spread ? ['web UIs run on every node'] : []),
    ...(elsewhere ? ['the second and the third Valkey run on a node each'] : []),
  ];
  await pulumi.log.info(
    others.length > 0
      ? `${others.join('; ')}; all else runs on the node of this engine, where its data is`
      : 'all servers run on the node of this engine, where their data is',
  );
}

/**
 * Makes a Swarm of one node where there is none and the stack says so. A preview makes none. Call it last: it changes the engine.
 *
 * @returns what the platform needs to know.
 */
export async function provideSwarm(docker: Docker, settings: Settings & { hardening: string }): Promise<SwarmFound> {
  const stateOf = async (engine: Docker) => (await readInfo(engine).catch(() => undefined))?.Swarm;
  if (!pulumi.runtime.isDryRun() && (await stateOf(docker))?.LocalNodeState !== 'active') {
    await make(docker);
    await pulumi.log.info(
      'initialized a single-node Swarm; docker swarm leave --force removes it when no stack needs it',
    );
  }
  const own = await stateOf(docker);
  const { Nodes: nodes = 1 } = (docker.manager ? await stateOf(docker.manager) : own) ?? {};
  const spread = spreads(settings);
  // A preview need not reach the manager.
  const elsewhere = await valkeyNodes(docker, settings, own?.NodeID ?? '').catch((error: Error) => {
    if (pulumi.runtime.isDryRun() && !pulumi.RunError.isInstance(error)) return undefined;
    throw error;
  });
  if (nodes > 1) await sayPlaces(docker, settings, { spread, elsewhere: elsewhere !== undefined });
  return { node: own?.NodeID || undefined, spread, valkeyNodes: elsewhere };
}
