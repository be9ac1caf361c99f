import { existsOnHost } from './hostPaths.js';
import { inspect } from './inspect.js';
export async function presentData(docker, data) {
    const all = Object.entries(data);
    const names = all.flatMap(([, one]) => ('volume' in one ? one.volume : []));
    const volumes = (await inspect(docker, 'volume', names)).map(({ Name }) => Name);
    const exists = await Promise.all(all.map(([, one]) => ('folder' in one ? existsOnHost(docker, one.folder) : volumes.includes(one.volume))));
    return Object.fromEntries(all.filter((_, index) => exists[index]));
}
