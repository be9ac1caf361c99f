import { archiveContainerOf } from '../../core/names.ts';
import { projectName } from '../../settings/file.ts';
import type { Stack } from '../outputs.ts';
import type { HelperOptions } from './helper/helper.ts';
import type { Source } from './part.ts';
import { serversOf } from './parts/index.ts';

/** A deployed stack as a backup sees it. */
export const sourceOf = ({ name, docker, servers, pulumi }: Stack): Source => ({
  docker,
  servers,
  owner: { project: projectName(pulumi.workspace.root), stack: name },
});

/** What the helper of a stack needs, but for the image and the operation. */
export const helperFor = ({ docker, owner, servers }: Source): Omit<HelperOptions, 'image' | 'operation'> => ({
  ...{ docker, owner },
  name: archiveContainerOf(servers.webui.container),
  data: Object.fromEntries(serversOf({ servers }).map(({ part, storage }) => [part.name, storage])),
});
