/** The settings of private registries. */

import { z } from 'zod';
import { described, keyNamed } from './leaves.ts';

/** A host name as image references begin with it. Without a dot or a port, Docker would take it for a user of Docker Hub. */
const ADDRESS = /^(localhost(:\d{1,5})?|[a-z0-9-]+((\.[a-z0-9-]+)+(:\d{1,5})?|:\d{1,5}))$/i;

const entry = described(
  z.strictObject({
    username: described(
      z
        .union([z.string(), z.int()])
        .transform(String)
        .refine((text) => /^[^\s:\p{Cc}]+$/u.test(text))
        .optional(),
      'User name for the registry. A change replaces nothing',
      'a name without spaces and ":"',
      'write the user name for the registry',
    ),
    password: described(
      z
        .union([z.string(), z.int()])
        .transform(String)
        .refine((text) => /^\P{Cc}+$/u.test(text))
        .optional(),
      'Password or access token, which only needs to read the images. Always encrypted. A change replaces nothing: later pulls use the new one',
      'at least one character, encrypted',
      undefined,
      { secret: true },
    ),
  }),
  'Credentials for a registry',
  'an object with username and password',
  'write it as { username: deploy }, and set password encrypted',
);

export const registries = described(
  z
    .record(
      keyNamed(z.string().regex(ADDRESS), {
        description: 'this is not the address of a registry',
        allowed:
          'the host name that image references begin with, and its port if they have one; Docker Hub is docker.io',
        fix: 'write it as registry.example.com or registry.example.com:5000, without https:// and path',
      }),
      entry,
    )
    .default({}),
  'Credentials for private registries, by registry address. Images from other registries are pulled anonymously. On Swarm, every node uses them (docs/registries.md)',
  'registries as ADDRESS: { username: ..., password: ... }, the password encrypted',
  'write one ADDRESS: { username: NAME } per line, and set each password encrypted',
);
