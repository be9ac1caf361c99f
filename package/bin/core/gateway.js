import { isIP } from 'node:net';
import { publishedUrl } from './urls.js';
export const HTTP_PORT = 80;
export const HTTPS_PORT = 443;
export const HEALTH_PORT = 2018;
export const QUEUE_PORT = 2017;
export const HEALTHY = 'serving';
export const GATEWAY_DATA = '/data';
export const GATEWAY_FILES = '/etc/caddy/live';
export const CONFIGURATION = 'caddy.json';
export const ADMIN_SOCKET = 'unix//dev/shm/caddy.sock';
export const GATEWAY_USER = { user: '1000', group: '1000' };
export const INTERNAL_ROOT = `${GATEWAY_DATA}/caddy/pki/authorities/local/root.crt`;
export const gatewayPorts = ({ tls, publish, }) => [
    { port: publish.http, inside: HTTP_PORT },
    ...(tls === 'off' ? [] : [{ port: publish.https, inside: HTTPS_PORT }]),
];
export function gatewayUrls({ tls, publish: { http, https, address } }, host = {}) {
    const at = (port) => publishedUrl({ address, port }, host);
    return { http: at(http), ...(tls !== 'off' && { https: at(https).replace(/^http:/, 'https:') }) };
}
export function originsOf({ domain, tls, publish }) {
    const [scheme, port, usual] = tls === 'off' ? ['http', publish.http, HTTP_PORT] : ['https', publish.https, HTTPS_PORT];
    return domain.map((name) => `${scheme}://${name}${port === usual ? '' : `:${port}`}`);
}
export function openedAt(gateway, url) {
    if (url === undefined)
        return originsOf(gateway);
    const { protocol, port } = new URL(url);
    return gateway.domain.map((name) => `${protocol}//${name}${port && `:${port}`}`);
}
const PRIVATE = /(^|\.)(localhost|local|test|example|invalid|internal|lan|home\.arpa|onion)$/;
export const isPublic = (domain) => domain.includes('.') && isIP(domain) === 0 && !PRIVATE.test(domain);
