/** Where this checkout keeps what commands read and write. */

import { join } from 'node:path';

/** Notes of the commands and, without another backend, Pulumi's state and its passphrase. */
export const stateFolder = (root: string): string => join(root, '.pulumi-state');

/** The name of a stack without the organization and the project, which Pulumi allows before it: `ORG/STACK`, `ORG/PROJECT/STACK`. */
export const shortName = (stack: string): string => stack.split('/').at(-1) ?? stack;

/** The settings of a stack. */
export const stackFile = (root: string, stack: string): string => join(root, `Pulumi.${shortName(stack)}.yaml`);
