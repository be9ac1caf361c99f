import { pageUrl } from '../page.js';
const NAME = 'CORS_ALLOW_ORIGIN';
function spelled(text, schemes) {
    const trimmed = text.trim();
    if (!URL.canParse(trimmed))
        return undefined;
    const { protocol, origin } = new URL(trimmed);
    if (/^https?:$/.test(protocol))
        return origin;
    return schemes.includes(protocol.slice(0, -1)) ? trimmed : undefined;
}
export const origins = (settings, { isSecret }) => {
    const { env } = settings.webui;
    const value = env[NAME];
    if (value === undefined || value === '*')
        return [];
    const problem = {
        path: ['webui', 'env', NAME],
        allowed: '* or a list of http:// and https:// addresses separated by ";"',
    };
    const own = new URL(pageUrl(settings)).origin;
    const schemes = (env['CORS_ALLOW_CUSTOM_SCHEME'] ?? '').split(';');
    const right = value.split(';').map((text) => spelled(text, schemes));
    if (right.includes(undefined)) {
        return [
            {
                ...problem,
                reason: 'Open WebUI exits at startup if one of them is not an address',
                fix: isSecret('webui') ? 'correct it' : `write it as "${own}"`,
            },
        ];
    }
    const isKnown = settings.webui.url !== undefined || settings.webui.publish !== 'none';
    const complete = !isKnown || right.includes(own) ? right : [...right, own];
    if (right.join(';') !== value) {
        return [
            {
                ...problem,
                reason: 'an origin is compared as text, and no browser sends it with a path, a slash at the end, or spaces',
                instead: complete.join(';'),
                fix: 'write each as scheme, host and port only',
            },
        ];
    }
    if (complete !== right) {
        return [
            {
                ...problem,
                reason: "the page's own websocket would be refused",
                fix: `add ${isSecret('webui') ? 'the address of the page' : own}`,
            },
        ];
    }
    return [];
};
