import { looksSecret } from '../core/secretPatterns.js';
import { isKept } from './rule.js';
import { loopback, ownAddress } from './rules/addresses.js';
import { origins } from './rules/origins.js';
import { outside } from './rules/outside.js';
import { places } from './rules/places.js';
import { processes } from './rules/processes.js';
import { WIRED, wiring } from './rules/wiring.js';
const options = ({ webui: { env } }) => {
    const { WEBSOCKET_REDIS_OPTIONS: text } = env;
    if (text === undefined)
        return [];
    const problem = { path: ['webui', 'env', 'WEBSOCKET_REDIS_OPTIONS'], allowed: 'a JSON object as text' };
    try {
        const value = JSON.parse(text);
        if (typeof value === 'object' && value !== null && !Array.isArray(value))
            return [];
    }
    catch {
    }
    return [{ ...problem, reason: 'Open WebUI would ignore it', fix: `write it as '{"socket_timeout": null}'` }];
};
const secretsInClear = (settings, circumstances) => Object.entries(settings.webui.env).flatMap(([name, value]) => isKept(circumstances, ['webui', 'env', name]) || !looksSecret(name, value) || Object.hasOwn(WIRED, name)
    ? []
    : [
        {
            path: ['webui', 'env', name],
            reason: `in plain text it would show in ${circumstances.origin.shows}, in previews and in docker inspect`,
            allowed: circumstances.origin.kept,
            fix: circumstances.origin.secret(`webui.env.${name}`),
        },
    ]);
export const environmentRules = [
    wiring,
    places,
    loopback,
    ownAddress,
    origins,
    processes,
    options,
    outside,
    secretsInClear,
];
