/** Addresses of the page. */

import { isIPv6 } from 'node:net';
import type { Host } from './endpoint.ts';

const everywhere = ['0.0.0.0', '::'];

/** The Docker host as this machine reaches it. */
const hostName = ({ address = '' }: Host) => (/^(tcp|ssh):/.test(address) ? new URL(address).hostname : '127.0.0.1');

/** Origin of a published port: at the address of the host where it is published everywhere, otherwise as published. */
export function publishedUrl({ address, port }: { address: string; port: number }, host: Host = {}): string {
  const name = everywhere.includes(address) ? hostName(host) : address;
  return `http://${isIPv6(name) ? `[${name}]` : name}:${port}`;
}
