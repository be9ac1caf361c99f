import { isHidden } from './opaque.js';
export const isKept = ({ isSecret, encrypted }, path) => isSecret(path[0] ?? '') || isHidden(encrypted, path);
export function distinct(what, first, second, same) {
    if (!same)
        return [];
    return [
        {
            path: second,
            reason: `${first.join('.')} has the same ${what}`,
            allowed: `another ${what} than that of ${first.join('.')}`,
            fix: `change one of the two`,
        },
    ];
}
