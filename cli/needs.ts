/** What has to be known of a stack before Pulumi runs. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../core/errors.mjs';
import { type Needs, recall } from './fingerprint.ts';

export const stackFile = (root: string, stack: string): string => join(root, `Pulumi.${stack}.yaml`);

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

/**
 * What a stack needs: as the last `npm run up` noted it, unless something has changed since, else from its file.
 *
 * @throws UserError that names every setting which cannot be used.
 */
export async function readNeeds(root: string, stack: string): Promise<Needs> {
  const noted = recall(root, stack);
  if (noted) return noted;
  requireStackFile(root, stack);
  // Loads the schema of all settings, which takes longer than most commands need.
  const { projectName, readStackFile } = await import('../settings/file.ts');
  const project = projectName(root);
  const { host, valkey, webui } = readStackFile(stackFile(root, stack), project, stack);
  return { project, host, images: { valkey: valkey.image, webui: webui.image } };
}
