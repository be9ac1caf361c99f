import * as pulumi from '@pulumi/pulumi';
import { known } from './output.ts';
import { connectTo, networkExists } from '../platform/docker/resources.ts';

/** Arguments of {@link useEngine}. */
export interface EngineArgs {
  /** Where the engine answers: `unix://`, `tcp://` or `ssh://`. Default: DOCKER_HOST, or the engine of this machine. */
  address?: string;
  /** Folder with ca.pem, cert.pem and key.pem, for `tcp://`. */
  certificates?: string;
  /** Words for it as the user knows it. */
  text: string;
}

/** @throws pulumi.RunError when no engine answers, with what the connection has said. */
async function requireAnswer(text: string, opts: pulumi.InvokeOptions): Promise<void> {
  try {
    // Every engine has this one.
    if (await networkExists('none', opts)) return;
    throw new Error('it is no Docker engine');
  } catch (error) {
    const [, reason] = /(?:'_ping' endpoint\. Error: |returned an error: )(.*)/s.exec((error as Error).message) ?? [];
    throw new pulumi.RunError(
      `${text} does not answer: ${(reason ?? (error as Error).message).trim()}\nNothing was created or changed. Does docker version answer there?\n`,
    );
  }
}

/**
 * Connects to the Docker engine of a stack.
 *
 * @returns options for components and look-ups that are to use it.
 * @throws pulumi.RunError when it does not answer. A preview does without it.
 */
export async function useEngine({ text, ...endpoint }: EngineArgs): Promise<{ provider?: pulumi.ProviderResource }> {
  if (!endpoint.address) {
    // The plugin takes a third of a second to start, and now nobody waits for it yet. What needs it says so when it cannot.
    void networkExists('none').catch(() => {});
    return {};
  }
  const opts = { provider: connectTo({ ...endpoint, address: endpoint.address }) };
  if (!pulumi.runtime.isDryRun()) await requireAnswer(text, opts);
  return opts;
}

/**
 * Binds a stack to its engine, and refuses another one than that on which it is deployed: the provider would make everything anew there,
 * and leave what runs on the first behind. To be awaited when the engine has answered and has nothing in the way, as a stack is not to be
 * bound to a wrong one, and before anything else is registered.
 *
 * @throws pulumi.RunError when it is another one.
 */
export async function bindToEngine({ text }: EngineArgs): Promise<void> {
  // Keeps its first value until it is replaced.
  const deployedOn = await known(new pulumi.Stash('host', { input: text }).output as pulumi.Output<string>);
  if (deployedOn === text) return;
  const stack = pulumi.getStack();
  throw new pulumi.RunError(
    `The stack ${stack} is deployed on ${deployedOn}, and Pulumi.${stack}.yaml now says ${text}. Nothing was created or changed: what runs on the first would stay there, unknown to Pulumi.\n` +
      `  To move:                     set ${pulumi.getProject()}:host back, npm run down -- --stack ${stack} (the volumes stay there), set it again, npm run up -- --stack ${stack}\n` +
      `  If both are the same engine: pulumi up --replace '**::host'\n`,
  );
}
