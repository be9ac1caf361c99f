/** Containers of others that share what a stack needs for itself: its data volumes, and its names on its networks. */

import type { HostName } from '../core/attachments.ts';
import { nested } from '../core/hostPaths.ts';
import type { Storage } from '../core/storage.ts';
import type { Docker } from './client.ts';
import { lookAtHost, samePlace } from './hostPaths.ts';
import { type Container, inspect } from './inspect.ts';
import type { Found } from './inventory.ts';

/** What a stack needs for itself. */
export interface Needs {
  /** Volumes and folders that only one server may write to. */
  data: readonly Storage[];
  /** An image of the engine with a shell, through which folders are compared where they really are. Default: they are compared by their paths */
  image?: string | undefined;
  /** Host names that only this stack may answer to, each on its network. */
  hostNames: readonly HostName[];
}

/** A container that writes to a volume or a folder, now or when Docker starts it again. */
export interface DataUser {
  data: Storage;
  container: string;
  runs: boolean;
  /** Restart policy; `no` for none. */
  restart: string;
}

/** A container that answers to a host name on a network, or will when it starts. */
export interface Namesake extends HostName {
  container: string;
}

export interface Neighbours {
  users: DataUser[];
  namesakes: Namesake[];
}

const NONE: Neighbours = { users: [], namesakes: [] };

/** Whether a mount, as a name or a path of the host, is a volume: `docker run --volume` takes the folder of one, too. */
const isVolume = (mount: string, volume: string) => mount === volume || mount.endsWith(`/volumes/${volume}/_data`);

/** A path of the host to which a container writes. */
interface Written {
  path: string;
  container: Container;
}

const runs = ({ State }: Container) => State.Running || State.Restarting;
const restartOf = ({ HostConfig }: Container) => HostConfig.RestartPolicy.Name || 'no';

const userOf = (data: Storage, container: Container): DataUser => ({
  ...{ data, container: container.Name.slice(1), runs: runs(container), restart: restartOf(container) },
});

/** What a container writes to. Reading does no harm: a backup tool may do so. */
const writable = ({ Mounts }: Container) => Mounts.filter(({ RW }) => RW);

/** Paths of the host to which containers write: those that they mount, and those that a volume of theirs stands for. */
async function writtenPaths(docker: Docker, containers: readonly Container[]): Promise<Written[]> {
  const names = containers.flatMap((one) =>
    writable(one).flatMap(({ Type, Name }) => (Type === 'volume' && Name) || []),
  );
  const devices = new Map(
    (await inspect(docker, 'volume', [...new Set(names)])).map(({ Name, Options }) => [
      Name,
      Options?.['device'] ?? '',
    ]),
  );
  const pathOf = ({ Type, Name = '', Source }: Container['Mounts'][number]) =>
    Type === 'bind' ? Source : (devices.get(Name) ?? '');
  return containers.flatMap((container) =>
    writable(container)
      .map(pathOf)
      .filter((path) => path.startsWith('/'))
      .map((path) => ({ path, container })),
  );
}

/** Containers that write to a folder, to one in it or to one around it; by their paths, and then by where these really are. */
async function folderUsers(
  docker: Docker,
  containers: readonly Container[],
  folders: readonly string[],
  image: string | undefined,
): Promise<DataUser[]> {
  if (folders.length === 0) return [];
  const written = await writtenPaths(docker, containers);
  const pairs = folders.flatMap((folder) => written.map((one) => ({ folder, ...one })));
  const isNamed = ({ folder, path }: (typeof pairs)[number]) => nested(folder, path);
  const unclear = pairs.filter((pair) => !isNamed(pair));
  const places =
    image === undefined || unclear.length === 0
      ? new Map<string, never>()
      : // A path of others that the engine cannot show is no reason to stop.
        await lookAtHost(docker, image, [...folders, ...unclear.map(({ path }) => path)]).catch(
          () => new Map<string, never>(),
        );
  const isOne = ({ folder, path }: (typeof pairs)[number]) => {
    const [one, other] = [places.get(folder), places.get(path)];
    return one !== undefined && other !== undefined && samePlace(one, other);
  };
  return pairs
    .filter((pair) => isNamed(pair) || isOne(pair))
    .map(({ folder, container }) => userOf({ folder }, container));
}

function namesakesAmong({ Name, NetworkSettings }: Container, hostNames: readonly HostName[]): Namesake[] {
  const container = Name.slice(1);
  return hostNames
    .filter(({ network, host }) => {
      const joined = NetworkSettings.Networks[network];
      return joined && [container, ...(joined.Aliases ?? []), ...(joined.DNSNames ?? [])].includes(host);
    })
    .map((one) => ({ ...one, container }));
}

/**
 * Looks for containers that share what a stack needs for itself.
 *
 * @param containers those of the engine.
 * @param isOwn whether one is the stack's own.
 * @throws RemoteError when the engine does not answer.
 */
export async function neighboursOf(
  docker: Docker,
  containers: readonly Found[],
  isOwn: (container: Found) => boolean,
  needs: Needs,
): Promise<Neighbours> {
  const volumes = needs.data.flatMap((one) => ('volume' in one ? one.volume : []));
  const folders = needs.data.flatMap((one) => ('folder' in one ? one.folder : []));
  const near = containers.filter(
    (one) =>
      one.kind === 'container' &&
      !isOwn(one) &&
      ((folders.length > 0 && one.volumes.length > 0) ||
        volumes.some((volume) => one.volumes.some((mount) => isVolume(mount, volume))) ||
        needs.hostNames.some(({ network }) => one.networks?.includes(network))),
  );
  if (near.length === 0) return NONE;
  const found = await inspect(
    docker,
    'container',
    near.map(({ name }) => name),
  );
  // What is stopped for good does no harm.
  const active = found.filter((one) => runs(one) || restartOf(one) !== 'no');
  const onVolumes = active.flatMap((one) =>
    volumes
      .filter((volume) => writable(one).some(({ Name, Source }) => isVolume(Name || Source, volume)))
      .map((volume) => userOf({ volume }, one)),
  );
  return {
    users: [...onVolumes, ...(await folderUsers(docker, active, folders, needs.image))],
    namesakes: found.flatMap((one) => namesakesAmong(one, needs.hostNames)),
  };
}

/** In words that follow the name of the volume or folder. */
export const useText = ({ container, runs, restart }: DataUser): string =>
  runs
    ? `on which the container ${container} runs`
    : `which the stopped container ${container} uses; its restart policy "${restart}" lets Docker start it again`;

/** In words that follow the network's name. */
export const namesakeText = ({ container, host }: Namesake): string =>
  `on which the container ${container} answers to ${host} as well`;

/** How to get a container off its data for good: one that is only stopped may start again with the engine. */
export const leaveData = ({ container, data }: DataUser): string =>
  `docker rm --force ${container} (its ${'folder' in data ? 'folders stay' : 'volumes stay'}), or docker update --restart no ${container} && docker stop ${container}`;

export const leaveNetwork = ({ network, container }: Pick<Namesake, 'network' | 'container'>): string =>
  `docker network disconnect ${network} ${container}`;
