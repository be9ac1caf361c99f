/** A stack as Pulumi recorded it beside what the engine has: what differs, and what repairs it. */

import { hostNames } from '../../core/attachments.ts';
import { belongsTo, type Owner } from '../../core/labels.ts';
import { CONTAINER, NETWORK, VOLUME } from '../../core/resourceTypes.ts';
import { storageText } from '../../core/storage.ts';
import type { Docker } from '../../docker/client.ts';
import { existsOnHost } from '../../docker/hostPaths.ts';
import { ALL_LIMITS, type Limits, limitsOf, readInfo } from '../../docker/info.ts';
import { type Container, type Image, inspect, type Network } from '../../docker/inspect.ts';
import { type Found, inventory } from '../../docker/inventory.ts';
import { leaveData, leaveNetwork, namesakeText, neighboursOf, useText } from '../../docker/neighbours.ts';
import { type Difference, differencesOf } from './difference.ts';
import {
  actual,
  expected,
  type Facts,
  foldersOf,
  HEALTH,
  type Inputs,
  joinedByHand,
  lacksLimit,
  PROCESSES,
} from './facts.ts';
import { type Compared, compareServices } from './services.ts';
import { type Resource, reveal } from './state.ts';

export { type Difference, differencesOf, line } from './difference.ts';

/** Options that the next `pulumi up` needs, because it trusts its state. */
export interface Repair {
  /** Resources that it has to replace. */
  replace: string[];
  /** Whether it has to look at the engine, as something is gone. */
  refresh: boolean;
  /** Ids of what took the place of something of ours, and has to go first. */
  remove: { kind: 'container' | 'network'; id: string }[];
  /** Ids of containers that are unhealthy, or start again and again. */
  ailing: string[];
}

export interface Comparison {
  differences: Difference[];
  repair: Repair;
  /** What was added by hand and stays, in words: no drift. */
  kept: string[];
}

const NOTHING: Repair = { replace: [], refresh: false, remove: [], ailing: [] };

const typed = (resources: readonly Resource[], type: string) => resources.filter((one) => one.type === type);

/** The inputs of a resource, open. */
const inputsOf = ({ inputs = {} }: Resource) => reveal(inputs).value as Record<string, unknown> & { name: string };

/** The stack of a resource. */
function ownerOf({ urn }: Resource): Owner {
  const [stack = '', project = ''] = urn.replace('urn:pulumi:', '').split('::');
  return { project, stack };
}

/** What is there, and is not what it should be. */
const other = (object: string, found: string): Difference => ({
  object,
  what: 'itself',
  expected: 'the one that Pulumi created',
  found,
});

/** What took the place of a resource: what replaces one that an update has removed is that update's own. */
const stranger = ({ pendingReplacement }: Resource) =>
  pendingReplacement ? 'one of an update that is in progress or was killed' : 'another one, created outside Pulumi';
const isFree = ({ pendingReplacement }: Resource, settled: boolean) => settled || !pendingReplacement;

const alone = (difference: Difference, repair: Partial<Repair> = {}): Comparison => ({
  ...{ differences: [difference], repair: { ...NOTHING, ...repair }, kept: [] },
});

const gone = (object: string): Difference => ({ object, what: 'itself', expected: 'there', found: undefined });

