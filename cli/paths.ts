/** Where this checkout keeps what commands read and write. */

import { join } from 'node:path';

/** Notes of the commands and, without another backend, Pulumi's state and its passphrase. */
export const stateFolder = (root: string): string => join(root, '.pulumi-state');

/** The settings of a stack. */
export const stackFile = (root: string, stack: string): string => join(root, `Pulumi.${stack}.yaml`);
