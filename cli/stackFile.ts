import { join } from 'node:path';

/** The file with the settings of a stack. */
export const stackFile = (root: string, stack: string): string => join(root, `Pulumi.${stack}.yaml`);
