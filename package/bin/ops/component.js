import { COMPONENTS, CONTAINER, SERVICE, VOLUME } from '../core/resourceTypes.js';
const nameOf = (urn) => urn.split('::').at(-1) ?? urn;
export const deploymentsIn = (resources) => resources.flatMap(({ type, urn }) => (type === COMPONENTS.deployment ? [nameOf(urn)] : []));
export function partsOf(resources, component) {
    const parents = new Map(resources.map(({ urn, parent }) => [urn, parent]));
    const top = resources.find(({ type, urn }) => type === COMPONENTS.deployment && nameOf(urn) === component)?.urn;
    const isBelow = (urn) => urn !== undefined && (urn === top || isBelow(parents.get(urn)));
    return resources.filter(({ urn }) => isBelow(urn));
}
const providerOf = (parts, ...types) => parts.find(({ type }) => types.includes(type))?.provider?.match(/^.*(?=::)/)?.[0];
function placeOf(resources, provider) {
    const { host, certPath } = (resources.find(({ urn }) => urn === provider)?.inputs ?? {});
    return { ...(host && { address: host }), ...(host && certPath && { certificates: certPath }) };
}
export function hostOf(resources, parts) {
    const [engine, manager] = [providerOf(parts, CONTAINER, VOLUME), providerOf(parts, SERVICE)];
    const isApart = engine !== undefined && manager !== undefined && manager !== engine;
    return { ...placeOf(resources, engine), ...(isApart && { manager: placeOf(resources, manager) }) };
}