function container(
  resource: Resource,
  { found, images }: { found: readonly Container[]; images: ReadonlyMap<string, Image> },
  volumes: ReadonlySet<string>,
  pidsLimit: number | undefined,
  { limits, settled }: { limits: Limits; settled: boolean },
): Comparison {
  const { name } = inputsOf(resource);
  const object = `container ${name}`;
  const repair = NOTHING;
  const made = found.find(({ Id }) => Id === resource.id);
  const named = found.find(({ Name }) => Name === `/${name}`);
  const { facts, secret } = expected(resource.inputs ?? {}, pidsLimit);
  const compare = (one: Container) => {
    const asked = new Map(facts).set('name', name);
    const have = actual(one, images.get(one.Image), facts, limits).set('name', one.Name.slice(1));
    return differencesOf(object, asked, have, secret);
  };
  if (made) {
    const differences = compare(made);
    const { Status, Health } = made.State;
    const ailing = Status === 'restarting' || Health?.Status === 'unhealthy' ? [made.Id] : [];
    const changed = differences.some(({ what }) => what !== HEALTH && what !== PROCESSES);
    const kept = joinedByHand(made, facts).map((network) => `${object} is on the network ${network} as well`);
    return { differences, repair: { ...repair, ailing, replace: changed ? [resource.urn] : [] }, kept };
  }
  if (!named) return { differences: [gone(object)], repair: { ...repair, refresh: true }, kept: [] };
  // A container run by hand stands in for ours when it carries our labels or holds our data; anything else is a name conflict.
  const standsIn =
    belongsTo(named.Config.Labels, ownerOf(resource)) ||
    named.Mounts.some(({ Type, Name }) => Type === 'volume' && volumes.has(Name ?? ''));
  return {
    differences: [other(object, stranger(resource)), ...compare(named)],
    repair: {
      ...repair,
      refresh: true,
      remove: standsIn && isFree(resource, settled) ? [{ kind: 'container', id: named.Id }] : [],
    },
    kept: [],
  };
}

/** What of a service differs is seen by a refresh, and set by the update that follows. */
function service({ object, asked, found }: Compared): Comparison {
  if (!found) return alone(gone(object), { refresh: true });
  const differences = differencesOf(object, asked, found, new Set());
  return { differences, repair: { ...NOTHING, refresh: differences.some(({ what }) => what !== HEALTH) }, kept: [] };
}

function network(resource: Resource, found: readonly Network[], settled: boolean): Comparison {
  const { name, internal = false } = inputsOf(resource);
  const object = `network ${name}`;
  const repair = NOTHING;
  const made = found.find(({ Id }) => Id === resource.id);
  const named = found.find(({ Name }) => Name === name);
  if (made) {
    const facts = (value: boolean): Facts => new Map([['way out', value ? 'none' : 'open']]);
    const differences = differencesOf(object, facts(Boolean(internal)), facts(made.Internal), new Set());
    return { differences, repair: { ...repair, replace: differences.length > 0 ? [resource.urn] : [] }, kept: [] };
  }
  if (!named) return { differences: [gone(object)], repair: { ...repair, refresh: true }, kept: [] };
  return {
    differences: [other(object, stranger(resource))],
    repair: {
      ...repair,
      refresh: true,
      remove:
        belongsTo(named.Labels, ownerOf(resource)) && isFree(resource, settled)
          ? [{ kind: 'network', id: named.Id }]
          : [],
    },
    kept: [],
  };
}

/** How many processes a container may have, which its component has noted. */
const pidsLimits = (resources: readonly Resource[]) =>
  new Map(
    resources.flatMap(({ outputs = {} }) => {
      const { instances, pidsLimit } = outputs;
      const { container } = (instances ?? {}) as { container?: unknown };
      return typeof container === 'string' && typeof pidsLimit === 'number' ? [[container, pidsLimit]] : [];
    }),
  );

/** Containers by name or id, each once, and their images by id. */
async function containersOf(docker: Docker, names: readonly string[]) {
  const found = await inspect(docker, 'container', names);
  const once = [...new Map(found.map((one) => [one.Id, one])).values()];
  const images = await inspect(docker, 'image', [...new Set(once.map(({ Image }) => Image))]);
  return { found: once, images: new Map(images.map((image) => [image.Id, image])) };
}

/** A folder with data that the host lacks: nothing here makes one, as it would be empty. */
const missing = (folder: string): Difference => ({
  ...{ object: `folder ${folder}`, what: 'itself', expected: undefined, found: 'which does not exist' },
  byHand: 'mount the disk that holds it',
});

