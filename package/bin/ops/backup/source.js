import { archiveContainerOf } from '../../core/names.js';
import { projectName } from '../../settings/file.js';
import { commandsOf } from '../pulumi.js';
import { serversOf } from './parts/index.js';
export const sourceOf = ({ name, docker, servers, pulumi }) => ({
    docker,
    servers: {
        ...servers,
        valkey: {
            ...servers.valkey,
            container: servers.valkey.several?.servers[0]?.container || servers.valkey.container,
            host: undefined,
        },
    },
    owner: { project: projectName(pulumi.workspace.root), stack: name },
    commands: commandsOf(pulumi.workspace),
});
export const helperFor = ({ docker, owner, servers, commands, }) => ({
    ...{ docker, owner, commands },
    name: archiveContainerOf(servers.webui.service ?? servers.webui.container),
    data: Object.fromEntries(serversOf({ servers }).map(({ part, storage }) => [part.name, storage])),
});
