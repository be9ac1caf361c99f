/** Names on the engine that follow from a server's name. */

import type { Hardening } from './defaults.ts';

/** The container that prepares a server's volumes. */
export const initContainerOf = (server: string): string => `${server}-init`;

/** The volume from which a server with a read-only root reads its secrets. */
export const secretsVolumeOf = (server: string): string => `${server}-secrets`;

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
