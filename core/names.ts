/** Names on the engine that follow from a server's name. */

/** The container that prepares a server's volumes. */
export const initContainerOf = (server: string): string => `${server}-init`;

/** The volume from which a server with a read-only root reads its secrets. */
export const secretsVolumeOf = (server: string): string => `${server}-secrets`;

/** The container through which a backup or a restore works; one for each stack, so only one of them runs at a time. */
export const archiveContainerOf = (server: string): string => `${server}-archive`;
