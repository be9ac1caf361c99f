import * as pulumi from '@pulumi/pulumi';
import { type EngineId, type Host, hostText, otherEngine } from '../core/endpoint.ts';
import type { Registries } from '../core/registries.ts';
import { connect, type Docker } from '../docker/client.ts';
import { type NamedEndpoint, nameOfEndpoint, resolveHost } from '../docker/contexts.ts';
import { authenticated } from '../docker/credentials.ts';
import { identify } from '../docker/identity.ts';
import { remembering } from '../docker/remembering.ts';
import { createProvider, networkExists } from '../platform/docker/provider.ts';
import { resolved } from '../platform/output.ts';
import { ofStackFile, type Subject } from './origin.ts';
import { readOwnState } from './state.ts';

/** @throws pulumi.RunError when no engine answers, with what the connection said. */
async function requireAnswer(endpoint: NamedEndpoint, provider: pulumi.ProviderResource): Promise<void> {
  try {
    // Every engine has this one.
    if (await networkExists('none', { provider })) return;
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
  /** The provider for the manager of its Swarm, where that is another engine. */
  manager?: pulumi.ProviderResource | undefined;
  /** What it says of itself; undefined when it does not answer the docker command. */
  found: Promise<EngineId | undefined>;
}

const HOST = 'host';
const ENGINE = 'engine';

/** The engine to which a stack is bound, without binding it; undefined when it is bound to the text of its file alone. */
async function readBound({ nameOf }: Subject): Promise<EngineId | undefined> {
  const known = (await readOwnState()).find(
    ({ urn, type }) => type === 'pulumi:index:Stash' && urn.endsWith(`::${nameOf(ENGINE)}`),
  );
  return known?.outputs['output'] as EngineId | undefined;
}

/** What to do about a stack that is deployed elsewhere. */
function refusal(wrong: string, { file, nameOf, commands }: Subject): pulumi.RunError {
  return new pulumi.RunError(
    `${wrong} Nothing was created or changed: what runs on the first would keep running, unknown to Pulumi.\n` +
      `  To deploy there:             select it again (host in ${file}, DOCKER_HOST, docker context use)\n` +
      `  To move:                     on the first, ${commands.backup} and ${commands.down} (the volumes stay there);\n` +
      `                               on the second, ${commands.up} and ${commands.restore('FILE')}\n` +
      `  If both are the same engine: pulumi up --replace '**::${nameOf(HOST)}'\n`,
  );
}

/** Whether an engine is reached as in the first run. Saves reading the state. */
async function isFirstAddress({ address = '' }: NamedEndpoint, { nameOf, opts }: Subject): Promise<boolean> {
  // Keeps its first value.
  const stash = new pulumi.Stash(nameOf('address'), { input: address }, { ...opts, ignoreChanges: ['input'] });
  return (await resolved(stash.output as pulumi.Output<string>)) === address;
}

/**
 * Refuses another engine before its address gets into the state, with the provider: a refresh or a destroy would go there.
 *
 * @throws pulumi.RunError when it is another engine.
 */
async function requireBound(
  endpoint: NamedEndpoint,
  asked: Promise<EngineId | undefined>,
  subject: Subject,
): Promise<void> {
  if (pulumi.runtime.isDryRun()) return;
  const [bound, found] = await Promise.all([readBound(subject), asked]);
  if (bound?.id && found && bound.id !== found.id)
    throw refusal(otherEngine(pulumi.getStack(), bound, found, nameOfEndpoint(endpoint)), subject);
}

/**
 * Finds the engine of a stack: the one that its file names, else DOCKER_HOST's or the current Docker context's.
 *
 * @param registries to which provider and client sign in when they pull.
 * @throws pulumi.RunError when something on this machine is missing, or when it does not answer. A preview goes on without an answer.
 */
export async function requireEngine(
  host: Host,
  subject: Subject = ofStackFile(),
  registries: Registries = {},
): Promise<Engine> {
  let endpoint: NamedEndpoint;
  try {
    endpoint = resolveHost(host, subject.file);
  } catch (error) {
    throw new pulumi.RunError((error as Error).message);
  }
  const docker = authenticated(connect(endpoint), registries);
  const look = remembering(docker);
  const found = identify(look);
  if (!(await isFirstAddress(endpoint, subject))) await requireBound(endpoint, found, subject);
  // The plugin takes a third of a second to start; this starts it, before anything waits for it.
  const provider = subject.provider ?? createProvider(subject.nameOf('engine'), endpoint, registries, subject.opts);
  // What needs the default engine reports failures itself.
  const update = !pulumi.runtime.isDryRun();
  if (endpoint.address !== undefined && update) await requireAnswer(endpoint, provider);
  const manager =
    endpoint.manager && createProvider(subject.nameOf('manager'), endpoint.manager, registries, subject.opts);
  if (endpoint.manager && manager && update) await requireAnswer(endpoint.manager, manager);
  return { endpoint, docker, look, opts: { provider }, manager, found };
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
  subject: Subject = ofStackFile(),
): Promise<EngineId | undefined> {
  const stack = pulumi.getStack();
  const text = hostText(host);
  const found = await asked;
  const preview = pulumi.runtime.isDryRun();
  // Each keeps its first value until it is replaced.
  const stash = new pulumi.Stash(subject.nameOf(HOST), { input: text }, subject.opts);
  const deployedOn = await resolved(stash.output as pulumi.Output<string>);
  if (deployedOn !== text) {
    const bound = await readBound(subject);
    const unclear = `The stack ${stack} is deployed on ${deployedOn}, and ${subject.file} now says ${text}.`;
    if (!found && preview && bound)
      await pulumi.log.warn(`${unclear} Could not check whether that is the same engine.`);
    else if (!bound || !found) throw refusal(unclear, subject);
    else if (bound.id !== found.id) throw refusal(otherEngine(stack, bound, found, nameOfEndpoint(endpoint)), subject);
  }
  // Without an answer there is nothing to bind to, and what is bound stays so.
  if (!found && !preview && !(await readBound(subject))) return undefined;
  const input = found ?? { id: '', name: '' };
  const opts = { ...subject.opts, replaceWith: [stash], ...((preview || !found) && { ignoreChanges: ['input'] }) };
  const bound = await resolved(
    new pulumi.Stash(subject.nameOf(ENGINE), { input }, opts).output as pulumi.Output<EngineId>,
  );
  if (!found || !bound.id || bound.id === found.id) return bound;
  const wrong = otherEngine(stack, bound, found, nameOfEndpoint(endpoint));
  if (!preview) throw refusal(wrong, subject);
  await pulumi.log.warn(`${wrong} This preview inspects the second one; an update would be refused.`);
  return bound;
}
