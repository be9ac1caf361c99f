/** Services that Pulumi's provider replaces, as it cannot change a part of them. */

import * as pulumi from '@pulumi/pulumi';
import { canonical } from '../../core/urls.ts';
import { HOST_GATEWAY } from '../../core/webui.ts';
import type { Docker } from '../../docker/client.ts';
import { inspectServices, type Service, stopTasks } from '../../docker/services.ts';
import type { Workload } from '../workload.ts';
import { networkId } from './networks.ts';

/**
 * Has the kernel give up a connection whose other end has been silent for 25 s, as the node there has lost its power. By default it takes 15 minutes if
 * there is data on the way, and two hours if there is none.
 */
const SYSCTLS = {
  'net.ipv4.tcp_retries2': '6',
  'net.ipv4.tcp_keepalive_time': '15',
  'net.ipv4.tcp_keepalive_intvl': '5',
  'net.ipv4.tcp_keepalive_probes': '2',
};

/** What the provider cannot change in a service: any other value replaces it. */
export interface Fixed {
  hosts: readonly { host: string; ip: string }[];
  networks: readonly { id: pulumi.Input<string>; aliases: string[] }[];
  sysctl: Readonly<Record<string, string>>;
}

const hostsOf = ({ hostAliases = [], extraHosts = {} }: Workload) => [
  ...hostAliases.map((host) => ({ host, ip: HOST_GATEWAY })),
  ...Object.entries(extraHosts).map(([host, address]) => ({ host, ip: canonical(address) })),
];

/** @param networks ids of the networks of the platform, by their names. */
export const fixedOf = (
  workload: Workload,
  networks: ReadonlyMap<string, pulumi.Output<string>>,
  { parent, provider }: pulumi.CustomResourceOptions,
): Fixed => ({
  hosts: hostsOf(workload),
  networks: workload.networks.map(({ name, aliases = [] }) => ({
    id: networkId(name, networks, { ...(parent && { parent }), ...(provider && { provider }) }),
    aliases: [...aliases],
  })),
  sysctl: { ...SYSCTLS, ...workload.sysctls },
});

/** Texts that are equal if and only if nothing fixed has changed. */
const wantedOf = ({ hosts, networks, sysctl }: pulumi.Unwrap<Fixed>): string[] => [
  ...hosts.map(({ host, ip }) => `host ${ip} ${host}`),
  ...networks.map(({ id, aliases }) => `network ${id} ${aliases.toSorted()}`),
  ...Object.entries(sysctl).map(([name, value]) => `sysctl ${name} ${value}`),
];

const foundOf = ({ Spec: { TaskTemplate } }: Service): string[] => [
  ...(TaskTemplate.ContainerSpec.Hosts ?? []).map((host) => `host ${host}`),
  ...(TaskTemplate.Networks ?? []).map(({ Target, Aliases }) => `network ${Target} ${(Aliases ?? []).toSorted()}`),
  ...Object.entries(TaskTemplate.ContainerSpec.Sysctls ?? {}).map(([name, value]) => `sysctl ${name} ${value}`),
];

/** Whether an update replaces a service that runs. */
export async function isReplaced(docker: Docker, service: string, fixed: pulumi.Unwrap<Fixed>): Promise<boolean> {
  const [found] = await inspectServices(docker, [service]);
  return found !== undefined && foundOf(found).sort().join('\n') !== wantedOf(fixed).sort().join('\n');
}

/**
 * Stops all tasks of a service that an update replaces. The provider waits for a container no longer than that may take to stop: it would fail if one
 * has to be killed, and the next update would not find the service.
 *
 * @throws RunError when the tasks have not stopped in time; the service is as before then.
 */
export async function stopReplaced(docker: Docker, service: string): Promise<void> {
  await pulumi.log.info(
    `${service} is replaced, as its networks, host names or kernel parameters change: all its tasks stop first`,
  );
  await stopTasks(docker, [service]).catch((error: Error) => {
    throw new pulumi.RunError(
      `Not all tasks of ${service} have stopped, so it was not replaced: ${error.message}.\n` +
        `  why:    docker service ps ${service}\n` +
        '  to do:  stop them, and update again\n',
    );
  });
}
