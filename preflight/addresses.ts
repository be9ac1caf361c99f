/** Subnets and fixed addresses that a stack wants: the engine would find out when half of the stack exists. */

import * as pulumi from '@pulumi/pulumi';
import { joinedBy, ownNetworks } from '../core/attachments.ts';
import { contains, overlapping, type Subnet, subnetOf, subnetText } from '../core/subnets.ts';
import { canonical } from '../core/urls.ts';
import type { Docker } from '../docker/client.ts';
import { type Container, inspect, type Network } from '../docker/inspect.ts';
import { type Found, inventory } from '../docker/inventory.ts';
import type { Settings } from '../settings/parse.ts';

type Stack = Pick<Settings, 'gateway' | 'hardening' | 'network' | 'valkey' | 'webui'>;

const SERVERS = ['valkey', 'webui'] as const;

/** A fixed address of a server, and its setting. */
interface Fixed {
  server: 'valkey' | 'webui';
  network: string;
  address: string;
  setting: string;
}

interface Refusal {
  what: string;
  why: string;
  toDo: string;
}

const fixedOf = (settings: Stack): Fixed[] =>
  SERVERS.flatMap((server) =>
    joinedBy(server, settings).flatMap(({ network, ...place }) =>
      (['ipv4', 'ipv6'] as const).flatMap((family): Fixed[] => {
        const address = place[family];
        if (address === undefined) return [];
        return [{ server, network, address, setting: `${server}.networks.${network}.${family}` }];
      }),
    ),
  );

const subnetsOf = ({ IPAM }: Network): Subnet[] =>
  (IPAM.Config ?? []).flatMap(({ Subnet: text = '' }) => subnetOf(text) ?? []);

/** The addresses of a container on a network: what it has now, or has asked for. */
function addressesOf({ NetworkSettings }: Container, network: string): string[] {
  const { IPAddress, GlobalIPv6Address, IPAMConfig } = NetworkSettings.Networks[network] ?? {};
  const all = [IPAddress, GlobalIPv6Address, IPAMConfig?.IPv4Address, IPAMConfig?.IPv6Address];
  return all.flatMap((address) => (address ? [canonical(address)] : []));
}

/** What the networks of an engine have that is asked for a new one. */
async function overlaps(docker: Docker, { network }: Stack, others: readonly string[]): Promise<Refusal[]> {
  const asked = (network.subnet ?? []).flatMap((text) => subnetOf(text) ?? []);
  if (asked.length === 0) return [];
  const found = await inspect(docker, 'network', others);
  return asked.flatMap((one) =>
    found.flatMap((other): Refusal[] => {
      const same = subnetsOf(other).find((subnet) => overlapping(one, subnet));
      if (!same) return [];
      return [
        {
          what: `${subnetText(one)} of network.subnet`,
          why: `the network ${other.Name} has ${subnetText(same)}`,
          toDo: `choose another subnet, or remove that network (docker network rm ${other.Name})`,
        },
      ];
    }),
  );
}

/** What is wrong with a fixed address on a network that exists. */
function refusalOf(fixed: Fixed, network: Network, others: readonly Container[], isOwn: boolean): Refusal[] {
  const { address, setting } = fixed;
  const what = `${address} of ${setting}`;
  const subnets = subnetsOf(network);
  // That of the stack's own network may be another one after the update: the settings know it.
  if (!isOwn && !subnets.some((subnet) => contains(subnet, address))) {
    const text = subnets.map(subnetText).join(' and ') || 'no subnet';
    return [{ what, why: `the network ${network.Name} has ${text}`, toDo: 'choose an address in that network' }];
  }
  const isGateway = (network.IPAM.Config ?? []).some(
    ({ Gateway = '' }) => canonical(Gateway.split('/')[0] ?? '') === address,
  );
  const holder = others.find((container) => addressesOf(container, network.Name).includes(address));
  const why = isGateway
    ? `it is the gateway of the network ${network.Name}`
    : holder && `the container ${holder.Name.slice(1)} has it`;
  return why === undefined ? [] : [{ what, why, toDo: 'choose another address' }];
}

/** What stands against the fixed addresses of a stack. */
async function taken(docker: Docker, settings: Stack, containers: readonly Found[]): Promise<Refusal[]> {
  const wanted = fixedOf(settings);
  const networks = await inspect(docker, 'network', [...new Set(wanted.map(({ network }) => network))]);
  const near = containers.filter((one) => networks.some(({ Name }) => one.networks?.includes(Name)));
  const found = await inspect(
    docker,
    'container',
    near.map(({ name }) => name),
  );
  return wanted.flatMap((fixed) => {
    const network = networks.find(({ Name }) => Name === fixed.network);
    if (!network) return [];
    const others = found.filter(({ Name }) => Name !== `/${settings[fixed.server].name}`);
    const isOwn = !settings.network.external && ownNetworks(settings)[fixed.server].includes(fixed.network);
    return refusalOf(fixed, network, others, isOwn);
  });
}

/**
 * Refuses a subnet that overlaps with that of another network, and a fixed address that its network does not have, or something else has.
 *
 * @param subject what the settings belong to.
 * @throws pulumi.RunError with each of them, and what to do. An engine that does not answer is for others to report.
 */
export async function requireAddresses(
  docker: Docker,
  settings: Stack,
  subject: string = pulumi.getProject(),
): Promise<void> {
  if (settings.network.subnet === undefined && fixedOf(settings).length === 0) return;
  const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
  const objects = await inventory(docker).catch(() => undefined);
  if (!objects) return;
  const isMine = ({ owner }: Found) => owner?.project === project && owner.stack === stack;
  const servers = SERVERS.map((server) => settings[server].name);
  const refused = (
    await Promise.all([
      overlaps(
        docker,
        settings,
        objects.filter((one) => one.kind === 'network' && !isMine(one)).map(({ name }) => name),
      ),
      // What an update removes has no address afterwards.
      taken(
        docker,
        settings,
        objects.filter((one) => one.kind === 'container' && (!isMine(one) || servers.includes(one.name))),
      ),
    ])
  ).flat();
  if (refused.length === 0) return;
  throw new pulumi.RunError(
    `Some addresses of the stack ${stack} are not available. Nothing was created or changed.\n${refused
      .map(({ what, why, toDo }) => `  ${what.replace(' of ', ` of ${subject}:`)}: ${why}\n    to do: ${toDo}\n`)
      .join('')}`,
  );
}

/** The network of a stack, where an update replaces it for another subnet. */
export async function replacedNetworks(docker: Docker, { network }: Pick<Stack, 'network'>): Promise<string[]> {
  const { name, external, subnet } = network;
  if (external || subnet === undefined) return [];
  const [found] = await inspect(docker, 'network', [name]).catch(() => []);
  const present = found && subnetsOf(found).map(subnetText);
  const isSame = present === undefined || [...present].sort().join() === [...subnet].sort().join();
  return isSame ? [] : [name];
}
