/** Private registries. */

import { isBuiltHere, registryOf } from './images.ts';

/** Credentials for a registry. */
export interface Credentials {
  username: string;
  password: string;
}

/** Credentials by the addresses of their registries, as image references begin with them; Docker Hub is `docker.io`. */
export type Registries = Readonly<Record<string, Credentials>>;

/** Address of the registry with whose credentials an image is pulled; undefined for one that is pulled without any. */
export function privateRegistryOf(image: string, registries: Registries): string | undefined {
  if (isBuiltHere(image)) return undefined;
  const address = registryOf(image);
  return address !== undefined && Object.hasOwn(registries, address) ? address : undefined;
}
