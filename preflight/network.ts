import * as pulumi from '@pulumi/pulumi';
import { networkExists } from '../platform/docker/provider.ts';

/** Whether the engine has it; a preview that cannot reach a remote engine assumes it, and warns. */
async function exists(name: string, opts?: pulumi.InvokeOptions): Promise<boolean> {
  try {
    return await networkExists(name, opts);
  } catch (error) {
    if (!opts?.provider || !pulumi.runtime.isDryRun()) throw error;
    await pulumi.log.warn(`Could not check for the network "${name}": the Docker host does not answer.`);
    return true;
  }
}

/**
 * Refuses an external network that does not exist. Call it before anything is registered, so that a preview reports it too and nothing is
 * created in vain.
 *
 * @throws pulumi.RunError with the two ways out.
 */
export async function requireNetwork(
  { name, external }: { name: string; external?: boolean | undefined },
  opts?: pulumi.InvokeOptions,
): Promise<void> {
  if (!external || (await exists(name, opts))) return;
  throw new pulumi.RunError(
    `The Docker network "${name}" does not exist, and "external: true" means that this stack does not create it. Nothing was created or changed.\n` +
      `  Either create it:                docker network create ${name}\n` +
      '  or let this stack create it:     external: false\n',
  );
}
