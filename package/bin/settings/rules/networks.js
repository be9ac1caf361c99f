import { joinedBy, ownNetworks } from '../../core/attachments.js';
import { isSwarm } from '../../core/platform.js';
import { fixedRange, isFixable, parseSubnet } from '../../core/subnets.js';
import { distinct } from '../rule.js';
const SERVERS = ['valkey', 'webui'];
const FAMILIES = ['ipv4', 'ipv6'];
const placesOf = (settings) => SERVERS.flatMap((server) => Object.entries(settings[server].networks).map(([network, place]) => ({
    ...{ server, network, place },
    path: [server, 'networks', network],
})));
const BUILT_IN = ['bridge', 'host', 'none'];
const builtIn = (settings) => {
    const { name, internalName } = settings.network;
    return [
        ...Object.entries({ name, internalName })
            .filter(([, given]) => BUILT_IN.includes(given))
            .map(([key]) => ({ path: ['network', key], fix: 'choose another name' })),
        ...placesOf(settings)
            .filter(({ network }) => BUILT_IN.includes(network))
            .map(({ path }) => ({ path, fix: 'remove it, or name another network' })),
    ].map((problem) => ({
        ...problem,
        reason: "containers on Docker's built-in networks cannot find each other by name",
        allowed: 'a user-defined network',
    }));
};
const differing = ({ network: { name, internalName } }) => distinct('name', ['network', 'name'], ['network', 'internalName'], name === internalName);
const isolated = (settings) => settings.hardening === 'strict'
    ? placesOf(settings).flatMap(({ server, network, path }) => {
        if (server === 'webui' && network !== settings.network.internalName)
            return [];
        return [
            {
                path,
                reason: 'hardening: strict keeps Valkey on a network that it shares with the web UI only',
                allowed: server === 'valkey' ? 'nothing, or hardening: standard' : 'another network than network.internalName',
                fix: 'remove it',
            },
        ];
    })
    : [];
const subnet = ({ network: { external, subnet } }) => external && subnet !== undefined
    ? [
        {
            path: ['network', 'subnet'],
            reason: 'with network.external the network already exists and has its subnet',
            allowed: 'absent with network.external: true',
            fix: 'remove it',
        },
    ]
    : [];
const encrypted = (settings) => settings.network.encrypted && !isSwarm(settings)
    ? [
        {
            path: ['network', 'encrypted'],
            reason: 'traffic between containers of one Docker host never leaves it, and Docker encrypts only between nodes of a Swarm',
            allowed: 'false, or platform: swarm',
            fix: 'remove it',
        },
    ]
    : [];
const addresses = (settings, { isSecret }) => {
    const { name, external, subnet: texts = [] } = settings.network;
    if (external)
        return [];
    return placesOf(settings)
        .filter(({ network, server }) => network === name && ownNetworks(settings)[server].includes(network))
        .flatMap(({ path, place }) => FAMILIES.flatMap((family) => {
        const address = place[family];
        if (address === undefined)
            return [];
        const own = texts
            .flatMap((text) => parseSubnet(text) ?? [])
            .find((one) => one.family === (family === 'ipv4' ? 4 : 6));
        if (own && isFixable(own, address))
            return [];
        const [first, last] = own ? fixedRange(own) : [];
        return [
            {
                path: [...path, family],
                reason: own
                    ? 'the other addresses in network.subnet are for the gateway and containers without a fixed address'
                    : 'a fixed address needs a known subnet',
                allowed: own && !isSecret('network')
                    ? `an address from ${first} to ${last}`
                    : 'a low address of a subnet in network.subnet',
                fix: own ? 'choose one of those, or another network.subnet' : 'set network.subnet, or remove it',
            },
        ];
    }));
};
const apart = (settings) => {
    const [valkey, webui] = SERVERS.map((server) => joinedBy(server, settings));
    return webui.flatMap(({ network, ...place }) => {
        const other = valkey.find((one) => one.network === network);
        if (!other)
            return [];
        const at = (server, key) => [server, 'networks', network, key];
        const names = new Set([settings.valkey.name, settings.valkey.alias ?? 'redis', ...(other.aliases ?? [])]);
        const clash = (place.aliases ?? []).find((alias) => names.has(alias));
        const taken = (other.aliases ?? []).includes(settings.webui.name);
        return [
            ...FAMILIES.flatMap((family) => distinct('address', at('valkey', family), at('webui', family), place[family] !== undefined && place[family] === other[family])),
            ...(clash === undefined
                ? []
                : [
                    {
                        path: at('webui', 'aliases'),
                        reason: 'Valkey answers to one of them on that network',
                        allowed: 'names that Valkey does not have there',
                        fix: 'choose another one',
                    },
                ]),
            ...distinct('name', ['webui', 'name'], at('valkey', 'aliases'), taken),
        ];
    });
};
export const networkRules = [builtIn, differing, isolated, subnet, encrypted, addresses, apart];
