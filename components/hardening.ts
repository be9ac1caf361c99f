/**
 * How much a container is kept from beyond what every container is kept from. `"strict"`: no capability at all, an ordinary user from
 * the first process on, a read-only root file system.
 */
export type Hardening = 'standard' | 'strict';
