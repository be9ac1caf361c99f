/** What containers of others have in common with a stack, as reasons to refuse an update. */

import { type HostName, hostNames, type Joined, joinedBy } from '../core/attachments.ts';
import { balancerNameOf, databaseNetworkOf } from '../core/names.ts';
import { deploysPostgres } from '../core/postgres.ts';
import { sourceOf, storageAt, storageText } from '../core/storage.ts';
import { serverNames } from '../core/valkey.ts';
import type { Docker } from '../docker/client.ts';
import type { Found } from '../docker/inventory.ts';
import { leaveData, leaveNetwork, namesakeText, neighboursOf, useText } from '../docker/neighbours.ts';
import type { Settings } from '../settings/parse.ts';

/** The host names of a stack on its networks and its folders, and the settings that change them. */
export interface Sharing {
  hostNames: readonly HostName[];
  settings: ReadonlyMap<string, string>;
  /** Folders of the Docker host with data, each with its setting. */
  folders: ReadonlyMap<string, string>;
  /** An image of the engine with a shell, if there is one. */
  image?: string | undefined;
}

/** Nothing of the stack is on any network, or in a folder. */
export const ALONE: Sharing = { hostNames: [], settings: new Map(), folders: new Map() };

const aliasSettings = (server: 'valkey' | 'webui', joined: readonly Joined[], project: string) =>
  joined.flatMap(({ network, aliases = [] }) =>
    aliases.map((alias) => [alias, `${project}:${server}.networks.${network}.aliases`] as const),
  );

/** What of its networks and its host a stack needs for itself. */
export function sharingOf(
  settings: Pick<Settings, 'database' | 'gateway' | 'hardening' | 'network' | 'valkey' | 'webui'>,
  project: string,
  image?: string,
): Sharing {
  const { database, gateway, network, valkey, webui } = settings;
  const onWebuis = joinedBy('webui', settings);
  const [first = { network: settings.network.name }, ...others] = joinedBy('valkey', settings);
  const onValkeys = [{ ...first, aliases: [valkey.alias, ...(first.aliases ?? [])] }, ...others];
  const deploys = deploysPostgres(database);
  return {
    image,
    folders: new Map(
      Object.entries({ valkey, webui }).flatMap(([section, { folder }]) =>
        folder === undefined ? [] : [[folder, `${project}:${section}.folder`] as const],
      ),
    ),
    hostNames: hostNames([
      { name: webui.name, networks: onWebuis },
      ...(valkey.highAvailability
        ? [
            { name: balancerNameOf(valkey.name), networks: onValkeys },
            ...serverNames(valkey.name).map((name) => ({ name, networks: [{ network: first.network }] })),
          ]
        : [{ name: valkey.name, networks: onValkeys }]),
      ...(deploys ? [{ name: database.name, networks: [{ network: databaseNetworkOf(database.name) }] }] : []),
      ...(gateway.domain === undefined ? [] : [{ name: gateway.name, networks: [{ network: network.gatewayName }] }]),
    ]),
    settings: new Map([
      ...aliasSettings('webui', onWebuis, project),
      ...aliasSettings('valkey', onValkeys, project),
      [gateway.name, `${project}:gateway.name`],
      [webui.name, `${project}:webui.name`],
      [valkey.name, `${project}:valkey.name`],
      [valkey.alias, `${project}:valkey.alias`],
      ...(deploys ? [[database.name, `${project}:database.name`] as const] : []),
    ]),
  };
}

/** A reason to refuse, and the way out. */
export interface Refusal {
  what: string;
  toDo: string;
}

interface Look {
  objects: readonly Found[];
  isOwn: (container: Found) => boolean;
  /** The stack's data volumes and folders by their sources, with the settings that change them. */
  data: ReadonlyMap<string, string>;
  sharing: Sharing;
  /** Networks that the update removes. */
  leaving: readonly string[];
}

/**
 * Reasons to refuse: two servers on one volume or folder destroy its data; of two containers with one name on a network, either answers; and a network
 * cannot be removed while others are on it.
 *
 * @throws RemoteError when the engine does not answer.
 */
export async function refusalsFor(
  docker: Docker,
  { objects, isOwn, data, sharing, leaving }: Look,
): Promise<Refusal[]> {
  const needs = { data: [...data.keys()].map(storageAt), image: sharing.image, hostNames: sharing.hostNames };
  const { users, namesakes } = await neighboursOf(docker, objects, isOwn, needs);
  const staying = leaving.flatMap((network) =>
    objects
      .filter((one) => one.kind === 'container' && !isOwn(one) && one.networks?.includes(network))
      .map(({ name }) => ({ network, container: name })),
  );
  return [
    ...users.map((user) => ({
      what: `the ${storageText(user.data)}, ${useText(user)}`,
      toDo: `${leaveData(user)}; or choose another ${data.get(sourceOf(user.data))}`,
    })),
    ...namesakes.map((one) => ({
      what: `the network ${one.network}, ${namesakeText(one)}`,
      toDo: `${leaveNetwork(one)}, or choose another ${sharing.settings.get(one.host)}`,
    })),
    ...staying.map((one) => ({
      what: `the network ${one.network}, which this update removes while the container ${one.container} is on it`,
      toDo: `${leaveNetwork(one)}, or keep the network by its setting`,
    })),
  ];
}
