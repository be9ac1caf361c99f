import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { decoded, settingsOf } from './keys.js';
import { encryptedPaths, isEncrypted } from './opaque.js';
import { parse } from './parse.js';
const PLACEHOLDER = '(encrypted)';
function opened(value) {
    if (isEncrypted(value))
        return PLACEHOLDER;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
        return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, opened(inner)]));
}
export function readStackFile(path, project, stack, base = {}) {
    const file = parseYaml(readFileSync(path, 'utf8'));
    const values = {
        ...settingsOf({ project, stack }, base),
        ...settingsOf({ project, stack }, file?.config ?? {}),
    };
    const given = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, typeof value === 'string' ? decoded(value) : opened(value)]));
    const hidden = encryptedPaths(values);
    const isSecret = (key) => hidden.some(([top]) => top === key);
    return { ...parse({ project, stack, given, isSecret, hidden, allHidden: true }), hidden };
}
export const projectName = (root = '.') => parseYaml(readFileSync(join(root, 'Pulumi.yaml'), 'utf8')).name;
export function projectConfig(root = '.') {
    const { config = {} } = parseYaml(readFileSync(join(root, 'Pulumi.yaml'), 'utf8'));
    return Object.fromEntries(Object.entries(config).flatMap(([key, given]) => {
        if (typeof given !== 'object' || given === null)
            return [[key, given]];
        const { value, default: standard } = given;
        const found = value ?? standard;
        return found === undefined ? [] : [[key, found]];
    }));
}
