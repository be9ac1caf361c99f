import { isForOthers } from '../../core/engineVariables.js';
import { looksSecret } from '../../core/secretPatterns.js';
import { isHidden } from '../opaque.js';
const HIDDEN = 'hidden';
const given = (config) => {
    const webui = config['webui'];
    return Object.keys(Object(webui?.env)).filter(isForOthers);
};
const remedy = (name, fix) => looksSecret(name, HIDDEN)
    ? {
        allowed: 'nothing',
        fix: 'remove it, and give it to the program that reads it, in a separate file or variable',
    }
    : { allowed: 'a value in plain text', fix };
export const outside = (_, { origin, given: config, encrypted }) => given(config)
    .filter((name) => isHidden(encrypted, ['webui', 'env', name]))
    .map((name) => ({
    path: ['webui', 'env', name],
    reason: 'it is encrypted, and the program that reads it finds it only where docker inspect shows it',
    ...remedy(name, origin.plain(`webui.env.${name}`)),
}));
