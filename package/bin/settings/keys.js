import { UserError } from '../core/errors.mjs';
import { schemaFor } from './schema.js';
export const RESERVED = ['docker', 'random', 'pulumi', 'preview'];
export const SCRATCH_KEY = 'preview:scratch';
export const HIDDEN_KEY = 'preview:hidden';
export function decoded(text) {
    try {
        return JSON.parse(text);
    }
    catch {
        return text;
    }
}
export function settingsOf({ project, stack }, config) {
    const keys = Object.entries(config).map(([key, value]) => {
        const colon = key.indexOf(':');
        return { key, namespace: colon < 0 ? project : key.slice(0, colon), name: key.slice(colon + 1), value };
    });
    const known = Object.keys(schemaFor(stack).shape);
    const foreign = keys.filter(({ namespace, name }) => namespace !== project && !RESERVED.includes(namespace) && known.includes(name));
    if (foreign.length > 0) {
        throw new UserError(`Pulumi.${stack}.yaml has settings of another project, as this one is called ${project}. Nothing was created or changed.\n\n${foreign
            .map(({ key, name }) => `  ${key}\n    to do:   write it as "${name}"`)
            .join('\n\n')}\n`);
    }
    return Object.fromEntries(keys.filter(({ namespace }) => namespace === project).map(({ name, value }) => [name, value]));
}
