/** The kinds of settings that are about networks. */

import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import type { Place } from '../core/attachments.ts';
import { isUsable, parseSubnet, subnetText } from '../core/subnets.ts';
import { canonical } from '../core/urls.ts';
import { DOCKER_NAME, DOCKER_NAME_TEXT, described, keyNamed } from './leaves.ts';

const usable = (text: string) => {
  const subnet = parseSubnet(text);
  return subnet && isUsable(subnet) ? subnet : undefined;
};

const subnet = z.string().refine((text) => usable(text) !== undefined);

/** One of IPv4, as every network has one, and perhaps one of IPv6. */
const eachFamilyOnce = (texts: readonly string[]) => {
  const families = texts.map((text) => usable(text)?.family);
  return families.includes(4) && new Set(families).size === families.length;
};

export const subnets = described(
  subnet
    .or(z.array(subnet).min(1).max(2))
    .refine((given) => eachFamilyOnce([given].flat()))
    .transform((given) =>
      [given]
        .flat()
        .flatMap((text) => usable(text) ?? [])
        .map(subnetText),
    )
    .optional(),
  'Subnet of the network that the stack creates, needed for fixed addresses in it, or a list of one for IPv4 and one for IPv6. Fixed addresses are in its lower half (IPv6: in the lower quarter), after the first one, which is the gateway; the engine takes the next ones for containers without a fixed address. Default: the engine chooses one. A change replaces the network and both containers; without the key the network keeps its subnet',
  'an IPv4 subnet from /8 to /28, or a list with an IPv6 subnet from /64 to /112 as well; no bits after the prefix',
  'write it as 172.30.0.0/24, or [172.30.0.0/24, "fd00:30::/64"]',
);

const address = (isOne: (text: string) => boolean, family: string, example: string) =>
  described(
    z
      .string()
      .refine((text) => isOne(text) && !text.includes('%'))
      .transform(canonical)
      .optional(),
    `Fixed ${family} address of the container there. Default: the engine chooses one at each start`,
    `an ${family} address in that network that nothing else uses`,
    `write it as "${example}"`,
  );

const place: z.ZodType<Place> = described(
  z.strictObject({
    aliases: described(
      z
        .array(
          z
            .string()
            .regex(/^[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?$/)
            .refine((text) => text !== 'localhost'),
        )
        .optional(),
      'Additional host names of the container there',
      'a list of host names of lower-case letters, digits, ".", "_" and "-", other than localhost',
      'write it as [chat, chat.internal]',
    ),
    ipv4: address(isIPv4, 'IPv4', '172.30.0.10'),
    ipv6: address(isIPv6, 'IPv6', 'fd00:30::10'),
  }),
  'Names and addresses of the container in a network',
  'an object with aliases, ipv4 and ipv6, or {}',
  'write {} to join the network under the name of the container only',
);

/** Networks that a server joins besides its own. */
export const networks = (description: string) =>
  described(
    z
      .record(
        keyNamed(z.string().regex(DOCKER_NAME), {
          description: 'this is not a name for a network',
          allowed: DOCKER_NAME_TEXT,
          fix: 'use the name that docker network ls shows',
        }),
        place,
      )
      .default({}),
    description,
    'networks as NAME: { aliases: [...], ipv4: ..., ipv6: ... }, each part optional',
    'write one NAME: {} per line',
  );
