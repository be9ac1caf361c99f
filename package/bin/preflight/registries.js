import * as pulumi from '@pulumi/pulumi';
import { privateRegistryOf } from '../core/registries.js';
import { signIn } from '../docker/credentials.js';
import { inspect } from '../docker/inspect.js';
import { imagesOf } from '../settings/images.js';
import { pathText } from '../settings/opaque.js';
async function missingOf(docker, address, settings, registries) {
    const images = imagesOf(settings).filter((image) => privateRegistryOf(image, registries) === address);
    const present = await Promise.all(images.map((image) => inspect(docker, 'image', [image]).then((found) => found.length > 0)));
    return images.filter((_, index) => !present[index]);
}
function refusal(address, { kind, said }, missing, { owner, secret }) {
    const path = (key) => pathText(['registries', address, key]);
    const toDo = kind === 'refused'
        ? `correct ${owner}:${path('username')} and its password: ${secret(path('password')).replace(/^.* set it with /, '')}`
        : 'correct the address, or what is between the engine and it (DNS, firewall, certificate)';
    const what = kind === 'refused'
        ? `${address} rejects the user name or password of the stack`
        : `${address} does not answer the engine, which lacks ${missing.join(' and ')}`;
    return `  ${what}\n    it says: ${said}\n    to do:   ${toDo}\n`;
}
export async function requireRegistries(docker, settings, words) {
    const { registries } = settings;
    const found = await Promise.all(Object.entries(registries).map(async ([address, credentials]) => {
        const reception = await signIn(docker, address, credentials).catch(() => undefined);
        if (reception === undefined || reception.kind === 'accepted')
            return [];
        const missing = await missingOf(docker, address, settings, registries);
        if (reception.kind === 'refused' || (missing.length > 0 && !pulumi.runtime.isDryRun()))
            return [refusal(address, reception, missing, words)];
        await pulumi.log.warn(`The registry ${address} does not answer the engine: ${reception.said}.`);
        return [];
    }));
    const refusals = found.flat();
    if (refusals.length === 0)
        return;
    throw new pulumi.RunError(`A private registry cannot be used. Nothing was created or changed.\n${refusals.join('')}`);
}
