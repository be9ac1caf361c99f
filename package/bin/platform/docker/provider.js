import { mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { DOCKER_HUB } from '../../core/images.js';
import { CONTAINER } from '../../core/resourceTypes.js';
import { ambientEndpoint } from '../../docker/contexts.js';
import { resolved } from '../output.js';
const HUB = [DOCKER_HUB, `index.${DOCKER_HUB}`, `registry-1.${DOCKER_HUB}`];
const authOf = (registries) => Object.entries(registries).flatMap(([address, { username, password }]) => (address === DOCKER_HUB ? HUB : [address]).map((name) => ({
    ...{ address: name, username, password: pulumi.secret(password) },
})));
export function createProvider(name, { address, certificates }, registries = {}, opts) {
    const ssh = address?.startsWith('ssh:');
    if (ssh)
        mkdirSync(join(userInfo().homedir, '.ssh'), { recursive: true, mode: 0o700 });
    const args = {
        ...(address && { host: address }),
        context: '',
        certPath: certificates ?? '',
        ...(ssh && {
            sshOpts: ['-o', 'ControlMaster=auto', '-o', 'ControlPath=~/.ssh/open-webui-%C', '-o', 'ControlPersist=30'],
        }),
        ...(Object.keys(registries).length > 0 && { registryAuth: authOf(registries) }),
    };
    return new docker.Provider(name, args, opts);
}
export const endpointOf = (container) => endpointOfProvider(container.getProvider(CONTAINER));
export async function endpointOfProvider(provider) {
    if (!(provider instanceof docker.Provider))
        return process.env['DOCKER_HOST'] ? ambientEndpoint() : {};
    const [address, certificates] = await Promise.all([provider.host, provider.certPath].map(resolved));
    return address ? { address, ...(certificates && { certificates }) } : {};
}
export async function networkExists(name, opts = {}) {
    try {
        await docker.getNetwork({ name }, opts);
        return true;
    }
    catch (error) {
        if (String(error).includes('not found'))
            return false;
        throw error;
    }
}
