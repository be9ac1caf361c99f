import { ownerOf } from '../core/labels.js';
import { sourceOf, storageOf } from '../core/storage.js';
import { serverNames } from '../core/valkey.js';
import { inspectServices } from '../docker/services.js';
export const serverOn = (server, present) => {
    const { name } = server;
    const source = sourceOf(storageOf(server));
    const servers = present.filter(({ kind, role, volumes }) => kind === 'container' && volumes.includes(source) && (role ?? 'server') === 'server');
    return (servers.find(({ role, runs, service }) => role && runs && service) ??
        servers.find(({ role }) => role) ??
        servers.find((one) => one.name === name) ??
        servers[0]);
};
export async function ownServices(docker, names, mine) {
    return (await inspectServices(docker, names)).filter(({ Spec }) => {
        const owner = ownerOf(Spec.Labels);
        return owner?.project === mine.project && owner.stack === mine.stack;
    });
}
export async function severalServices(docker, valkey, present, mine) {
    const [service = '', ...others] = serverNames(valkey.name);
    const found = (await ownServices(docker, others, mine)).map(({ Spec }) => Spec.Name);
    if (found.length === 0)
        return undefined;
    const first = { container: serverOn(valkey, present)?.name ?? service, service, volume: valkey.volume };
    const copies = found.map((name) => ({
        container: '',
        service: name,
        volume: `${valkey.volume}${name.slice(service.length)}`,
    }));
    return { servers: [first, ...copies] };
}
export function severalOn(valkey, present) {
    const [, ...others] = serverNames(valkey.name);
    const found = present.filter(({ kind, role, name }) => kind === 'container' && role === 'server' && others.includes(name));
    const first = serverOn(valkey, present);
    if (!first || found.length === 0)
        return undefined;
    const copies = found.map(({ name, volumes }) => ({ container: name, volume: volumes[0] ?? '' }));
    return { servers: [{ container: first.name, volume: valkey.volume }, ...copies] };
}
