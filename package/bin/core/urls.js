import { isIPv6 } from 'node:net';
import { WEBUI_PORT } from './webui.js';
export const addressList = (addresses) => typeof addresses === 'string' ? [addresses] : addresses;
const EVERYWHERE = new Map([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
]);
export const canonical = (address) => isIPv6(address) && !address.includes('%') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
export function overlap(one, other) {
    const [a, b] = [canonical(one), canonical(other)];
    return isIPv6(a) === isIPv6(b) && (a === b || EVERYWHERE.has(a) || EVERYWHERE.has(b));
}
const hostName = ({ address = '' }) => /^(tcp|ssh):/.test(address) ? new URL(address).hostname.replace(/^\[(.*)\]$/, '$1') : undefined;
export function publishedUrl({ address, port }, host = {}) {
    const all = addressList(address).map(canonical);
    const first = [...EVERYWHERE.keys()].find((one) => all.includes(one)) ?? all[0] ?? '';
    const name = EVERYWHERE.has(first) ? (hostName(host) ?? EVERYWHERE.get(first)) : first;
    return `http://${isIPv6(name ?? '') ? `[${name}]` : name}:${port}`;
}
export const networkUrl = (container) => `http://${container}:${WEBUI_PORT}`;
export const directUrl = ({ name, publish }, host = {}) => publish === 'none' ? networkUrl(name) : publishedUrl(publish, host);
