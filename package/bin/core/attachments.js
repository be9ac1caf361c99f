import { databaseNetworkOf } from './names.js';
import { deploysPostgres } from './postgres.js';
export const ownNetworks = ({ hardening, network: { name, internalName, gatewayName }, database, gateway: { domain }, }) => {
    const strict = hardening === 'strict';
    return {
        webui: [
            name,
            ...(strict ? [internalName] : []),
            ...(database && deploysPostgres(database) ? [databaseNetworkOf(database.name)] : []),
            ...(domain === undefined ? [] : [gatewayName]),
        ],
        valkey: [strict ? internalName : name],
    };
};
export const furtherNetworks = (server, stack) => Object.keys(stack[server].networks).filter((network) => !ownNetworks(stack)[server].includes(network));
export const joinedBy = (server, stack) => [...ownNetworks(stack)[server], ...furtherNetworks(server, stack)].map((network) => ({
    network,
    ...stack[server].networks[network],
}));
export const isShared = (stack) => stack.network.external || furtherNetworks('webui', stack).length > 0;
export function hostNames(servers) {
    const all = servers.flatMap((server) => server.networks.flatMap(({ network, aliases = [] }) => {
        const asking = servers.filter((one) => one !== server && one.networks.some((joined) => joined.network === network));
        const places = [network, ...asking.flatMap((one) => one.networks.map((joined) => joined.network))];
        return [server.name, ...aliases].flatMap((host) => places.map((place) => ({ network: place, host })));
    }));
    return [...new Map(all.map((one) => [`${one.network} ${one.host}`, one])).values()];
}
