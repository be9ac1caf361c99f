import * as pulumi from '@pulumi/pulumi';
import { furtherNetworks } from '../core/attachments.js';
import { networkExists } from '../platform/docker/provider.js';
import { ofStackFile } from './origin.js';
async function exists(name, opts, mayCome = false) {
    try {
        if (await networkExists(name, opts))
            return true;
        if (!mayCome || !pulumi.runtime.isDryRun())
            return false;
        await pulumi.log.warn(`The network "${name}" does not exist yet; without it, the update will be refused.`);
        return true;
    }
    catch (error) {
        if (!opts?.provider || !pulumi.runtime.isDryRun())
            throw error;
        await pulumi.log.warn(`Could not check for the network "${name}": the Docker host does not answer.`);
        return true;
    }
}
export async function requireNetwork({ name, external }, opts, { waits = false } = {}) {
    if (!external || (await exists(name, opts, waits)))
        return;
    throw new pulumi.RunError(`The Docker network "${name}" does not exist, and "external: true" means that this stack does not create it. Nothing was created or changed.\n` +
        `  Either create it:                docker network create ${name}\n` +
        '  or let this stack create it:     external: false\n');
}
export async function requireFurtherNetworks(settings, opts, { owner, waits = false } = ofStackFile()) {
    const wanted = ['valkey', 'webui'].flatMap((server) => furtherNetworks(server, settings).map((name) => ({ name, setting: `${server}.networks` })));
    const names = [...new Set(wanted.map(({ name }) => name))];
    const present = await Promise.all(names.map((name) => exists(name, opts, waits)));
    const missing = wanted.filter(({ name }) => !present[names.indexOf(name)]);
    if (missing.length === 0)
        return;
    throw new pulumi.RunError(`Some networks that the stack ${pulumi.getStack()} joins do not exist, and it does not create them. Nothing was created or changed.\n${missing
        .map(({ name, setting }) => `  ${name} of ${owner}:${setting}\n    to do: docker network create ${name}, or remove it from ${owner}:${setting}\n`)
        .join('')}`);
}
