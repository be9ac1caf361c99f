import * as pulumi from '@pulumi/pulumi';
import { type EngineId, type Host, hostText, otherEngine } from '../core/endpoint.ts';
import { connect, type Docker } from '../docker/client.ts';
import { type NamedEndpoint, nameOfEndpoint, resolveHost } from '../docker/contexts.ts';
import { identify } from '../docker/identity.ts';
import { remembering } from '../docker/remembering.ts';
import { createProvider, networkExists } from '../platform/docker/provider.ts';
import { resolved } from '../platform/output.ts';
import { readOwnState } from './state.ts';

/** @throws pulumi.RunError when no engine answers, with what the connection said. */
async function requireAnswer(endpoint: NamedEndpoint, opts: pulumi.InvokeOptions): Promise<void> {
  try {
    // Every engine has this one.
    if (await networkExists('none', opts)) return;
    throw new Error('not a Docker engine');
  } catch (error) {
    const [, reason] = /(?:'_ping' endpoint\. Error: |returned an error: )(.*)/s.exec((error as Error).message) ?? [];
    throw new pulumi.RunError(
      `${nameOfEndpoint(endpoint)} does not answer: ${(reason ?? (error as Error).message).trim()}\nNothing was created or changed. Does docker version answer there?\n`,
    );
  }
}

/** The engine of a stack. */
export interface Engine {
  endpoint: NamedEndpoint;
  docker: Docker;
  /** The same, for looking at it as it is before anything changes: each question is asked once. */
  look: Docker;
  /** For components and look-ups: the provider for the engine. */
  opts: { provider: pulumi.ProviderResource };
  /** What it says of itself; undefined when it does not answer the docker command. */
  found: Promise<EngineId | undefined>;
}

const HOST = 'host';
const ENGINE = 'engine';

/** The engine to which a stack is bound, without binding it; undefined when it is bound to the text of its file alone. */
async function readBound(): Promise<EngineId | undefined> {
  const known = (await readOwnState()).find(
    ({ urn, type }) => type === 'pulumi:index:Stash' && urn.endsWith(`::${ENGINE}`),
  );
  return known?.outputs['output'] as EngineId | undefined;
}

/** What to do about a stack that is deployed elsewhere. */
function refusal(wrong: string): pulumi.RunError {
  const stack = pulumi.getStack();
  return new pulumi.RunError(
    `${wrong} Nothing was created or changed: what runs on the first would stay there, unknown to Pulumi.\n` +
      `  To deploy there:             choose it again (host in Pulumi.${stack}.yaml, DOCKER_HOST, docker context use)\n` +
      `  To move:                     on the first, npm run down -- --stack ${stack} (the volumes stay there); on the second, npm run up -- --stack ${stack}\n` +
      `  If both are the same engine: pulumi up --replace '**::${HOST}'\n`,
  );
}

/** Whether an engine is reached as in the first run. Saves reading the state. */
async function isFirstAddress({ address = '' }: NamedEndpoint): Promise<boolean> {
  // Keeps its first value.
  const stash = new pulumi.Stash('address', { input: address }, { ignoreChanges: ['input'] });
  return (await resolved(stash.output as pulumi.Output<string>)) === address;
}

/**
 * Refuses another engine before its address gets into the state, with the provider: a refresh or a destroy would go there.
 *
 * @throws pulumi.RunError when it is another engine.
 */
async function requireBound(endpoint: NamedEndpoint, asked: Promise<EngineId | undefined>): Promise<void> {
  if (pulumi.runtime.isDryRun()) return;
  const [bound, found] = await Promise.all([readBound(), asked]);
  if (bound?.id && found && bound.id !== found.id)
    throw refusal(otherEngine(pulumi.getStack(), bound, found, nameOfEndpoint(endpoint)));
}

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
  const docker = connect(endpoint);
  const look = remembering(docker);
  const found = identify(look);
  if (!(await isFirstAddress(endpoint))) await requireBound(endpoint, found);
  // The plugin takes a third of a second to start; this starts it, before anything waits for it.
  const provider = createProvider(endpoint);
  // What needs the default engine reports failures itself.
  if (endpoint.address !== undefined && !pulumi.runtime.isDryRun()) await requireAnswer(endpoint, { provider });
  return { endpoint, docker, look, opts: { provider }, found };
}

/**
 * Binds a stack to its engine, and refuses another engine while the stack is deployed: the provider would recreate everything there and
 * leave what runs on the first behind. The engine counts, by what it says of itself, not its address. Call it when the engine has answered
 * and no name conflicts, so a stack is never bound to a wrong engine, and before anything else is registered.
 *
 * A preview, which changes nothing, may ask another engine than the stack's as long as the stack file says the same: it warns.
 *
 * @returns the engine to which the stack is bound; undefined when it could not be asked.
 * @throws pulumi.RunError when it is another engine.
 */
export async function bindToEngine(
  host: Host,
  { endpoint, found: asked }: Pick<Engine, 'endpoint' | 'found'>,
): Promise<EngineId | undefined> {
  const stack = pulumi.getStack();
  const text = hostText(host);
  const found = await asked;
  const preview = pulumi.runtime.isDryRun();
  // Each keeps its first value until it is replaced.
  const stash = new pulumi.Stash(HOST, { input: text });
  const deployedOn = await resolved(stash.output as pulumi.Output<string>);
  if (deployedOn !== text) {
    const bound = await readBound();
    const unclear = `The stack ${stack} is deployed on ${deployedOn}, and Pulumi.${stack}.yaml now says ${text}.`;
    if (!found && preview && bound)
      await pulumi.log.warn(`${unclear} Could not check whether that is the same engine.`);
    else if (!bound || !found) throw refusal(unclear);
    else if (bound.id !== found.id) throw refusal(otherEngine(stack, bound, found, nameOfEndpoint(endpoint)));
  }
  // Without an answer there is nothing to bind to, and what is bound stays so.
  if (!found && !preview && !(await readBound())) return undefined;
  const input = found ?? { id: '', name: '' };
  const opts = { replaceWith: [stash], ...((preview || !found) && { ignoreChanges: ['input'] }) };
  const bound = await resolved(new pulumi.Stash(ENGINE, { input }, opts).output as pulumi.Output<EngineId>);
  if (!found || !bound.id || bound.id === found.id) return bound;
  const wrong = otherEngine(stack, bound, found, nameOfEndpoint(endpoint));
  if (!preview) throw refusal(wrong);
  await pulumi.log.warn(`${wrong} This preview asks the second one what is there; an update would be refused.`);
  return bound;
}
