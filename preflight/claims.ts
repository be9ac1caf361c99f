import { initContainerOf, secretsVolumeOf } from '../core/names.ts';
import type { Settings } from '../settings/parse.ts';
import type { Claim } from './names.ts';

/** Every name that a stack takes on the engine, with the settings that change it. */
export function claimsOf(
  { hardening, network, valkey, webui }: Pick<Settings, 'hardening' | 'network' | 'valkey' | 'webui'>,
  project: string,
): Claim[] {
  const another = (setting: string) => `choose another ${project}:${setting}`;
  const container = (name: string, setting: string): Claim => ({
    ...{ kind: 'container', name },
    toDo: `remove it (docker rm --force ${name}; its volumes stay), or ${another(setting)}`,
  });
  /** A folder of the host has no owner but who is at work in it. */
  const data = (
    section: 'valkey' | 'webui',
    { volume: name, adoptVolume: adopt, folder }: typeof valkey | typeof webui,
  ): Claim[] =>
    folder === undefined
      ? [
          {
            ...{ kind: 'volume', name, adopt, setting: `${project}:${section}.volume` },
            toDo: `take it over with its data (${project}:${section}.adoptVolume: true), or ${another(`${section}.volume`)}`,
          },
        ]
      : [];
  const strict: Claim[] = [
    {
      ...{ kind: 'network', name: network.internalName },
      toDo: `remove it (docker network rm ${network.internalName}), or ${another('network.internalName')}`,
    },
    container(initContainerOf(webui.name), 'webui.name'),
    {
      ...{ kind: 'volume', name: secretsVolumeOf(webui.name) },
      toDo: `remove it (docker volume rm ${secretsVolumeOf(webui.name)}), or ${another('webui.name')}`,
    },
  ];
  const own: Claim = {
    ...{ kind: 'network', name: network.name },
    toDo: `use it as it is (${project}:network.external: true), or ${another('network.name')}`,
  };
  return [
    ...(network.external ? [] : [own]),
    container(valkey.name, 'valkey.name'),
    ...data('valkey', valkey),
    container(webui.name, 'webui.name'),
    ...data('webui', webui),
    ...(hardening === 'strict' ? strict : []),
    // Gives the folder to Valkey.
    ...(valkey.folder === undefined ? [] : [container(initContainerOf(valkey.name), 'valkey.name')]),
  ];
}
