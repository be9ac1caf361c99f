/** What has to be known of a stack before Pulumi runs. */

import { existsSync, readdirSync } from 'node:fs';
import type { Host } from '../core/endpoint.ts';
import { UserError } from '../core/errors.mjs';
import type { Context } from './command.ts';
import { recall } from './fingerprint.ts';
import { stackFile } from './stackFile.ts';

/** What a stack needs of its machine, by the program's own reading of its file. */
export interface Needs {
  project: string;
  host: Host;
  images: { valkey: string; webui: string };
  /** Whether some of it is encrypted in the file, so that nothing may note it. Default: false */
  isDecrypted?: boolean;
}

/**
 * Refuses a stack that has no file.
 *
 * @throws UserError with the stacks that have one.
 */
export function requireStackFile(root: string, stack: string): void {
  if (existsSync(stackFile(root, stack))) return;
  const stacks = readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  throw new UserError(
    `There is no stack ${stack}, as there is no Pulumi.${stack}.yaml. There are: ${stacks.join(', ')}.`,
  );
}

/** What has to be known of a stack before Pulumi runs. */
const NEEDED = [['host'], ['valkey', 'image'], ['webui', 'image']] as const;

/**
 * What a stack needs: as the last `npm run up` noted it, unless something has changed since, else from its file; what is encrypted there is
 * decrypted by Pulumi.
 *
 * @param create whether a stack that does not exist may be created in the state for that. Default: false
 * @throws UserError that names every setting which cannot be used.
 */
export async function readNeeds(
  context: Context,
  stack: string,
  { create = false }: { create?: boolean } = {},
): Promise<Needs> {
  const { root } = context;
  const noted = recall(root, stack);
  if (noted) return noted;
  requireStackFile(root, stack);
  // Loads the schema of all settings, which takes longer than most commands need.
  const [{ projectName, readStackFile }, { isPartlyHidden }] = await Promise.all([
    import('../settings/file.ts'),
    import('../settings/opaque.ts'),
  ]);
  const project = projectName(root);
  const file = readStackFile(stackFile(root, stack), project, stack);
  const isDecrypted = NEEDED.some((path) => isPartlyHidden(file.hidden, path));
  const { host, valkey, webui } = isDecrypted
    ? await (await import('./decrypted.ts')).decryptedSettings(context, { project, stack, create })
    : file;
  return { project, host, images: { valkey: valkey.image, webui: webui.image }, isDecrypted };
}

/** Whether a stack's file names its engine, in clear or encrypted. */
export async function namesHost(root: string, stack: string): Promise<boolean> {
  const [{ projectName, readStackFile }, { isPartlyHidden }] = await Promise.all([
    import('../settings/file.ts'),
    import('../settings/opaque.ts'),
  ]);
  requireStackFile(root, stack);
  const { host, hidden } = readStackFile(stackFile(root, stack), projectName(root), stack);
  return (host.address ?? host.context) !== undefined || isPartlyHidden(hidden, ['host']);
}
