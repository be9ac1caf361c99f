/** Arithmetic with subnets of both families. */

import {
  contains,
  dynamicRange,
  fixedRange,
  gatewayOf,
  isFixable,
  isUsable,
  overlapping,
  parseSubnet,
  type Subnet,
  subnetOf,
  subnetText,
} from '../../core/subnets.ts';

const subnet = (text: string) => parseSubnet(text) as Subnet;

it.each([
  ['172.30.0.0/24', '172.30.0.0/24'],
  ['10.0.0.0/8', '10.0.0.0/8'],
  ['fd00:30:0:0::/64', 'fd00:30::/64'],
  ['FD00:30::/64', 'fd00:30::/64'],
  ['::/0', '::/0'],
])('reads %s', (text, written) => {
  expect(subnetText(subnet(text))).toBe(written);
});

it.each([
  '',
  '172.30.0.0',
  '172.30.0.1/24',
  '172.30.0.0/33',
  '172.30.0/24',
  'fd00::1/64',
  'fd00::/129',
  'fe80::%1/64',
  'x/1',
])('takes %j for no subnet', (text) => {
  expect(parseSubnet(text)).toBeUndefined();
});

it('reads what an engine names, with bits after the prefix as well', () => {
  expect(subnetText(subnetOf('172.30.0.5/24') as Subnet)).toBe('172.30.0.0/24');
  expect(subnetOf('none')).toBeUndefined();
});

it.each([
  ['10.0.0.0/7', false],
  ['10.0.0.0/28', true],
  ['10.0.0.0/29', false],
  ['fd00::/63', false],
  ['fd00::/112', true],
  ['fd00::/113', false],
])('whether %s has a useful size: %j', (text, usable) => {
  expect(isUsable(subnet(text))).toBe(usable);
});

it.each([
  ['172.30.0.0/24', '172.30.0.1', '172.30.0.128/25', ['172.30.0.2', '172.30.0.127']],
  ['10.0.0.16/28', '10.0.0.17', '10.0.0.24/29', ['10.0.0.18', '10.0.0.23']],
  ['fd00:30::/64', 'fd00:30::1', 'fd00:30:0:0:4000::/66', ['fd00:30::2', 'fd00:30::3fff:ffff:ffff:ffff']],
])('divides %s', (text, gateway, dynamic, fixed) => {
  expect([gatewayOf(subnet(text)), subnetText(dynamicRange(subnet(text))), fixedRange(subnet(text))]).toEqual([
    gateway,
    dynamic,
    fixed,
  ]);
});

it('knows which addresses a container may have', () => {
  const [four, six] = [subnet('172.30.0.0/24'), subnet('fd00:30::/64')];
  const addresses = [
    '172.30.0.0',
    '172.30.0.1',
    '172.30.0.2',
    '172.30.0.127',
    '172.30.0.128',
    '172.30.1.2',
    'fd00:30::2',
  ];
  expect(addresses.filter((one) => isFixable(four, one))).toEqual(['172.30.0.2', '172.30.0.127']);
  expect(addresses.filter((one) => isFixable(six, one))).toEqual(['fd00:30::2']);
  expect(contains(four, '172.30.0.255')).toBe(true);
  expect(contains(four, 'fe80::1%eth0')).toBe(false);
});

it.each([
  ['10.0.0.0/8', '10.1.0.0/16', true],
  ['10.1.0.0/16', '10.0.0.0/8', true],
  ['10.0.0.0/16', '10.1.0.0/16', false],
  ['fd00::/48', 'fd00:0:0:1::/64', true],
  ['10.0.0.0/8', 'fd00::/48', false],
])('%s and %s overlap: %j', (one, other, overlap) => {
  expect(overlapping(subnet(one), subnet(other))).toBe(overlap);
});
