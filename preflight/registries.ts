/** Private registries: without this check, a wrong password would only fail after the first server has been removed. */

import * as pulumi from '@pulumi/pulumi';
import { privateRegistryOf, type Registries } from '../core/registries.ts';
import type { Docker } from '../docker/client.ts';
import { type Reception, signIn } from '../docker/credentials.ts';
import { inspect } from '../docker/inspect.ts';
import { type ImagesOf, imagesOf } from '../settings/images.ts';
import { pathText } from '../settings/opaque.ts';
import type { Subject } from './origin.ts';

type Words = Pick<Subject, 'owner' | 'secret'>;

/** Images of a registry that the engine does not have. */
async function missingOf(docker: Docker, address: string, settings: ImagesOf, registries: Registries) {
  const images = imagesOf(settings).filter((image) => privateRegistryOf(image, registries) === address);
  const present = await Promise.all(
    images.map((image) => inspect(docker, 'image', [image]).then((found) => found.length > 0)),
  );
  return images.filter((_, index) => !present[index]);
}

/** What is wrong with a registry, and what to do, in lines. */
function refusal(
  address: string,
  { kind, said }: Exclude<Reception, { kind: 'accepted' }>,
  missing: readonly string[],
  { owner, secret }: Words,
): string {
  const path = (key: string) => pathText(['registries', address, key]);
  const toDo =
    kind === 'refused'
      ? `correct ${owner}:${path('username')} and its password: ${secret(path('password')).replace(/^.* set it with /, '')}`
      : 'correct the address, or what is between the engine and it (DNS, firewall, certificate)';
  const what =
    kind === 'refused'
      ? `${address} rejects the user name or password of the stack`
      : `${address} does not answer the engine, which lacks ${missing.join(' and ')}`;
  return `  ${what}\n    it says: ${said}\n    to do:   ${toDo}\n`;
}

/**
 * Signs in to the registries of a stack, through its engine. One that does not answer is refused only if one of its images is missing.
 *
 * @throws pulumi.RunError with each registry that cannot be used, and what to do. It repeats no password.
 */
export async function requireRegistries(
  docker: Docker,
  settings: ImagesOf & { registries: Registries },
  words: Words,
): Promise<void> {
  const { registries } = settings;
  const found = await Promise.all(
    Object.entries(registries).map(async ([address, credentials]) => {
      // Without the docker command; a later check reports it.
      const reception = await signIn(docker, address, credentials).catch(() => undefined);
      if (reception === undefined || reception.kind === 'accepted') return [];
      const missing = await missingOf(docker, address, settings, registries);
      if (reception.kind === 'refused' || (missing.length > 0 && !pulumi.runtime.isDryRun()))
        return [refusal(address, reception, missing, words)];
      await pulumi.log.warn(`The registry ${address} does not answer the engine: ${reception.said}.`);
      return [];
    }),
  );
  const refusals = found.flat();
  if (refusals.length === 0) return;
  throw new pulumi.RunError(`A private registry cannot be used. Nothing was created or changed.\n${refusals.join('')}`);
}
