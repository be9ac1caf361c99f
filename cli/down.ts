/** `npm run down`: removes a stack's containers and network, and its data only with `--volumes`. */

import { parseArgs } from 'node:util';
import { UserError } from '../core/errors.mjs';
import { filtersOf, type Owner } from '../core/labels.ts';
import { COMPONENTS, CONTAINER, NETWORK, SERVICE } from '../core/resourceTypes.ts';
import { until } from '../core/until.ts';
import type { Docker } from '../docker/client.ts';
import { inventory } from '../docker/inventory.ts';
import { leaveNetwork } from '../docker/neighbours.ts';
import { inspectNode } from '../docker/nodes.ts';
import { stopTasks } from '../docker/services.ts';
import { type Resource, readState } from '../ops/drift/state.ts';
import { pulumiOn } from '../ops/pulumi.ts';
import { say } from '../system/console.mjs';
import type { Command } from './command.ts';
import { requireEngines } from './engines.ts';
import { withMarker } from './recover.ts';
import { type OpenStack, withStack } from './workspace.ts';

/** Resources that `down` leaves: the secrets, because the data in the kept volumes can only be opened with them. */
const KEPT = `**${COMPONENTS.secrets}**`;

const LISTS = {
  containers: ['ps', '--all', '--format', '{{.Names}}'],
  networks: ['network', 'ls', '--format', '{{.Name}}'],
  volumes: ['volume', 'ls', '--format', '{{.Name}}'],
} as const;

/** Names of objects on the engine: of a stack, or of all. */
async function list(docker: Docker, kind: keyof typeof LISTS, owner?: Owner): Promise<string[]> {
  const filters = owner ? filtersOf(owner) : [];
  return (await docker.run([...LISTS[kind], ...filters])).split('\n').filter(Boolean);
}

/** The outputs of a stack that say what it has on the engine and its host. */
interface Outputs {
  servers?: Record<
    string,
    {
      volume?: string;
      folder?: string;
      /** Those of Valkey, where there are several: `node` is the id of a node other than that with the data. */
      several?: { servers: readonly { volume: string; node?: string }[] };
    }
  >;
}

/** Folders of the Docker host with the data of a stack: they are the host's, and nothing here removes them. */
const foldersOf = ({ servers = {} }: Outputs): string[] =>
  Object.values(servers).flatMap(({ folder }) =>
    folder === undefined ? [] : `the folder ${folder} of the Docker host`,
  );

/** A volume that only the engine of its node can remove. */
interface Elsewhere {
  volume: string;
  /** Host name of the node, or its id. */
  node: string;
}

/** Volumes of a stack on other nodes of its Swarm. */
const elsewhereOf = (docker: Docker, { servers = {} }: Outputs): Promise<Elsewhere[]> =>
  Promise.all(
    Object.values(servers)
      .flatMap(({ several }) => several?.servers ?? [])
      .flatMap(({ volume, node }) => (node === undefined ? [] : [{ volume, node }]))
      .map(async ({ volume, node }) => {
        const name = await inspectNode(docker, node).catch(() => undefined);
        return { volume, node: name?.Description.Hostname || node };
      }),
  );

/** Names of the volumes of a stack: those that it has made, and those that it has adopted and that carry no label. */
async function volumesOf({ docker, owner }: OpenStack, outputs: Outputs): Promise<string[]> {
  const own = new Set(await list(docker, 'volumes', owner));
  for (const { volume } of Object.values(outputs.servers ?? {})) if (volume) own.add(volume);
  return (await list(docker, 'volumes')).filter((name) => own.has(name)).sort();
}

/** Where a stack has its data. */
interface Data {
  /** Names. */
  volumes: readonly string[];
  /** In words. */
  folders: readonly string[];
  elsewhere: readonly Elsewhere[];
}

/** Names of the resources that Pulumi refuses to delete. */
async function protectedOf(stack: OpenStack): Promise<string[]> {
  const { deployment } = JSON.parse(await pulumiOn(stack).run(['stack', 'export'])) as {
    deployment?: { resources?: { urn: string; protect?: boolean }[] };
  };
  // In one order: the state lists them in that in which they were made.
  return (deployment?.resources ?? [])
    .filter(({ protect }) => protect)
    .map(({ urn }) => urn.split('::').at(-1) ?? urn)
    .sort();
}

async function removeVolumes({ docker, stack }: OpenStack, { volumes, folders, elsewhere }: Data): Promise<void> {
  const left = await list(docker, 'volumes');
  // Pulumi keeps what holds data; everything else is gone with its stack.
  for (const name of volumes.filter((one) => left.includes(one))) await docker.run(['volume', 'rm', name]);
  const removed = volumes.length ? `: the volumes ${volumes.join(', ')}` : '';
  say(`\nRemoved all of the stack ${stack}, with ${folders.length ? 'its secrets' : 'its data'}${removed}.`);
  if (folders.length > 0) say(`Left ${folders.join(' and ')}: what is in there is yours to remove.`);
  if (elsewhere.length > 0)
    say(
      `Copies of Valkey's data are still on other nodes. Remove them there:\n${elsewhere
        .map(({ volume, node }) => `  on ${node}: docker volume rm ${volume}`)
        .join('\n')}`,
    );
}

/** Swarm removes a container some time after its service, in seconds. */
const REMOVED = 60;

/** @throws UserError that names the containers of a stack that are still there. */
async function requireGone({ docker, owner, stack }: OpenStack): Promise<void> {
  const look = () => list(docker, 'containers', owner);
  const left = await until(look, (names) => names.length === 0, { seconds: REMOVED, everyMs: 500 });
  if (left.length > 0)
    throw new UserError(`These containers of the stack ${stack} are still there: ${left.join(', ')}`);
}