/** What containers of others do to what the stack has for itself. */
async function neighbours(
  docker: Docker,
  all: readonly Found[],
  resources: readonly Resource[],
): Promise<Difference[]> {
  const containers = typed(resources, CONTAINER).map((one) => inputsOf(one) as unknown as Inputs);
  const owner = resources[0] && ownerOf(resources[0]);
  const own = new Set(containers.map(({ name }) => name));
  const isArchive = (one: Found) =>
    (one.role === 'archive' || one.service !== undefined) &&
    one.owner?.project === owner?.project &&
    one.owner?.stack === owner?.stack;
  const { users, namesakes } = await neighboursOf(docker, all, (one) => own.has(one.name) || isArchive(one), {
    data: [...typed(resources, VOLUME).map((one) => ({ volume: inputsOf(one).name })), ...foldersOf(containers)],
    image: containers[0]?.image,
    hostNames: hostNames(
      containers.map(({ name, networksAdvanced = [] }) => ({
        name,
        networks: networksAdvanced.map(({ name: network, aliases }) => ({ network, aliases })),
      })),
    ),
  });
  const common = { what: 'itself', expected: undefined };
  return [
    ...users.map((one) => ({
      ...{ ...common, object: storageText(one.data), found: useText(one), byHand: leaveData(one) },
    })),
    ...namesakes.map((one) => ({
      ...{ ...common, object: `network ${one.network}`, found: namesakeText(one), byHand: leaveNetwork(one) },
    })),
  ];
}

/**
 * Compares all that a stack has on the engine.
 *
 * @param settled whether no update is known to be under way, so that what one has left half done may be removed. Default: false
 */
export async function compare(
  docker: Docker,
  resources: readonly Resource[],
  { settled = false }: { settled?: boolean } = {},
): Promise<Comparison> {
  const [containers, networks, volumes] = [CONTAINER, NETWORK, VOLUME].map((type) => typed(resources, type)) as [
    Resource[],
    Resource[],
    Resource[],
  ];
  const names = (list: readonly Resource[]) =>
    list.flatMap((one) => [inputsOf(one).name, one.id ?? '']).filter(Boolean);
  const [onEngine, presentNetworks, presentVolumes, others, services] = await Promise.all([
    containersOf(docker, names(containers)),
    inspect(docker, 'network', names(networks)),
    inspect(
      docker,
      'volume',
      volumes.map((one) => inputsOf(one).name),
    ),
    inventory(docker, ['container']).then((all) => neighbours(docker, all, resources)),
    compareServices(docker, resources),
  ]);
  const folders = foldersOf(containers.map((one) => inputsOf(one) as unknown as Inputs)).map(({ folder }) => folder);
  const there = await Promise.all(folders.map((folder) => existsOnHost(docker, folder)));
  const present = new Set(presentVolumes.map(({ Name }) => Name));
  const own = new Set(volumes.map((one) => inputsOf(one).name));
  const processes = pidsLimits(resources);
  const limits = onEngine.found.some(lacksLimit) ? await readInfo(docker).then(limitsOf, () => ALL_LIMITS) : ALL_LIMITS;
  const all = [
    ...networks.map((one) => network(one, presentNetworks, settled)),
    ...volumes
      .map((one) => inputsOf(one).name)
      .filter((name) => !present.has(name))
      .map((name) => alone(gone(`volume ${name}`), { refresh: true })),
    ...folders.filter((_, index) => !there[index]).map((folder) => alone(missing(folder))),
    ...services.map(service),
    ...containers.map((one) => container(one, onEngine, own, processes.get(inputsOf(one).name), { limits, settled })),
  ];
  const refresh = all.some(({ repair }) => repair.refresh);
  return {
    differences: [...all.flatMap(({ differences }) => differences), ...others],
    kept: all.flatMap(({ kept }) => kept),
    repair: {
      // A refresh forgets that a container has never become healthy.
      replace: [
        ...all.flatMap(({ repair }) => repair.replace),
        ...(refresh ? containers.filter(({ initErrors }) => initErrors?.length).map(({ urn }) => urn) : []),
      ].filter((urn, index, list) => list.indexOf(urn) === index),
      refresh,
      remove: all.flatMap(({ repair }) => repair.remove),
      ailing: all.flatMap(({ repair }) => repair.ailing),
    },
  };
}
