import { isIP } from 'node:net';
import { canonical } from './urls.js';
const WIDTH = { 4: 32, 6: 128 };
const PREFIXES = { 4: [8, 28], 6: [64, 112] };
const familyOf = (address) => address.includes('%') ? undefined : (isIP(address) || undefined);
function groupsOf(address) {
    const [head = '', tail] = canonical(address).split('::');
    const [left, right] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean));
    return [...left, ...Array(8 - left.length - right.length).fill('0'), ...right];
}
function bitsOf(address, family) {
    if (family === 4)
        return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
    return groupsOf(address).reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}
function textOf(bits, family) {
    const [count, size] = family === 4 ? [4, 8n] : [8, 16n];
    const parts = Array.from({ length: count }, (_, index) => (bits >> (BigInt(count - 1 - index) * size)) & ((1n << size) - 1n));
    return family === 4 ? parts.join('.') : canonical(parts.map((part) => part.toString(16)).join(':'));
}
const sizeOf = ({ family, prefix }) => 1n << BigInt(WIDTH[family] - prefix);
export function subnetOf(text) {
    const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
    const family = familyOf(address);
    const prefix = Number(length);
    if (family === undefined || prefix > WIDTH[family])
        return undefined;
    const bits = bitsOf(address, family);
    return { family, base: bits - (bits % sizeOf({ family, prefix })), prefix };
}
export function parseSubnet(text) {
    const subnet = subnetOf(text);
    return subnet && subnetText(subnet).split('/')[0] === canonical(text.split('/')[0] ?? '') ? subnet : undefined;
}
export const isUsable = ({ family, prefix }) => {
    const [least, most] = PREFIXES[family];
    return least <= prefix && prefix <= most;
};
export const subnetText = ({ family, base, prefix }) => `${textOf(base, family)}/${prefix}`;
export function contains(subnet, address) {
    if (familyOf(address) !== subnet.family)
        return false;
    const offset = bitsOf(address, subnet.family) - subnet.base;
    return offset >= 0n && offset < sizeOf(subnet);
}
export const overlapping = (one, other) => one.family === other.family && one.base < other.base + sizeOf(other) && other.base < one.base + sizeOf(one);
export const gatewayOf = ({ family, base }) => textOf(base + 1n, family);
export function dynamicRange(subnet) {
    const shift = subnet.family === 4 ? 1 : 2;
    return { ...subnet, base: subnet.base + (sizeOf(subnet) >> BigInt(shift)), prefix: subnet.prefix + shift };
}
export const fixedRange = (subnet) => [
    textOf(subnet.base + 2n, subnet.family),
    textOf(dynamicRange(subnet).base - 1n, subnet.family),
];
export const isFixable = (subnet, address) => contains(subnet, address) &&
    bitsOf(address, subnet.family) >= subnet.base + 2n &&
    bitsOf(address, subnet.family) < dynamicRange(subnet).base;
