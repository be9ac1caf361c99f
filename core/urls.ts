/** Addresses of the page. */

import { isIPv6 } from 'node:net';
import type { Host } from './endpoint.ts';
import { WEBUI_PORT } from './webui.ts';

/** One address of the host, or several: `["0.0.0.0", "::"]` is every address of both families. */
export type Addresses = string | readonly string[];

export const addressList = (addresses: Addresses): readonly string[] =>
  typeof addresses === 'string' ? [addresses] : addresses;

/** Every address of a family, and the one by which this machine reaches it. Docker publishes at `::` for IPv6 alone. */
const EVERYWHERE = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/** An IP address in the one spelling that compares: `0:0:0:0:0:0:0:0` is `::`. One with a zone stays as it is. */
export const canonical = (address: string): string =>
  isIPv6(address) && !address.includes('%') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;

/** Whether two addresses of a host cannot have the same port. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [canonical(one), canonical(other)];
  return isIPv6(a) === isIPv6(b) && (a === b || EVERYWHERE.has(a) || EVERYWHERE.has(b));
}

/** The host as this machine reaches it; undefined for this machine. */
const hostName = ({ address = '' }: Host) =>
  /^(tcp|ssh):/.test(address) ? new URL(address).hostname.replace(/^\[(.*)\]$/, '$1') : undefined;

/** Origin of a published port: at the address of the host where it is published everywhere, otherwise as published. */
export function publishedUrl({ address, port }: { address: Addresses; port: number }, host: Host = {}): string {
  const all = addressList(address).map(canonical);
  // An address for everybody rather than one for some.
  const first = [...EVERYWHERE.keys()].find((one) => all.includes(one)) ?? all[0] ?? '';
  const name = EVERYWHERE.has(first) ? (hostName(host) ?? EVERYWHERE.get(first)) : first;
  return `http://${isIPv6(name ?? '') ? `[${name}]` : name}:${port}`;
}

/** Where the page is published; `none`: at no port of the host. */
export type Published = { address: Addresses; port: number } | 'none';

/** Origin of the page on the networks of its container, which has the name of its server there. */
export const networkUrl = (container: string): string => `http://${container}:${WEBUI_PORT}`;

/** Origin of the page where no proxy is before it: as published, or else on the networks of its container. */
export const directUrl = ({ name, publish }: { name: string; publish: Published }, host: Host = {}): string =>
  publish === 'none' ? networkUrl(name) : publishedUrl(publish, host);
