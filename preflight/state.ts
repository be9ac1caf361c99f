import * as pulumi from '@pulumi/pulumi';

/** A resource of the stack as of its last update. */
export interface Known {
  urn: string;
  type: string;
  outputs: Record<string, unknown>;
}

/**
 * Whether a URN is that of a part of a deployment. A state from before there was a Deployment has its parts without its name.
 *
 * @param part its name in the program, after the deployment's.
 */
export const isPartOf = (urn: string, deployment: string, part: string): boolean =>
  urn.endsWith(`::${deployment}-${part}`) || urn.endsWith(`::${part}`);

/** Whether a URN is that of something that a server of a deployment consists of. */
export const isOfServer = (urn: string, deployment: string, server: string): boolean =>
  urn.includes(`::${deployment}-${server}-`) || urn.includes(`::${server}-`);

/** Resources of this stack as its state has them, secrets included. Takes a third of a second, most of it to decrypt. */
export async function readOwnState(): Promise<Known[]> {
  const { outputs } = await pulumi.runtime.invoke('pulumi:pulumi:readStackResourceOutputs', {
    stackName: pulumi.getStack(),
  });
  const resources = outputs as Record<string, Omit<Known, 'urn'>>;
  return Object.entries(resources).map(([urn, resource]) => ({ urn, ...resource }));
}
