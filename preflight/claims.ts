import { balancerNameOf, databaseNetworkOf, initContainerOf, liveFilesOf, secretsVolumeOf } from '../core/names.ts';
import { deploysPostgres } from '../core/postgres.ts';
import { serverNames } from '../core/valkey.ts';
import type { Settings } from '../settings/parse.ts';
import type { Claim } from './names.ts';

/** Every name that a stack takes on the engine, with the settings that change it. */
export function claimsOf(
  {
    database,
    gateway,
    hardening,
    network,
    valkey,
    webui,
  }: Pick<Settings, 'database' | 'gateway' | 'hardening' | 'network' | 'valkey' | 'webui'>,
  project: string,
): Claim[] {
  const another = (setting: string) => `choose another ${project}:${setting}`;
  const container = (name: string, setting: string): Claim => ({
    ...{ kind: 'container', name },
    toDo: `remove it (docker rm --force ${name}; its volumes stay), or ${another(setting)}`,
  });
  /** A folder of the host has no owner but who is at work in it. */
  const data = (
    section: 'database' | 'gateway' | 'valkey' | 'webui',
    { volume: name, adoptVolume: adopt, folder }: { volume: string; adoptVolume: boolean; folder?: string | undefined },
  ): Claim[] =>
    folder === undefined
      ? [
          {
            ...{ kind: 'volume', name, adopt, setting: `${project}:${section}.volume` },
            toDo: `adopt it with its data (${project}:${section}.adoptVolume: true), or ${another(`${section}.volume`)}`,
          },
        ]
      : [];
  const internal = (name: string, setting: string): Claim => ({
    ...{ kind: 'network', name },
    toDo: `remove it (docker network rm ${name}), or ${another(setting)}`,
  });
  /** What prepares a server with a read-only root. */
  const init = (name: string, setting: string): Claim[] => [
    container(initContainerOf(name), setting),
    {
      ...{ kind: 'volume', name: secretsVolumeOf(name) },
      toDo: `remove it (docker volume rm ${secretsVolumeOf(name)}), or ${another(setting)}`,
    },
  ];
  const strict = hardening === 'strict';
  const balancer = balancerNameOf(valkey.name);
  /** All that several servers of Valkey have besides the first one. */
  const several: Claim[] = [
    ...serverNames(valkey.name).flatMap((name, index) => [
      ...(index === 0
        ? []
        : [container(name, 'valkey.name'), ...data('valkey', { ...valkey, volume: `${valkey.volume}-${index + 1}` })]),
      ...init(name, 'valkey.name'),
    ]),
    container(balancer, 'valkey.name'),
    ...init(balancer, 'valkey.name'),
  ];
  const files = liveFilesOf(gateway.name);
  const between: Claim[] = [
    {
      ...{ kind: 'network', name: network.gatewayName },
      toDo: `remove it (docker network rm ${network.gatewayName}), or ${another('network.gatewayName')}`,
    },
    container(gateway.name, 'gateway.name'),
    ...data('gateway', gateway),
    container(files, 'gateway.name'),
    {
      ...{ kind: 'volume', name: files },
      toDo: `remove it (docker volume rm ${files}), or ${another('gateway.name')}`,
    },
    ...(hardening === 'strict' ? [container(initContainerOf(gateway.name), 'gateway.name')] : []),
  ];
  const own: Claim = {
    ...{ kind: 'network', name: network.name },
    toDo: `use it as it is (${project}:network.external: true), or ${another('network.name')}`,
  };
  return [
    ...(network.external ? [] : [own]),
    container(valkey.name, 'valkey.name'),
    ...data('valkey', valkey),
    ...(valkey.highAvailability ? several : []),
    container(webui.name, 'webui.name'),
    ...data('webui', webui),
    ...(strict ? [internal(network.internalName, 'network.internalName'), ...init(webui.name, 'webui.name')] : []),
    // Gives the folder to Valkey.
    ...(valkey.folder === undefined ? [] : [container(initContainerOf(valkey.name), 'valkey.name')]),
    ...(deploysPostgres(database)
      ? [
          internal(databaseNetworkOf(database.name), 'database.name'),
          container(database.name, 'database.name'),
          ...data('database', database),
          ...init(database.name, 'database.name'),
        ]
      : []),
    ...(gateway.domain === undefined ? [] : between),
  ];
}
