/** Which networks the servers of a stack join, and the names by which they are known there. */

import type { Hardening } from './defaults.ts';
import { databaseNetworkOf } from './names.ts';
import { deploysPostgres } from './postgres.ts';

/** What a server is on a network besides its own name. */
export interface Place {
  /** More host names of the server there. */
  aliases?: readonly string[] | undefined;
  /** Its fixed address there; by default the engine chooses one at each start. */
  ipv4?: string | undefined;
  ipv6?: string | undefined;
}

/** Places by the name of the network. */
export type Places = Readonly<Record<string, Place>>;

/** A network that a server joins. */
export interface Joined extends Place {
  network: string;
}

/** What of a stack decides on its networks. */
export interface Networked {
  hardening: Hardening;
  network: { name: string; internalName: string; gatewayName: string; external: boolean };
  /** Without a domain there is no gateway. */
  gateway: { domain?: readonly string[] | undefined };
  valkey: { networks: Places };
  webui: { networks: Places };
  /** Default: SQLite. */
  database?: { kind?: string | undefined; url?: unknown; name: string } | undefined;
}

/** The networks that a stack has itself, or that stand in for them, by server; the first is the one on which a port can be published. */
export const ownNetworks = ({
  hardening,
  network: { name, internalName, gatewayName },
  database,
  gateway: { domain },
}: Pick<Networked, 'database' | 'gateway' | 'hardening' | 'network'>): Record<
  'valkey' | 'webui',
  readonly string[]
> => {
  const strict = hardening === 'strict';
  return {
    // Only the web UI needs to reach what is on the others. What comes over the gateway's, which has nothing but the two, it believes.
    webui: [
      name,
      ...(strict ? [internalName] : []),
      ...(database && deploysPostgres(database) ? [databaseNetworkOf(database.name)] : []),
      ...(domain === undefined ? [] : [gatewayName]),
    ],
    valkey: [strict ? internalName : name],
  };
};

/** Networks that a server joins besides those: they exist already. */
export const furtherNetworks = (server: 'valkey' | 'webui', stack: Networked): string[] =>
  Object.keys(stack[server].networks).filter((network) => !ownNetworks(stack)[server].includes(network));

/** All networks of a server: its own ones first. */
export const joinedBy = (server: 'valkey' | 'webui', stack: Networked): Joined[] =>
  [...ownNetworks(stack)[server], ...furtherNetworks(server, stack)].map((network) => ({
    network,
    ...stack[server].networks[network],
  }));

/** Whether containers of others are at home on a network of the web UI, which looks for Valkey on all of them. */
export const isShared = (stack: Networked): boolean =>
  stack.network.external || furtherNetworks('webui', stack).length > 0;

/** A server's name on a network, which nothing else may have there. */
export interface HostName {
  network: string;
  host: string;
}

/**
 * The names of servers that have to be unique, and where: on each network of the server itself, and of those that share one with it. A container
 * looks a name up on all of its networks, and takes any answer.
 */
export function hostNames(
  servers: readonly {
    name: string;
    networks: readonly { network: string; aliases?: readonly string[] | undefined }[];
  }[],
): HostName[] {
  const all = servers.flatMap((server) =>
    server.networks.flatMap(({ network, aliases = [] }) => {
      const asking = servers.filter(
        (one) => one !== server && one.networks.some((joined) => joined.network === network),
      );
      const places = [network, ...asking.flatMap((one) => one.networks.map((joined) => joined.network))];
      return [server.name, ...aliases].flatMap((host) => places.map((place) => ({ network: place, host })));
    }),
  );
  return [...new Map(all.map((one) => [`${one.network} ${one.host}`, one])).values()];
}
