import type * as pulumi from '@pulumi/pulumi';

/** Resolves with a value that the engine of Pulumi knows already in a preview. */
export const known = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));