/** Says what is gone and what is kept. */
async function report({ docker, owner, stack }: OpenStack, { volumes, folders, elsewhere }: Data): Promise<void> {
  // A protected volume keeps what it depends on in the state.
  const networks = await list(docker, 'networks', owner);
  const removed = networks.length ? '' : ', and the network if it had made one';
  say(`\nRemoved the containers of the stack ${stack}${removed}.`);
  const left = await list(docker, 'volumes');
  const kept = [
    ...volumes.filter((name) => left.includes(name)).map((name) => `the volume ${name}`),
    ...elsewhere.map(({ volume, node }) => `the volume ${volume} on ${node}`),
    ...folders,
    ...networks.map((name) => `the network ${name}`),
  ];
  if (kept.length === 0) return;
  say(
    `Kept ${kept.join(', ')}, and in Pulumi's state the secrets that open the data.\nnpm run up uses them again; npm run down -- --stack ${stack} --volumes removes ${folders.length ? 'all but folders' : 'them'}.`,
  );
}

/** Names on the engine of a stack's resources of one type, in the order in which they were created. */
const named = (resources: readonly Resource[], wanted: string): string[] =>
  resources.filter(({ type }) => type === wanted).map(({ inputs }) => String(inputs?.['name']));

/**
 * Engines remove no network while something is on it.
 *
 * @throws UserError that names the containers of others on the networks of a stack.
 */
async function requireNobodyElse(
  { docker, owner, stack: name }: OpenStack,
  resources: readonly Resource[],
): Promise<void> {
  const networks = named(resources, NETWORK);
  const own = new Set(named(resources, CONTAINER));
  const others = (await inventory(docker, ['container'])).filter(
    (one) => !own.has(one.name) && !(one.owner?.project === owner.project && one.owner.stack === owner.stack),
  );
  const joined = networks.flatMap((network) =>
    others.filter((one) => one.networks?.includes(network)).map((one) => ({ network, container: one.name })),
  );
  if (joined.length === 0) return;
  throw new UserError(
    `Other containers are on a network of the stack ${name}, so it cannot be removed. Nothing was removed.\n${joined
      .map((one) => `  ${one.container}, on ${one.network}\n    to do: ${leaveNetwork(one)}\n`)
      .join(
        '',
      )}  For a network that outlives the stack: docker network create, and network.external: true (docs/operations.md).`,
  );
}

/**
 * Stops services in the order in which Pulumi deletes them. The provider waits for a container no longer than that may take to stop, and fails if it
 * had to be killed: a web UI that is answering a request, for example.
 */
async function stopServices(docker: Docker, services: readonly string[]): Promise<void> {
  for (const service of services.toReversed()) {
    // A task on a node that is down never stops, as far as a manager knows.
    await stopTasks(docker, [service]).catch((error: Error) => say(`${error.message}; deleting it anyway.`));
  }
}

async function destroy(
  stack: OpenStack,
  { data, services, withVolumes }: { data: Data; services: readonly string[]; withVolumes: boolean },
): Promise<number> {
  await stopServices(stack.docker, services);
  const excluded = withVolumes ? [] : ['--exclude', KEPT, '--exclude-protected'];
  // The provider cannot delete a service that is gone: removed by hand, or by a `pulumi destroy` that has failed after it.
  const refresh = services.length > 0 ? ['--refresh'] : [];
  const code = await pulumiOn(stack).attached(['destroy', '--yes', '--skip-preview', ...refresh, ...excluded]);
  if (code !== 0) {
    say(`\nNot all of the stack ${stack.stack} is gone; see the output of Pulumi above.`);
    return code;
  }
  await requireGone(stack);
  await (withVolumes ? removeVolumes(stack, data) : report(stack, data));
  if (services.length > 0)
    say('The engine is still in its Swarm; docker swarm leave --force there ends a single-node Swarm.');
  return 0;
}

async function down(stack: OpenStack, withVolumes: boolean): Promise<number> {
  const { stack: name } = stack;
  // Asked now: a stack that is gone has no outputs.
  await requireEngines(stack);
  const outputs = JSON.parse(await pulumiOn(stack).run(['stack', 'output', '--json'])) as Outputs;
  // Not from the outputs: a first deployment that has failed has none.
  const { resources } = await readState(pulumiOn(stack));
  const data = {
    ...{ volumes: await volumesOf(stack, outputs), folders: foldersOf(outputs) },
    elsewhere: await elsewhereOf(stack.docker, outputs),
  };
  const secured = withVolumes ? await protectedOf(stack) : [];
  if (secured.length > 0) {
    throw new UserError(
      `The data of the stack ${name} is protected (${secured.join(', ')}). Nothing was removed.\n` +
        `  to do: set protectData to false for every server in Pulumi.${name}.yaml, npm run up -- --stack ${name}, then try again`,
    );
  }
  await requireNobodyElse(stack, resources);
  const services = named(resources, SERVICE);
  return withMarker(stack, () => destroy(stack, { data, services, withVolumes }));
}

export const command: Command = {
  summary: "Removes a stack's containers and network; --volumes removes its data and secrets, too.",
  usage: 'npm run down [-- --stack NAME] [--volumes]',
  run(args, context) {
    const options = { stack: { type: 'string' }, volumes: { type: 'boolean', default: false } } as const;
    const { values } = parseArgs({ args: [...args], options });
    return withStack(context, values.stack, (stack) => down(stack, values.volumes), { changes: true });
  },
};
