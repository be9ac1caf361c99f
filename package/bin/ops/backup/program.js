import { inspect } from '../../docker/inspect.js';
const UNKNOWN = { image: '(not known: there was no container)', imageId: '', digests: [] };
export async function programOf(docker, container, version) {
    if (!container)
        return { ...UNKNOWN, version };
    const [found] = await inspect(docker, 'image', [container.Image]);
    return { image: container.Config.Image, imageId: container.Image, digests: found?.RepoDigests ?? [], version };
}
