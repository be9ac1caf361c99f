import { isShared } from '../../core/attachments.js';
import { valkeyHostOf } from '../../core/names.js';
import { KEY_PREFIX, valkeyUrl } from '../../core/valkey.js';
import { WEBUI_PORT } from '../../core/webui.js';
const none = () => undefined;
const addressOf = (database) => (settings) => {
    const { hardening, valkey } = settings;
    const host = () => valkeyHostOf(valkey, { shared: isShared(settings), hardening });
    return valkey.auth ? undefined : valkeyUrl(host(), database);
};
export const WIRED = {
    ENABLE_WEBSOCKET_SUPPORT: () => 'true',
    WEBSOCKET_MANAGER: () => 'redis',
    WEBSOCKET_REDIS_URL: addressOf(1),
    REDIS_URL: addressOf(0),
    REDIS_KEY_PREFIX: () => KEY_PREFIX,
    WEBSOCKET_SENTINEL_HOSTS: none,
    REDIS_SENTINEL_HOSTS: none,
    WEBSOCKET_REDIS_CLUSTER: () => 'false',
    REDIS_CLUSTER: () => 'false',
    WEBUI_SECRET_KEY: none,
    WEBUI_SECRET_KEY_FILE: none,
    WEBUI_ADMIN_EMAIL: ({ webui }) => webui.admin.email,
    WEBUI_ADMIN_NAME: ({ webui }) => webui.admin.name,
    WEBUI_ADMIN_PASSWORD: none,
    WEBUI_AUTH: () => 'true',
    ENABLE_SIGNUP: ({ webui }) => String(webui.signup === 'open'),
    ENABLE_PERSISTENT_CONFIG: ({ webui }) => String(webui.configuration === 'page'),
    PORT: () => String(WEBUI_PORT),
};
const EMPTY_IS_NONE = /^WEBUI_(?!AUTH)|_HOSTS$|REDIS_URL$/;
const agrees = (name, value, right) => value === right ||
    (/^(true|false)$/.test(right ?? '') && value.toLowerCase() === right) ||
    (value === '' && EMPTY_IS_NONE.test(name));
function against(name, value) {
    if (name === 'WEBSOCKET_MANAGER' && value.toLowerCase() === 'redis') {
        return 'Open WebUI knows only the lower-case "redis" and would silently run without Valkey';
    }
    if (name.endsWith('REDIS_URL')) {
        if (/^valkeys?:/i.test(value))
            return 'Open WebUI exits at startup with a valkey:// address: the scheme is redis://';
        const host = URL.canParse(value) ? new URL(value).hostname : '';
        if (/^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/i.test(host)) {
            return 'inside the container that is the web UI itself, not Valkey';
        }
        return 'the deployment sets the address of its own Valkey';
    }
    if (name === 'ENABLE_WEBSOCKET_SUPPORT')
        return 'without websockets nothing would go through Valkey';
    if (name.includes('SENTINEL') || name.includes('CLUSTER'))
        return 'the deployment runs a single Valkey';
    if (name.startsWith('WEBUI_ADMIN'))
        return 'the deployment creates the administrator';
    if (name.startsWith('WEBUI_SECRET_KEY'))
        return 'the deployment generates the key and keeps it';
    if (name === 'REDIS_KEY_PREFIX')
        return "Open WebUI's user in Valkey may use no other keys, and no other stack uses this Valkey";
    if (name === 'WEBUI_AUTH')
        return 'the deployment creates an administrator, and sign-in cannot be turned off once there is a user';
    return 'the deployment sets it';
}
const DECIDES = {
    WEBUI_SECRET_KEY: 'webui.sessionKey',
    WEBUI_ADMIN_EMAIL: 'webui.admin.email',
    WEBUI_ADMIN_NAME: 'webui.admin.name',
    PORT: 'webui.publish.port',
    ENABLE_SIGNUP: 'webui.signup',
    ENABLE_PERSISTENT_CONFIG: 'webui.configuration',
};
function instead(name, value) {
    if (name === 'ENABLE_SIGNUP' && value.toLowerCase() === 'true')
        return 'remove it and set webui.signup: open together with webui.configuration: file';
    return DECIDES[name] ? `remove it and set ${DECIDES[name]}` : 'remove it';
}
export const wiring = (settings, { isSecret }) => Object.entries(WIRED).flatMap(([name, rightOf]) => {
    const value = settings.webui.env[name];
    if (value === undefined)
        return [];
    const right = rightOf(settings);
    if (agrees(name, value, right))
        return [];
    const secret = (isSecret('valkey') && name.endsWith('REDIS_URL')) || (isSecret('webui') && name.startsWith('WEBUI_ADMIN'));
    return [
        {
            path: ['webui', 'env', name],
            reason: against(name, value),
            allowed: right === undefined || secret ? 'nothing: leave it to the deployment' : `nothing, or ${right}`,
            fix: instead(name, value),
        },
    ];
});
