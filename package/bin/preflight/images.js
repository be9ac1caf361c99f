import * as pulumi from '@pulumi/pulumi';
import { isBuiltHere } from '../core/images.js';
import { IMAGE } from '../core/resourceTypes.js';
import { inspect } from '../docker/inspect.js';
import { isPartOf, readOwnState } from './state.js';
export async function pulled(docker, reference, { image }) {
    const refused = (why, toDo) => new pulumi.RunError(`${why}. Nothing was created or changed.\n  to do: ${toDo}\n`);
    if (isBuiltHere(reference))
        throw refused(`The engine has no image ${reference}, and no registry has it`, image);
    await pulumi.log.info(`pulling ${reference}`);
    const { code, stderr } = await docker.capture(['pull', '--quiet', reference]);
    const [found] = code === 0 ? await inspect(docker, 'image', [reference]) : [];
    if (found)
        return found.Id;
    throw refused(`${reference} cannot be pulled: ${stderr.trim().split('\n').at(-1)}`, 'correct the reference; if its registry is private, add its credentials to registries');
}
export async function knownImages({ deployment }) {
    const images = (await readOwnState()).filter(({ type }) => type === IMAGE);
    const idOf = (server) => {
        const id = images.find(({ urn }) => isPartOf(urn, deployment, `${server}-image`))?.outputs['imageId'];
        return typeof id === 'string' ? id : undefined;
    };
    return { webui: idOf('webui'), valkey: idOf('valkey'), database: idOf('postgres'), gateway: idOf('gateway') };
}
