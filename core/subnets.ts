/** Subnets of Docker networks, of both families. */

import { isIP } from 'node:net';
import { canonical } from './urls.ts';

/** A subnet in its one spelling: no bit is set after the prefix. */
export interface Subnet {
  family: 4 | 6;
  /** The address that is all zeros after the prefix. */
  base: bigint;
  prefix: number;
}

const WIDTH = { 4: 32, 6: 128 } as const;

/** What is worth having: room for gateway, fixed and other addresses, and for IPv6 the sizes that are in use. */
const PREFIXES = { 4: [8, 28], 6: [64, 112] } as const;

const familyOf = (address: string): 4 | 6 | undefined =>
  address.includes('%') ? undefined : ((isIP(address) || undefined) as 4 | 6 | undefined);

/** The groups of an IPv6 address, all eight of them. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = canonical(address).split('::');
  const [left, right] = [head, tail ?? ''].map((part) => part.split(':').filter(Boolean)) as [string[], string[]];
  return [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
}

function bitsOf(address: string, family: 4 | 6): bigint {
  if (family === 4) return address.split('.').reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
  return groupsOf(address).reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

function textOf(bits: bigint, family: 4 | 6): string {
  const [count, size] = family === 4 ? [4, 8n] : [8, 16n];
  const parts = Array.from(
    { length: count },
    (_, index) => (bits >> (BigInt(count - 1 - index) * size)) & ((1n << size) - 1n),
  );
  return family === 4 ? parts.join('.') : canonical(parts.map((part) => part.toString(16)).join(':'));
}

/** Addresses of a subnet. */
const sizeOf = ({ family, prefix }: Pick<Subnet, 'family' | 'prefix'>): bigint => 1n << BigInt(WIDTH[family] - prefix);

/** The subnet that an engine names, whatever bits it has after the prefix; undefined for any other text. */
export function subnetOf(text: string): Subnet | undefined {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = familyOf(address);
  const prefix = Number(length);
  if (family === undefined || prefix > WIDTH[family]) return undefined;
  const bits = bitsOf(address, family);
  return { family, base: bits - (bits % sizeOf({ family, prefix })), prefix };
}

/** A subnet by its CIDR; undefined for any other text, and for one with bits after its prefix. */
export function parseSubnet(text: string): Subnet | undefined {
  const subnet = subnetOf(text);
  return subnet && subnetText(subnet).split('/')[0] === canonical(text.split('/')[0] ?? '') ? subnet : undefined;
}

/** Whether a network of a stack may have a subnet, by its size. */
export const isUsable = ({ family, prefix }: Subnet): boolean => {
  const [least, most] = PREFIXES[family];
  return least <= prefix && prefix <= most;
};

export const subnetText = ({ family, base, prefix }: Subnet): string => `${textOf(base, family)}/${prefix}`;

export function contains(subnet: Subnet, address: string): boolean {
  if (familyOf(address) !== subnet.family) return false;
  const offset = bitsOf(address, subnet.family) - subnet.base;
  return offset >= 0n && offset < sizeOf(subnet);
}

export const overlapping = (one: Subnet, other: Subnet): boolean =>
  one.family === other.family && one.base < other.base + sizeOf(other) && other.base < one.base + sizeOf(one);

/** The address that the engine gives the gateway of a network, unless another one is set. */
export const gatewayOf = ({ family, base }: Subnet): string => textOf(base + 1n, family);

/**
 * Where the engine takes addresses for containers that have none of their own. Fixed ones are below, so that no other container can have one
 * already. With IPv4 it is the upper half; with IPv6 the second quarter, as engines such as Docker 20.10 cannot count to the end of a /64.
 */
export function dynamicRange(subnet: Subnet): Subnet {
  const shift = subnet.family === 4 ? 1 : 2;
  return { ...subnet, base: subnet.base + (sizeOf(subnet) >> BigInt(shift)), prefix: subnet.prefix + shift };
}

/** First and last address that a container may have as its own. */
export const fixedRange = (subnet: Subnet): [string, string] => [
  textOf(subnet.base + 2n, subnet.family),
  textOf(dynamicRange(subnet).base - 1n, subnet.family),
];

/** Whether a container may have an address of a stack's network as its own. */
export const isFixable = (subnet: Subnet, address: string): boolean =>
  contains(subnet, address) &&
  bitsOf(address, subnet.family) >= subnet.base + 2n &&
  bitsOf(address, subnet.family) < dynamicRange(subnet).base;
