import * as pulumi from '@pulumi/pulumi';
import { type Host, hostText } from '../core/endpoint.ts';
import { type NamedEndpoint, resolveHost } from '../docker/contexts.ts';
import { createProvider, networkExists } from '../platform/docker/provider.ts';
import { resolved } from '../platform/output.ts';

/** @throws pulumi.RunError when no engine answers, with what the connection said. */
async function requireAnswer(host: Host, opts: pulumi.InvokeOptions): Promise<void> {
  try {
    // Every engine has this one.
    if (await networkExists('none', opts)) return;
    throw new Error('not a Docker engine');
  } catch (error) {
    const [, reason] = /(?:'_ping' endpoint\. Error: |returned an error: )(.*)/s.exec((error as Error).message) ?? [];
    throw new pulumi.RunError(
      `${hostText(host)} does not answer: ${(reason ?? (error as Error).message).trim()}\nNothing was created or changed. Does docker version answer there?\n`,
    );
  }
}

/** The engine of a stack. */
export interface Engine {
  endpoint: NamedEndpoint;
  /** For components and look-ups: the provider for the engine; none for the default one. */
  opts: { provider?: pulumi.ProviderResource };
}

/** The provider reads DOCKER_HOST itself, but no contexts. */
const isDefault = ({ by }: NamedEndpoint) => by === undefined || by === 'DOCKER_HOST';

/**
 * Finds the engine of a stack: the one that its file names, else DOCKER_HOST's or the present Docker context's.
 *
 * @throws pulumi.RunError when something on this machine is missing, or when it does not answer. A preview goes on without an answer.
 */
export async function requireEngine(host: Host): Promise<Engine> {
  let endpoint: NamedEndpoint;
  try {
    endpoint = resolveHost(host, `Pulumi.${pulumi.getStack()}.yaml`);
  } catch (error) {
    throw new pulumi.RunError((error as Error).message);
  }
  const provider = isDefault(endpoint) ? undefined : createProvider(endpoint);
  if (!provider) {
    // The plugin takes a third of a second to start: start it now, before anything waits for it. What needs it reports failures.
    void networkExists('none').catch(() => {});
    return { endpoint, opts: {} };
  }
  if (!pulumi.runtime.isDryRun()) await requireAnswer(host, { provider });
  return { endpoint, opts: { provider } };
}

/**
 * Binds a stack to its engine, and refuses another engine while the stack is deployed: the provider would recreate everything there and
 * leave what runs on the first behind. Call it when the engine has answered and no name conflicts, so a stack is never bound to a wrong
 * engine, and before anything else is registered.
 *
 * @throws pulumi.RunError when it is another engine.
 */
export async function bindToEngine(host: Host): Promise<void> {
  const text = hostText(host);
  // Keeps its first value until it is replaced.
  const deployedOn = await resolved(new pulumi.Stash('host', { input: text }).output as pulumi.Output<string>);
  if (deployedOn === text) return;
  const stack = pulumi.getStack();
  throw new pulumi.RunError(
    `The stack ${stack} is deployed on ${deployedOn}, and Pulumi.${stack}.yaml now says ${text}. Nothing was created or changed: what runs on the first would stay there, unknown to Pulumi.\n` +
      `  To move:                     set ${pulumi.getProject()}:host back, npm run down -- --stack ${stack} (the volumes stay there), set it again, npm run up -- --stack ${stack}\n` +
      `  If both are the same engine: pulumi up --replace '**::host'\n`,
  );
}
