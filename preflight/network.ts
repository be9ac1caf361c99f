import * as pulumi from '@pulumi/pulumi';
import { furtherNetworks } from '../core/attachments.ts';
import { networkExists } from '../platform/docker/provider.ts';
import type { Settings } from '../settings/parse.ts';
import { ofStackFile, type Subject } from './origin.ts';

/** Whether the engine has it; a preview that cannot reach a remote engine assumes it, and warns, and so does one before whose update it may come. */
async function exists(name: string, opts?: pulumi.InvokeOptions, mayCome = false): Promise<boolean> {
  try {
    if (await networkExists(name, opts)) return true;
    if (!mayCome || !pulumi.runtime.isDryRun()) return false;
    await pulumi.log.warn(`The network "${name}" does not exist yet; without it, the update will be refused.`);
    return true;
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
  { waits = false }: Pick<Subject, 'waits'> = {},
): Promise<void> {
  if (!external || (await exists(name, opts, waits))) return;
  throw new pulumi.RunError(
    `The Docker network "${name}" does not exist, and "external: true" means that this stack does not create it. Nothing was created or changed.\n` +
      `  Either create it:                docker network create ${name}\n` +
      '  or let this stack create it:     external: false\n',
  );
}

/**
 * Refuses further networks that do not exist, as {@link requireNetwork} does.
 *
 * @throws pulumi.RunError with each of them, and what to do.
 */
export async function requireFurtherNetworks(
  settings: Pick<Settings, 'gateway' | 'hardening' | 'network' | 'valkey' | 'webui'>,
  opts?: pulumi.InvokeOptions,
  { owner, waits = false }: Pick<Subject, 'owner' | 'waits'> = ofStackFile(),
): Promise<void> {
  const wanted = (['valkey', 'webui'] as const).flatMap((server) =>
    furtherNetworks(server, settings).map((name) => ({ name, setting: `${server}.networks` })),
  );
  const names = [...new Set(wanted.map(({ name }) => name))];
  const present = await Promise.all(names.map((name) => exists(name, opts, waits)));
  const missing = wanted.filter(({ name }) => !present[names.indexOf(name)]);
  if (missing.length === 0) return;
  throw new pulumi.RunError(
    `Some networks that the stack ${pulumi.getStack()} joins do not exist, and it does not create them. Nothing was created or changed.\n${missing
      .map(
        ({ name, setting }) =>
          `  ${name} of ${owner}:${setting}\n    to do: docker network create ${name}, or remove it from ${owner}:${setting}\n`,
      )
      .join('')}`,
  );
}
