/** Registry credentials that cannot work, or would be visible. */

import { DOCKER_HUB } from '../../core/images.ts';
import { privateRegistryOf, type Registries } from '../../core/registries.ts';
import { type ImagesOf, imagesOf } from '../images.ts';
import { isHidden, pathText } from '../opaque.ts';
import type { Problem } from '../problems.ts';
import type { Circumstances, Rule } from '../rule.ts';

/** What people and tools call Docker Hub. */
const HUB = /^(index|registry-1|registry|hub|www)\.(hub\.)?docker\.(io|com)$|^(hub\.)?docker\.com$/i;

const names: Rule = ({ registries }) =>
  Object.keys(registries).flatMap((address): Problem[] =>
    HUB.test(address)
      ? [
          {
            path: ['registries', address],
            reason: `image references use ${DOCKER_HUB} for Docker Hub`,
            allowed: DOCKER_HUB,
            fix: `write ${DOCKER_HUB} instead`,
            confidential: true,
          },
        ]
      : [],
  );

/** Pulumi reports only that a section has a secret; the stack file shows which of its values are encrypted. */
const isEncrypted = ({ encrypted, isSecret }: Circumstances, path: readonly string[]): boolean =>
  encrypted.some(([section]) => section === 'registries') ? isHidden(encrypted, path) : isSecret('registries');

/** What the stack file sets for a registry; an invalid value is reported separately. */
const givenFor = ({ given }: Circumstances, address: string): Record<string, unknown> =>
  (given['registries'] as Record<string, Record<string, unknown>> | undefined)?.[address] ?? {};

const complete: Rule = ({ registries }, circumstances) =>
  Object.entries(registries).flatMap(([address, entry]): Problem[] =>
    (['username', 'password'] as const).flatMap((key) =>
      entry[key] === undefined && givenFor(circumstances, address)[key] === undefined
        ? [
            {
              path: ['registries', address, key],
              reason: 'a private registry needs both',
              allowed: 'both username and password',
              fix: 'set it, or remove the registry to pull its images anonymously',
            },
          ]
        : [],
    ),
  );

const clear: Rule = ({ registries }, circumstances) =>
  Object.entries(registries).flatMap(([address, { password }]): Problem[] => {
    const path = ['registries', address, 'password'];
    if (password === undefined || isEncrypted(circumstances, path)) return [];
    return [
      {
        path,
        reason: `in plain text it would show in ${circumstances.origin.shows}, and anyone who knows it can act as that user`,
        allowed: circumstances.origin.kept,
        fix: circumstances.origin.secret(pathText(path)),
        confidential: true,
      },
    ];
  });

export const registryRules: readonly Rule[] = [names, complete, clear];

/** Registries that no image of the stack comes from. */
export function registryWarnings(settings: ImagesOf & { registries: Registries }): string[] {
  const used = new Set(imagesOf(settings).map((image) => privateRegistryOf(image, settings.registries)));
  return Object.keys(settings.registries)
    .filter((address) => !used.has(address))
    .map((address) => `No image of the stack comes from ${address} (registries), so its credentials are not used.`);
}
