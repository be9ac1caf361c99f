/** Names on the engine that follow from a server's name. */

import type { Hardening } from './defaults.ts';

/** Names on the engine of all that a deployment may have. A volume has the name of its server, but for those that a stack file has named otherwise. */
export interface Names {
  network: string;
  internal: string;
  /** The network of the gateway and the web UI. */
  between: string;
  valkey: string;
  valkeyVolume: string;
  webui: string;
  database: string;
  gateway: string;
  gatewayVolume: string;
}

/** Names in a stack of the program. */
export const namesInStack = (stack: string): Names => ({
  network: `openwebui-network-${stack}`,
  internal: `openwebui-internal-${stack}`,
  between: `openwebui-gateway-${stack}`,
  valkey: `redis-valkey-${stack}`,
  valkeyVolume: `redis-data-${stack}`,
  webui: `open-webui-${stack}`,
  database: `open-webui-postgres-${stack}`,
  gateway: `caddy-${stack}`,
  gatewayVolume: `caddy-data-${stack}`,
});

/** Names of a deployment in a program of its user's own, which may have several of them. */
export const namesOfDeployment = (deployment: string, stack: string): Names => ({
  network: `${deployment}-${stack}`,
  internal: `${deployment}-internal-${stack}`,
  between: `${deployment}-gateway-${stack}`,
  valkey: `${deployment}-valkey-${stack}`,
  valkeyVolume: `${deployment}-valkey-${stack}`,
  webui: `${deployment}-webui-${stack}`,
  database: `${deployment}-postgres-${stack}`,
  gateway: `${deployment}-gateway-${stack}`,
  gatewayVolume: `${deployment}-gateway-${stack}`,
});

/** The container that prepares a server's volumes. */
export const initContainerOf = (server: string): string => `${server}-init`;

/** The volume from which a server with a read-only root reads its secrets. */
export const secretsVolumeOf = (server: string): string => `${server}-secrets`;

/** The balancer before the servers of a Valkey. */
export const balancerNameOf = (valkey: string): string => `${valkey}-balancer`;

/** The network of a database and its clients. */
export const databaseNetworkOf = (server: string): string => `${server}-network`;

/** The volume with the files that a server reads again while it runs, and the container that puts them there. */
export const liveFilesOf = (server: string): string => `${server}-config`;

/** The container through which a backup or a restore works; one for each stack, so only one of them runs at a time. */
export const archiveContainerOf = (server: string): string => `${server}-archive`;

/**
 * Valkey's host name on its network: the one that is chosen, else `redis`, as in the tutorial. Where others share a network with the web UI
 * anything may answer to that; there it is the container's own name, which is unique on its engine.
 */
export const valkeyHostOf = (
  { name, alias }: { name: string; alias?: string | undefined },
  { shared, hardening }: { shared: boolean; hardening: Hardening },
): string => alias ?? (shared && hardening !== 'strict' ? name : 'redis');

/** The host name by which clients on the networks of a service find each of its tasks. */
export const tasksHostOf = (service: string): string => `tasks.${service}`;
