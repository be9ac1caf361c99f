import { DOCKER_HUB } from '../../core/images.js';
import { privateRegistryOf } from '../../core/registries.js';
import { imagesOf } from '../images.js';
import { isHidden, pathText } from '../opaque.js';
const HUB = /^(index|registry-1|registry|hub|www)\.(hub\.)?docker\.(io|com)$|^(hub\.)?docker\.com$/i;
const names = ({ registries }) => Object.keys(registries).flatMap((address) => HUB.test(address)
    ? [
        {
            path: ['registries', address],
            reason: `image references use ${DOCKER_HUB} for Docker Hub`,
            allowed: DOCKER_HUB,
            fix: `write ${DOCKER_HUB} instead`,
            confidential: true,
        },
    ]
    : []);
const isEncrypted = ({ encrypted, isSecret }, path) => encrypted.some(([section]) => section === 'registries') ? isHidden(encrypted, path) : isSecret('registries');
const givenFor = ({ given }, address) => given['registries']?.[address] ?? {};
const complete = ({ registries }, circumstances) => Object.entries(registries).flatMap(([address, entry]) => ['username', 'password'].flatMap((key) => entry[key] === undefined && givenFor(circumstances, address)[key] === undefined
    ? [
        {
            path: ['registries', address, key],
            reason: 'a private registry needs both',
            allowed: 'both username and password',
            fix: 'set it, or remove the registry to pull its images anonymously',
        },
    ]
    : []));
const clear = ({ registries }, circumstances) => Object.entries(registries).flatMap(([address, { password }]) => {
    const path = ['registries', address, 'password'];
    if (password === undefined || isEncrypted(circumstances, path))
        return [];
    return [
        {
            path,
            reason: `in plain text it would show in ${circumstances.origin.shows}, and anyone who knows it can act as that user`,
            allowed: circumstances.origin.kept,
            fix: circumstances.origin.secret(pathText(path)),
            confidential: true,
        },
    ];
});
export const registryRules = [names, complete, clear];
export function registryWarnings(settings) {
    const used = new Set(imagesOf(settings).map((image) => privateRegistryOf(image, settings.registries)));
    return Object.keys(settings.registries)
        .filter((address) => !used.has(address))
        .map((address) => `No image of the stack comes from ${address} (registries), so its credentials are not used.`);
}
