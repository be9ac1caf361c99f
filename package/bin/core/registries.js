import { isBuiltHere, registryOf } from './images.js';
export function privateRegistryOf(image, registries) {
    if (isBuiltHere(image))
        return undefined;
    const address = registryOf(image);
    return address !== undefined && Object.hasOwn(registries, address) ? address : undefined;
}
