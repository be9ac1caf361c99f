import { otherEngine } from '../core/endpoint.js';
import { UserError } from '../core/errors.mjs';
import { nameOfEndpoint } from '../docker/contexts.js';
import { identify } from '../docker/identity.js';
export const boundEngine = (resources, name = 'engine') => resources.find(({ type, urn }) => type === 'pulumi:index:Stash' && urn.endsWith(`::${name}`))?.outputs?.['output'];
export async function requireSameEngine(docker, stack, bound) {
    if (!bound?.id)
        return;
    const found = await identify(docker);
    if (!found || found.id === bound.id)
        return;
    throw new UserError(`${otherEngine(stack, bound, found, nameOfEndpoint(docker.endpoint))} Nothing was changed.`, `choose the engine of ${bound.name} (host in Pulumi.${stack.split('/').at(-1)}.yaml, DOCKER_HOST, docker context use), or deploy a new stack where the other one answers`);
}
