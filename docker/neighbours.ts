/** Containers of others that share what a stack needs for itself: its data volumes, and its names on its networks. */

import type { HostName } from '../core/attachments.ts';
import type { Docker } from './client.ts';
import { type Container, inspect } from './inspect.ts';
import type { Found } from './inventory.ts';

/** What a stack needs for itself. */
export interface Needs {
  /** Volumes that only one server may write to. */
  volumes: readonly string[];
  /** Host names that only this stack may answer to, each on its network. */
  hostNames: readonly HostName[];
}

/** A container that writes to a volume, now or when Docker starts it again. */
export interface VolumeUser {
  volume: string;
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
  users: VolumeUser[];
  namesakes: Namesake[];
}

const NONE: Neighbours = { users: [], namesakes: [] };

/** Whether a mount, as a name or a path of the host, is a volume: `docker run --volume` takes the folder of one, too. */
const isVolume = (mount: string, volume: string) => mount === volume || mount.endsWith(`/volumes/${volume}/_data`);

/** Reading does no harm: a backup tool may do so. */
function usersAmong(container: Container, volumes: readonly string[]): VolumeUser[] {
  const { Name, State, HostConfig, Mounts } = container;
  const runs = State.Running || State.Restarting;
  const restart = HostConfig.RestartPolicy.Name || 'no';
  if (!runs && restart === 'no') return [];
  return volumes
    .filter((volume) => Mounts.some((one) => one.RW && isVolume(one.Name || one.Source, volume)))
    .map((volume) => ({ volume, container: Name.slice(1), runs, restart }));
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
  const near = containers.filter(
    (one) =>
      one.kind === 'container' &&
      !isOwn(one) &&
      (needs.volumes.some((volume) => one.volumes.some((mount) => isVolume(mount, volume))) ||
        needs.hostNames.some(({ network }) => one.networks?.includes(network))),
  );
  if (near.length === 0) return NONE;
  const found = await inspect(
    docker,
    'container',
    near.map(({ name }) => name),
  );
  return {
    users: found.flatMap((one) => usersAmong(one, needs.volumes)),
    namesakes: found.flatMap((one) => namesakesAmong(one, needs.hostNames)),
  };
}

/** In words that follow the volume's name. */
export const useText = ({ container, runs, restart }: VolumeUser): string =>
  runs
    ? `on which the container ${container} runs`
    : `which the stopped container ${container} uses; its restart policy "${restart}" lets Docker start it again`;

/** In words that follow the network's name. */
export const namesakeText = ({ container, host }: Namesake): string =>
  `on which the container ${container} answers to ${host} as well`;

/** How to get a container off a volume for good: one that is only stopped may start again with the engine. */
export const leaveVolume = ({ container }: VolumeUser): string =>
  `docker rm --force ${container} (its volumes stay), or docker update --restart no ${container} && docker stop ${container}`;

export const leaveNetwork = ({ network, container }: Pick<Namesake, 'network' | 'container'>): string =>
  `docker network disconnect ${network} ${container}`;
