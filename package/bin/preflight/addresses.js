import * as pulumi from '@pulumi/pulumi';
import { joinedBy, ownNetworks } from '../core/attachments.js';
import { contains, overlapping, subnetOf, subnetText } from '../core/subnets.js';
import { canonical } from '../core/urls.js';
import { inspect } from '../docker/inspect.js';
import { inventory } from '../docker/inventory.js';
const SERVERS = ['valkey', 'webui'];
const fixedOf = (settings) => SERVERS.flatMap((server) => joinedBy(server, settings).flatMap(({ network, ...place }) => ['ipv4', 'ipv6'].flatMap((family) => {
    const address = place[family];
    if (address === undefined)
        return [];
    return [{ server, network, address, setting: `${server}.networks.${network}.${family}` }];
})));
const subnetsOf = ({ IPAM }) => (IPAM.Config ?? []).flatMap(({ Subnet: text = '' }) => subnetOf(text) ?? []);
function addressesOf({ NetworkSettings }, network) {
    const { IPAddress, GlobalIPv6Address, IPAMConfig } = NetworkSettings.Networks[network] ?? {};
    const all = [IPAddress, GlobalIPv6Address, IPAMConfig?.IPv4Address, IPAMConfig?.IPv6Address];
    return all.flatMap((address) => (address ? [canonical(address)] : []));
}
async function overlaps(docker, { network }, others) {
    const asked = (network.subnet ?? []).flatMap((text) => subnetOf(text) ?? []);
    if (asked.length === 0)
        return [];
    const found = await inspect(docker, 'network', others);
    return asked.flatMap((one) => found.flatMap((other) => {
        const same = subnetsOf(other).find((subnet) => overlapping(one, subnet));
        if (!same)
            return [];
        return [
            {
                what: `${subnetText(one)} of network.subnet`,
                why: `the network ${other.Name} has ${subnetText(same)}`,
                toDo: `choose another subnet, or remove that network (docker network rm ${other.Name})`,
            },
        ];
    }));
}
function refusalOf(fixed, network, others, isOwn) {
    const { address, setting } = fixed;
    const what = `${address} of ${setting}`;
    const subnets = subnetsOf(network);
    if (!isOwn && !subnets.some((subnet) => contains(subnet, address))) {
        const text = subnets.map(subnetText).join(' and ') || 'no subnet';
        return [{ what, why: `the network ${network.Name} has ${text}`, toDo: 'choose an address in that network' }];
    }
    const isGateway = (network.IPAM.Config ?? []).some(({ Gateway = '' }) => canonical(Gateway.split('/')[0] ?? '') === address);
    const holder = others.find((container) => addressesOf(container, network.Name).includes(address));
    const why = isGateway
        ? `it is the gateway of the network ${network.Name}`
        : holder && `the container ${holder.Name.slice(1)} has it`;
    return why === undefined ? [] : [{ what, why, toDo: 'choose another address' }];
}
async function taken(docker, settings, containers) {
    const wanted = fixedOf(settings);
    const networks = await inspect(docker, 'network', [...new Set(wanted.map(({ network }) => network))]);
    const near = containers.filter((one) => networks.some(({ Name }) => one.networks?.includes(Name)));
    const found = await inspect(docker, 'container', near.map(({ name }) => name));
    return wanted.flatMap((fixed) => {
        const network = networks.find(({ Name }) => Name === fixed.network);
        if (!network)
            return [];
        const others = found.filter(({ Name }) => Name !== `/${settings[fixed.server].name}`);
        const isOwn = !settings.network.external && ownNetworks(settings)[fixed.server].includes(fixed.network);
        return refusalOf(fixed, network, others, isOwn);
    });
}
export async function requireAddresses(docker, settings, subject = pulumi.getProject()) {
    if (settings.network.subnet === undefined && fixedOf(settings).length === 0)
        return;
    const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
    const objects = await inventory(docker).catch(() => undefined);
    if (!objects)
        return;
    const isMine = ({ owner }) => owner?.project === project && owner.stack === stack;
    const servers = SERVERS.map((server) => settings[server].name);
    const refused = (await Promise.all([
        overlaps(docker, settings, objects.filter((one) => one.kind === 'network' && !isMine(one)).map(({ name }) => name)),
        taken(docker, settings, objects.filter((one) => one.kind === 'container' && (!isMine(one) || servers.includes(one.name)))),
    ])).flat();
    if (refused.length === 0)
        return;
    throw new pulumi.RunError(`Some addresses of the stack ${stack} are not available. Nothing was created or changed.\n${refused
        .map(({ what, why, toDo }) => `  ${what.replace(' of ', ` of ${subject}:`)}: ${why}\n    to do: ${toDo}\n`)
        .join('')}`);
}
export async function replacedNetworks(docker, { network }) {
    const { name, external, subnet } = network;
    if (external || subnet === undefined)
        return [];
    const [found] = await inspect(docker, 'network', [name]).catch(() => []);
    const present = found && subnetsOf(found).map(subnetText);
    const isSame = present === undefined || [...present].sort().join() === [...subnet].sort().join();
    return isSame ? [] : [name];
}
