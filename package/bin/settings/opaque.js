export const isEncrypted = (value) => typeof value === 'object' &&
    value !== null &&
    Object.keys(value).length === 1 &&
    typeof value.secure === 'string';
export function encryptedPaths(value, path = []) {
    if (isEncrypted(value))
        return [path];
    if (typeof value !== 'object' || value === null)
        return [];
    return Object.entries(value).flatMap(([key, inner]) => encryptedPaths(inner, [...path, key]));
}
export function pathText([key = '', ...inner]) {
    const step = (name) => /^\d+$/.test(name) ? `[${name}]` : /^\w[\w-]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    return key + inner.map(step).join('');
}
const begins = (path, start) => start.every((key, index) => path[index] === key);
export const isHidden = (hidden, path) => hidden.some((one) => begins(path, one));
export const isPartlyHidden = (hidden, path) => hidden.some((one) => begins(path, one) || begins(one, path));
export class Unseen extends Error {
    name = 'Unseen';
}
export function guarded(value, hidden, path = []) {
    if (typeof value !== 'object' || value === null || !hidden.some((one) => begins(one, path)))
        return value;
    return new Proxy(value, {
        get(target, key) {
            const inner = Reflect.get(target, key);
            if (typeof key !== 'string')
                return inner;
            const here = [...path, key];
            if (isHidden(hidden, here))
                throw new Unseen(here.join('.'));
            return guarded(inner, hidden, here);
        },
        ownKeys: (target) => Reflect.ownKeys(target).filter((key) => typeof key !== 'string' || !isHidden(hidden, [...path, key])),
    });
}
