import { hostNames, joinedBy } from '../core/attachments.js';
import { balancerNameOf, databaseNetworkOf } from '../core/names.js';
import { deploysPostgres } from '../core/postgres.js';
import { sourceOf, storageAt, storageText } from '../core/storage.js';
import { serverNames } from '../core/valkey.js';
import { leaveData, leaveNetwork, namesakeText, neighboursOf, useText } from '../docker/neighbours.js';
export const ALONE = { hostNames: [], settings: new Map(), folders: new Map() };
const aliasSettings = (server, joined, project) => joined.flatMap(({ network, aliases = [] }) => aliases.map((alias) => [alias, `${project}:${server}.networks.${network}.aliases`]));
export function sharingOf(settings, project, image) {
    const { database, gateway, network, valkey, webui } = settings;
    const onWebuis = joinedBy('webui', settings);
    const [first = { network: settings.network.name }, ...others] = joinedBy('valkey', settings);
    const onValkeys = [{ ...first, aliases: [valkey.alias, ...(first.aliases ?? [])] }, ...others];
    const deploys = deploysPostgres(database);
    return {
        image,
        folders: new Map(Object.entries({ valkey, webui }).flatMap(([section, { folder }]) => folder === undefined ? [] : [[folder, `${project}:${section}.folder`]])),
        hostNames: hostNames([
            { name: webui.name, networks: onWebuis },
            ...(valkey.highAvailability
                ? [
                    { name: balancerNameOf(valkey.name), networks: onValkeys },
                    ...serverNames(valkey.name).map((name) => ({ name, networks: [{ network: first.network }] })),
                ]
                : [{ name: valkey.name, networks: onValkeys }]),
            ...(deploys ? [{ name: database.name, networks: [{ network: databaseNetworkOf(database.name) }] }] : []),
            ...(gateway.domain === undefined ? [] : [{ name: gateway.name, networks: [{ network: network.gatewayName }] }]),
        ]),
        settings: new Map([
            ...aliasSettings('webui', onWebuis, project),
            ...aliasSettings('valkey', onValkeys, project),
            [gateway.name, `${project}:gateway.name`],
            [webui.name, `${project}:webui.name`],
            [valkey.name, `${project}:valkey.name`],
            [valkey.alias, `${project}:valkey.alias`],
            ...(deploys ? [[database.name, `${project}:database.name`]] : []),
        ]),
    };
}
export async function refusalsFor(docker, { objects, isOwn, data, sharing, leaving }) {
    const needs = { data: [...data.keys()].map(storageAt), image: sharing.image, hostNames: sharing.hostNames };
    const { users, namesakes } = await neighboursOf(docker, objects, isOwn, needs);
    const staying = leaving.flatMap((network) => objects
        .filter((one) => one.kind === 'container' && !isOwn(one) && one.networks?.includes(network))
        .map(({ name }) => ({ network, container: name })));
    return [
        ...users.map((user) => ({
            what: `the ${storageText(user.data)}, ${useText(user)}`,
            toDo: `${leaveData(user)}; or choose another ${data.get(sourceOf(user.data))}`,
        })),
        ...namesakes.map((one) => ({
            what: `the network ${one.network}, ${namesakeText(one)}`,
            toDo: `${leaveNetwork(one)}, or choose another ${sharing.settings.get(one.host)}`,
        })),
        ...staying.map((one) => ({
            what: `the network ${one.network}, which this update removes while the container ${one.container} is on it`,
            toDo: `${leaveNetwork(one)}, or keep the network by its setting`,
        })),
    ];
}
