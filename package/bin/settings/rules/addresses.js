import { imageName, parseImage } from '../../core/images.js';
import { HOST_ALIAS as HOST } from '../../core/webui.js';
import { VARIABLES } from '../../core/webuiVariables.js';
const LOOPBACK = String.raw `(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|0\.0\.0\.0)`;
const IN_ADDRESS = new RegExp(String.raw `(\b[a-z][a-z0-9+.-]*:\/\/(?:[^\s/@;,"']*@)?)${LOOPBACK}(?=[:/?#;,"'\s]|$)`, 'gi');
const IS_HOST = new RegExp(String.raw `^${LOOPBACK}(?=:\d+$|$)`, 'i');
const SERVER = /(UR[IL]S?|ENDPOINTS?|PROXY|CONNECTIONS)$/i;
const SERVER_HOST = /_HOSTS?$/;
const NOT_OPENED = /REDIRECT_UR[IL]$|^WEBUI_URL$|NO_PROXY$|(^|_)REDIS_URL$/i;
export const opensServer = (name) => SERVER.test(name) && !NOT_OPENED.test(name);
export const opensHost = (name) => SERVER_HOST.test(name) && VARIABLES.includes(name);
const isAlone = (image) => imageName(image) === 'open-webui' && !/ollama/i.test(parseImage(image).tag ?? '');
const toItself = (env) => Object.entries(env).flatMap(([name, value]) => {
    const meant = opensServer(name)
        ? value.replaceAll(IN_ADDRESS, `$1${HOST}`).replace(IS_HOST, HOST)
        : opensHost(name)
            ? value.replace(IS_HOST, HOST)
            : value;
    return meant === value ? [] : [{ name, value, meant }];
});
const REASON = 'inside the container that is the web UI itself, not the Docker host';
export const loopback = ({ webui: { env, image } }) => isAlone(image)
    ? toItself(env).map(({ name, meant }) => ({
        path: ['webui', 'env', name],
        reason: REASON,
        allowed: `an address that the container can reach; the Docker host is ${HOST}`,
        instead: meant,
        fix: `write ${HOST} instead of localhost`,
    }))
    : [];
export const loopbackWarnings = ({ env, image }) => isAlone(image)
    ? []
    : toItself(env).map(({ name }) => `webui.env.${name} names localhost: ${REASON}. Unless ${image} has that server inside, write ${HOST}.`);
export function ownAddressWarnings({ url, env }) {
    const value = env['WEBUI_URL'];
    if (value === undefined || !URL.canParse(value) || value.replace(/\/+$/, '') === url)
        return [];
    return [
        'webui.env.WEBUI_URL: set webui.url instead. It sets this variable, keeps cookies off unencrypted connections, and tells verify and the check of CORS_ALLOW_ORIGIN where the page is.',
    ];
}
export const ownAddress = ({ webui: { url, env } }) => {
    const value = env['WEBUI_URL'];
    if (url === undefined || value === undefined || value.replace(/\/+$/, '') === url)
        return [];
    return [
        {
            path: ['webui', 'env', 'WEBUI_URL'],
            reason: `webui.url says ${url}`,
            allowed: `nothing, or ${url}`,
            fix: 'remove it: webui.url sets it',
        },
    ];
};
