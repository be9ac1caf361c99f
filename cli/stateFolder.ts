import { join } from 'node:path';

/** Where this checkout keeps its notes and, for who has no other backend, Pulumi's state and its passphrase. */
export const stateFolder = (root: string): string => join(root, '.pulumi-state');
