import * as pulumi from '@pulumi/pulumi';
import { named } from './types.js';
const text = { type: 'string' };
const list = { type: 'array', items: text };
const object = (description, properties, required = []) => ({ type: 'object', description, properties, required: required.toSorted() });
const server = {
    container: { ...text, description: 'Name of the container; on Swarm that of the service.' },
    service: { ...text, description: 'Name of the service; absent on one Docker host.' },
    volume: { ...text, description: 'Name of the volume with its data; absent where that is in a folder.' },
    folder: { ...text, description: 'Folder of the Docker host with its data; absent where that is in a volume.' },
};
export const OUTPUT_TYPES = {
    Servers: object('The servers of a deployment.', {
        webui: { ...named('WebUIServer'), description: 'The web UI.' },
        valkey: { ...named('ValkeyServer'), description: 'Valkey.' },
        database: { ...named('DatabaseServer'), description: 'Postgres, where it is deployed.' },
        gateway: { ...named('GatewayServer'), description: 'The gateway, where there is one.' },
    }, ['webui', 'valkey']),
    WebUIServer: object('The web UI of a deployment.', {
        ...server,
        publishedAt: {
            ...text,
            description: 'Where the Docker host reaches the page; absent where it is not published.',
        },
        processes: { type: 'integer', description: 'Server processes of each web UI that subscribe to Valkey.' },
        replicas: { type: 'integer', description: 'Number of web UIs; absent on one Docker host, which has one.' },
        database: { ...text, description: 'Where its database is, unless that is SQLite: postgres.' },
        bucket: { ...text, description: 'Name of the bucket with uploaded files, unless they are with its data.' },
    }, ['container', 'processes']),
    ValkeyServer: object('The Valkey of a deployment.', server, ['container']),
    DatabaseServer: object('The Postgres of a deployment.', server, ['container']),
    GatewayServer: object('The gateway of a deployment.', {
        container: server.container,
        service: server.service,
        volume: { ...text, description: 'Name of the volume with its certificates.' },
        origins: { ...list, description: 'Origins of the page, in the order of the domains.' },
        publishedAt: { ...named('GatewayAddresses'), description: 'Where the Docker host reaches each port.' },
        tls: { ...text, description: 'Where its certificates come from.' },
        privateAuthority: {
            type: 'boolean',
            description: 'Whether that is an authority which this machine need not know.',
        },
        waitTimeout: { ...text, description: 'For how long a request waits for the web UI.' },
    }, ['container', 'volume', 'origins', 'publishedAt', 'tls', 'privateAuthority', 'waitTimeout']),
    GatewayAddresses: object('Where the Docker host reaches a gateway.', {
        http: { ...text, description: 'Address for HTTP.' },
        https: { ...text, description: 'Address for HTTPS; absent without it.' },
    }, ['http']),
};
const properties = {
    url: { ...text, description: 'Where people open the page.' },
    adminEmail: { ...text, description: 'Sign-in name of the first administrator.' },
    adminPassword: { ...text, description: 'Password of the first administrator. Secret.' },
    networks: { ...list, description: 'Names of the networks that the servers join.' },
    servers: { ...named('Servers'), description: 'How the servers are found, and where their data is.' },
    valkeyUrl: {
        ...text,
        description: 'Address of Valkey in its network, with the password of the web UI. Secret.',
    },
    valkeyOperatorPassword: {
        ...text,
        description: 'Password of the user operator of Valkey; empty where it asks for none. Secret.',
    },
};
export const OUTPUTS = { properties, required: Object.keys(properties).toSorted() };
export function outputsOf({ url, adminEmail, adminPassword, networks, servers }) {
    const { url: valkeyUrl, operatorPassword, ...valkey } = servers.valkey;
    const { webui, database, gateway } = servers;
    const found = (server) => server.service === undefined ? server : { ...server, container: server.service };
    return {
        ...{ url, adminEmail, adminPassword, networks: pulumi.output(networks) },
        servers: pulumi.output({
            ...{ webui: found(webui), valkey: found(valkey) },
            ...(database && { database: found(database) }),
            ...(gateway && { gateway: found(gateway) }),
        }),
        ...{ valkeyUrl, valkeyOperatorPassword: pulumi.secret(operatorPassword) },
    };
}
