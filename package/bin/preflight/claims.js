import { balancerNameOf, databaseNetworkOf, initContainerOf, liveFilesOf, secretsVolumeOf } from '../core/names.js';
import { deploysPostgres } from '../core/postgres.js';
import { serverNames } from '../core/valkey.js';
export function claimsOf({ database, gateway, hardening, network, valkey, webui, }, project) {
    const another = (setting) => `choose another ${project}:${setting}`;
    const container = (name, setting) => ({
        ...{ kind: 'container', name },
        toDo: `remove it (docker rm --force ${name}; its volumes stay), or ${another(setting)}`,
    });
    const data = (section, { volume: name, adoptVolume: adopt, folder }) => folder === undefined
        ? [
            {
                ...{ kind: 'volume', name, adopt, setting: `${project}:${section}.volume` },
                toDo: `adopt it with its data (${project}:${section}.adoptVolume: true), or ${another(`${section}.volume`)}`,
            },
        ]
        : [];
    const internal = (name, setting) => ({
        ...{ kind: 'network', name },
        toDo: `remove it (docker network rm ${name}), or ${another(setting)}`,
    });
    const init = (name, setting) => [
        container(initContainerOf(name), setting),
        {
            ...{ kind: 'volume', name: secretsVolumeOf(name) },
            toDo: `remove it (docker volume rm ${secretsVolumeOf(name)}), or ${another(setting)}`,
        },
    ];
    const strict = hardening === 'strict';
    const balancer = balancerNameOf(valkey.name);
    const several = [
        ...serverNames(valkey.name).flatMap((name, index) => [
            ...(index === 0
                ? []
                : [container(name, 'valkey.name'), ...data('valkey', { ...valkey, volume: `${valkey.volume}-${index + 1}` })]),
            ...init(name, 'valkey.name'),
        ]),
        container(balancer, 'valkey.name'),
        ...init(balancer, 'valkey.name'),
    ];
    const files = liveFilesOf(gateway.name);
    const between = [
        {
            ...{ kind: 'network', name: network.gatewayName },
            toDo: `remove it (docker network rm ${network.gatewayName}), or ${another('network.gatewayName')}`,
        },
        container(gateway.name, 'gateway.name'),
        ...data('gateway', gateway),
        container(files, 'gateway.name'),
        {
            ...{ kind: 'volume', name: files },
            toDo: `remove it (docker volume rm ${files}), or ${another('gateway.name')}`,
        },
        ...(hardening === 'strict' ? [container(initContainerOf(gateway.name), 'gateway.name')] : []),
    ];
    const own = {
        ...{ kind: 'network', name: network.name },
        toDo: `use it as it is (${project}:network.external: true), or ${another('network.name')}`,
    };
    return [
        ...(network.external ? [] : [own]),
        container(valkey.name, 'valkey.name'),
        ...data('valkey', valkey),
        ...(valkey.highAvailability ? several : []),
        container(webui.name, 'webui.name'),
        ...data('webui', webui),
        ...(strict ? [internal(network.internalName, 'network.internalName'), ...init(webui.name, 'webui.name')] : []),
        ...(valkey.folder === undefined ? [] : [container(initContainerOf(valkey.name), 'valkey.name')]),
        ...(deploysPostgres(database)
            ? [
                internal(databaseNetworkOf(database.name), 'database.name'),
                container(database.name, 'database.name'),
                ...data('database', database),
                ...init(database.name, 'database.name'),
            ]
            : []),
        ...(gateway.domain === undefined ? [] : between),
    ];
}
