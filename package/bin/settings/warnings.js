import { NEW_SESSION_KEY } from './origin.js';
import { loopbackWarnings, ownAddressWarnings } from './rules/addresses.js';
import { neighbourWarnings } from './rules/neighbours.js';
import { registryWarnings } from './rules/registries.js';
import { sessionKeyWarnings } from './rules/sessionKey.js';
import { swarmWarnings } from './rules/swarm.js';
import { variableWarnings } from './rules/variables.js';
export function warningsOf(settings, { newSessionKey } = { newSessionKey: NEW_SESSION_KEY }) {
    const webui = { ...settings.webui, env: { ...settings.webui.env, ...settings.webui.secretEnv } };
    return [
        ...loopbackWarnings(webui),
        ...ownAddressWarnings(webui),
        ...neighbourWarnings({ ...settings, webui }),
        ...variableWarnings(webui),
        ...sessionKeyWarnings(webui.sessionKey, newSessionKey),
        ...swarmWarnings(settings),
        ...registryWarnings(settings),
    ];
}
