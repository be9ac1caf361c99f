import * as pulumi from '@pulumi/pulumi';

/** A resource of the stack as of its last update. */
export interface Known {
  urn: string;
  type: string;
  outputs: Record<string, unknown>;
}

/** Resources of this stack as its state has them, secrets included. Takes a third of a second, most of it to decrypt. */
export async function readOwnState(): Promise<Known[]> {
  const { outputs } = await pulumi.runtime.invoke('pulumi:pulumi:readStackResourceOutputs', {
    stackName: pulumi.getStack(),
  });
  const resources = outputs as Record<string, Omit<Known, 'urn'>>;
  return Object.entries(resources).map(([urn, resource]) => ({ urn, ...resource }));
}
