/** Protection of data in folders: Pulumi protects volumes, and does not know folders. */

import * as pulumi from '@pulumi/pulumi';
import { sourceOf, storageOf, storageText } from '../core/storage.ts';
import type { Found } from '../docker/inventory.ts';
import type { Commands } from '../settings/origin.ts';
import { ofStackFile } from './origin.ts';

/** What of a server's settings matters here. */
interface Server {
  name: string;
  volume: string;
  folder?: string | undefined;
  protectData: boolean;
}

const isFolder = (source: string) => source.startsWith('/');

/**
 * Refuses an update by which a server would leave protected data behind, on its way from a folder or to one.
 *
 * @param present what the stack has on the engine; nothing when it could not be looked at.
 * @throws pulumi.RunError with what to do.
 */
export function requireProtectedData(
  servers: Readonly<Record<string, Server>>,
  present: readonly Found[],
  { up }: Pick<Commands, 'up'> = ofStackFile().commands,
): void {
  for (const [section, server] of Object.entries(servers)) {
    const data = storageOf(server);
    const now = present.find(({ kind, name }) => kind === 'container' && name === server.name);
    const involvesFolder = 'folder' in data || now?.volumes.some(isFolder);
    if (!server.protectData || !now || !involvesFolder || now.volumes.includes(sourceOf(data))) continue;
    throw new pulumi.RunError(
      `${server.name} would start with the ${storageText(data)}, and its data is elsewhere (${now.volumes.join(', ')}) and protected. Nothing was created or changed.\n` +
        `  to do: name that in ${section}.folder or ${section}.volume; or set ${section}.protectData: false, ${up}, then try again\n`,
    );
  }
}
