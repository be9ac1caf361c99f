import * as pulumi from '@pulumi/pulumi';
import { createNetwork, networkExists } from '../platform/docker/resources.ts';

/** Arguments of {@link Network}. */
export interface NetworkArgs {
  /** Name of the Docker network. A change replaces the network and every container on it. */
  name: string;
  /** Whether somebody else makes the network and this stack only uses it: {@link requireNetwork} first. Default: false. */
  external?: boolean | undefined;
  /** Whether the network has no way out; nothing on it can be published. Only for one that is made here; a change replaces it. Default: false. */
  internal?: boolean | undefined;
}

/**
 * The Docker network on which the web UI finds Valkey by name. An external one is used and never changed or deleted; otherwise it is
 * made here and removed with the stack.
 */
export class Network extends pulumi.ComponentResource {
  /** Name of the network, known once it exists. */
  readonly networkName: pulumi.Output<string>;

  constructor(name: string, args: NetworkArgs, opts?: pulumi.ComponentResourceOptions) {
    super('openwebui:index:Network', name, {}, opts);
    this.networkName = args.external
      ? pulumi.output(args.name)
      : createNetwork(`${name}-bridge`, { name: args.name, internal: args.internal ?? false }, { parent: this }).name;
    this.registerOutputs({ networkName: this.networkName });
  }
}

/** Whether the engine has it; a preview that cannot reach the engine of another host takes it on trust, and says so. */
async function exists(name: string, opts?: pulumi.InvokeOptions): Promise<boolean> {
  try {
    return await networkExists(name, opts);
  } catch (error) {
    if (!opts?.provider || !pulumi.runtime.isDryRun()) throw error;
    await pulumi.log.warn(`The Docker host does not answer, so nobody has looked for the network "${name}".`);
    return true;
  }
}

/**
 * Refuses an external network that does not exist. To be awaited before anything is registered, so that a preview says it too and
 * nothing is made in vain.
 *
 * @throws pulumi.RunError with the two ways out.
 */
export async function requireNetwork({ name, external }: NetworkArgs, opts?: pulumi.InvokeOptions): Promise<void> {
  if (!external || (await exists(name, opts))) return;
  throw new pulumi.RunError(
    `The Docker network "${name}" does not exist, and its "external: true" says that somebody else makes it. Nothing was created or changed.\n` +
      `  Either make it:                docker network create ${name}\n` +
      '  or let this stack make it:     external: false\n',
  );
}
