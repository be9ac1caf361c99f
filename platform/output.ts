import type * as pulumi from '@pulumi/pulumi';

/** The value of an output that Pulumi's engine knows already in a preview. */
export const resolved = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((resolve) => {
    output.apply(resolve);
  });
