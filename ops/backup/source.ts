import { archiveContainerOf } from '../../core/names.ts';
import { projectName } from '../../settings/file.ts';
import type { Stack } from '../outputs.ts';
import { commandsOf } from '../pulumi.ts';
import type { HelperOptions } from './helper/helper.ts';
import type { Source } from './part.ts';
import { serversOf } from './parts/index.ts';

/** A deployed stack as a backup sees it. */
export const sourceOf = ({ name, docker, servers, pulumi }: Stack): Source => ({
  docker,
  // Its volume is that of the first.
  servers: {
    ...servers,
    valkey: {
      ...servers.valkey,
      container: servers.valkey.several?.servers[0]?.container || servers.valkey.container,
      host: undefined,
    },
  },
  owner: { project: projectName(pulumi.workspace.root), stack: name },
  commands: commandsOf(pulumi.workspace),
});

/** What the helper of a stack needs, but for the image and the operation. */
export const helperFor = ({
  docker,
  owner,
  servers,
  commands,
}: Source): Omit<HelperOptions, 'image' | 'operation'> => ({
  ...{ docker, owner, commands },
  name: archiveContainerOf(servers.webui.service ?? servers.webui.container),
  data: Object.fromEntries(serversOf({ servers }).map(({ part, storage }) => [part.name, storage])),
});
