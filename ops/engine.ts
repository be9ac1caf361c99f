import { type EngineId, otherEngine } from '../core/endpoint.ts';
import { UserError } from '../core/errors.mjs';
import type { Docker } from '../docker/client.ts';
import { nameOfEndpoint } from '../docker/contexts.ts';
import { identify } from '../docker/identity.ts';

/** A resource of a state, as far as it is read. */
interface Noted {
  urn: string;
  type: string;
  outputs?: Record<string, unknown>;
}

/**
 * The engine to which a state binds its stack; undefined when nothing is deployed, or an earlier release has deployed it. The outputs of a
 * stack that was removed may still name one.
 *
 * @param name of the note of it. Default: that of this project's own program
 */
export const boundEngine = (resources: readonly Noted[], name = 'engine'): EngineId | undefined =>
  resources.find(({ type, urn }) => type === 'pulumi:index:Stash' && urn.endsWith(`::${name}`))?.outputs?.['output'] as
    | EngineId
    | undefined;

/**
 * Refuses to act on another engine than the one that a stack is on: there, all of the stack would seem to be gone.
 *
 * @param bound the engine of the stack, by its outputs. What an earlier release has deployed names none, and is not checked.
 * @throws UserError with both engines. An engine that does not answer is left to what follows, which reports it.
 */
export async function requireSameEngine(docker: Docker, stack: string, bound: EngineId | undefined): Promise<void> {
  if (!bound?.id) return;
  const found = await identify(docker);
  if (!found || found.id === bound.id) return;
  throw new UserError(
    `${otherEngine(stack, bound, found, nameOfEndpoint(docker.endpoint))} Nothing was changed.`,
    `choose the engine of ${bound.name} (host in Pulumi.${stack.split('/').at(-1)}.yaml, DOCKER_HOST, docker context use), or deploy a new stack where the other one answers`,
  );
}
