import { sourceOf, storageOf } from '../core/storage.js';
import { serverNames } from '../core/valkey.js';
export const serverOn = (server, present) => {
    const { name } = server;
    const source = sourceOf(storageOf(server));
    const servers = present.filter(({ kind, role, volumes }) => kind === 'container' && volumes.includes(source) && (role ?? 'server') === 'server');
    return (servers.find(({ role, runs, service }) => role && runs && service) ??
        servers.find(({ role }) => role) ??
        servers.find((one) => one.name === name) ??
        servers[0]);
};
export function severalOn(valkey, present) {
    const [, ...others] = serverNames(valkey.name);
    const found = present.filter(({ kind, role, name }) => kind === 'container' && role === 'server' && others.includes(name));
    const first = serverOn(valkey, present);
    if (!first || found.length === 0)
        return undefined;
    const copies = found.map(({ name, volumes }) => ({ container: name, volume: volumes[0] ?? '' }));
    return { servers: [{ container: first.name, volume: valkey.volume }, ...copies] };
}
