import * as pulumi from '@pulumi/pulumi';
export const isPartOf = (urn, deployment, part) => urn.endsWith(`::${deployment}-${part}`) || urn.endsWith(`::${part}`);
export const isOfServer = (urn, deployment, server) => urn.includes(`::${deployment}-${server}-`) || urn.includes(`::${server}-`);
export async function readOwnState() {
    const { outputs } = await pulumi.runtime.invoke('pulumi:pulumi:readStackResourceOutputs', {
        stackName: pulumi.getStack(),
    });
    const resources = outputs;
    return Object.entries(resources).map(([urn, resource]) => ({ urn, ...resource }));
}
