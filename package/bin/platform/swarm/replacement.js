import * as pulumi from '@pulumi/pulumi';
import { canonical } from '../../core/urls.js';
import { HOST_GATEWAY } from '../../core/webui.js';
import { inspectServices, stopTasks } from '../../docker/services.js';
import { networkId } from './networks.js';
const SYSCTLS = {
    'net.ipv4.tcp_retries2': '6',
    'net.ipv4.tcp_keepalive_time': '15',
    'net.ipv4.tcp_keepalive_intvl': '5',
    'net.ipv4.tcp_keepalive_probes': '2',
};
const hostsOf = ({ hostAliases = [], extraHosts = {} }) => [
    ...hostAliases.map((host) => ({ host, ip: HOST_GATEWAY })),
    ...Object.entries(extraHosts).map(([host, address]) => ({ host, ip: canonical(address) })),
];
export const fixedOf = (workload, networks, { parent, provider }) => ({
    hosts: hostsOf(workload),
    networks: workload.networks.map(({ name, aliases = [] }) => ({
        id: networkId(name, networks, { ...(parent && { parent }), ...(provider && { provider }) }),
        aliases: [...aliases],
    })),
    sysctl: { ...SYSCTLS, ...workload.sysctls },
});
const wantedOf = ({ hosts, networks, sysctl }) => [
    ...hosts.map(({ host, ip }) => `host ${ip} ${host}`),
    ...networks.map(({ id, aliases }) => `network ${id} ${aliases.toSorted()}`),
    ...Object.entries(sysctl).map(([name, value]) => `sysctl ${name} ${value}`),
];
const foundOf = ({ Spec: { TaskTemplate } }) => [
    ...(TaskTemplate.ContainerSpec.Hosts ?? []).map((host) => `host ${host}`),
    ...(TaskTemplate.Networks ?? []).map(({ Target, Aliases }) => `network ${Target} ${(Aliases ?? []).toSorted()}`),
    ...Object.entries(TaskTemplate.ContainerSpec.Sysctls ?? {}).map(([name, value]) => `sysctl ${name} ${value}`),
];
export async function isReplaced(docker, service, fixed) {
    const [found] = await inspectServices(docker, [service]);
    return found !== undefined && foundOf(found).sort().join('\n') !== wantedOf(fixed).sort().join('\n');
}
export async function stopReplaced(docker, service) {
    await pulumi.log.info(`${service} is replaced, as its networks, host names or kernel parameters change: all its tasks stop first`);
    await stopTasks(docker, [service]).catch((error) => {
        throw new pulumi.RunError(`Not all tasks of ${service} have stopped, so it was not replaced: ${error.message}.\n` +
            `  why:    docker service ps ${service}\n` +
            '  to do:  stop them, and update again\n');
    });
}
