import { nested } from '../core/hostPaths.js';
import { lookAtHost, samePlace } from './hostPaths.js';
import { inspect } from './inspect.js';
const NONE = { users: [], namesakes: [] };
const isVolume = (mount, volume) => mount === volume || mount.endsWith(`/volumes/${volume}/_data`);
const runs = ({ State }) => State.Running || State.Restarting;
const restartOf = ({ HostConfig }) => HostConfig.RestartPolicy.Name || 'no';
const userOf = (data, container) => ({
    ...{ data, container: container.Name.slice(1), runs: runs(container), restart: restartOf(container) },
});
const writable = ({ Mounts }) => Mounts.filter(({ RW }) => RW);
async function writtenPaths(docker, containers) {
    const names = containers.flatMap((one) => writable(one).flatMap(({ Type, Name }) => (Type === 'volume' && Name) || []));
    const devices = new Map((await inspect(docker, 'volume', [...new Set(names)])).map(({ Name, Options }) => [
        Name,
        Options?.['device'] ?? '',
    ]));
    const pathOf = ({ Type, Name = '', Source }) => Type === 'bind' ? Source : (devices.get(Name) ?? '');
    return containers.flatMap((container) => writable(container)
        .map(pathOf)
        .filter((path) => path.startsWith('/'))
        .map((path) => ({ path, container })));
}
async function folderUsers(docker, containers, folders, image) {
    if (folders.length === 0)
        return [];
    const written = await writtenPaths(docker, containers);
    const pairs = folders.flatMap((folder) => written.map((one) => ({ folder, ...one })));
    const isNamed = ({ folder, path }) => nested(folder, path);
    const unclear = pairs.filter((pair) => !isNamed(pair));
    const places = image === undefined || unclear.length === 0
        ? new Map()
        :
            await lookAtHost(docker, image, [...folders, ...unclear.map(({ path }) => path)]).catch(() => new Map());
    const isOne = ({ folder, path }) => {
        const [one, other] = [places.get(folder), places.get(path)];
        return one !== undefined && other !== undefined && samePlace(one, other);
    };
    return pairs
        .filter((pair) => isNamed(pair) || isOne(pair))
        .map(({ folder, container }) => userOf({ folder }, container));
}
function namesakesAmong({ Name, NetworkSettings }, hostNames) {
    const container = Name.slice(1);
    return hostNames
        .filter(({ network, host }) => {
        const joined = NetworkSettings.Networks[network];
        return joined && [container, ...(joined.Aliases ?? []), ...(joined.DNSNames ?? [])].includes(host);
    })
        .map((one) => ({ ...one, container }));
}
export async function neighboursOf(docker, containers, isOwn, needs) {
    const volumes = needs.data.flatMap((one) => ('volume' in one ? one.volume : []));
    const folders = needs.data.flatMap((one) => ('folder' in one ? one.folder : []));
    const near = containers.filter((one) => one.kind === 'container' &&
        !isOwn(one) &&
        ((folders.length > 0 && one.volumes.length > 0) ||
            volumes.some((volume) => one.volumes.some((mount) => isVolume(mount, volume))) ||
            needs.hostNames.some(({ network }) => one.networks?.includes(network))));
    if (near.length === 0)
        return NONE;
    const found = await inspect(docker, 'container', near.map(({ name }) => name));
    const active = found.filter((one) => runs(one) || restartOf(one) !== 'no');
    const onVolumes = active.flatMap((one) => volumes
        .filter((volume) => writable(one).some(({ Name, Source }) => isVolume(Name || Source, volume)))
        .map((volume) => userOf({ volume }, one)));
    return {
        users: [...onVolumes, ...(await folderUsers(docker, active, folders, needs.image))],
        namesakes: found.flatMap((one) => namesakesAmong(one, needs.hostNames)),
    };
}
export const useText = ({ container, runs, restart }) => runs
    ? `on which the container ${container} runs`
    : `which the stopped container ${container} uses; its restart policy "${restart}" lets Docker start it again`;
export const namesakeText = ({ container, host }) => `on which the container ${container} answers to ${host} as well`;
export const leaveData = ({ container, data }) => `docker rm --force ${container} (its ${'folder' in data ? 'folders stay' : 'volumes stay'}), or docker update --restart no ${container} && docker stop ${container}`;
export const leaveNetwork = ({ network, container }) => `docker network disconnect ${network} ${container}`;
