/** The images that a stack names: present, else pulled, else (those of `local/`) built. */

import { isBuiltHere } from '../core/images.ts';
import type { Docker } from '../docker/client.ts';
import type { Progress } from '../system/console.mjs';

/** Whether all of some images are there. */
const arePresent = async (docker: Docker, references: readonly string[]): Promise<boolean> =>
  (await docker.capture(['image', 'inspect', '--format', '{{.Id}}', ...references])).code === 0;

interface Options {
  root: string;
  env: NodeJS.ProcessEnv;
  docker: Docker;
  progress: Progress;
  /** Called when an image is missing, before the engine gets one. */
  before?: (() => Promise<void>) | undefined;
}

/**
 * Makes images present.
 *
 * @returns why it could not, as a registry has one of them and does not give it; undefined when all are there.
 * @throws UserError when an image cannot be built on this machine.
 */
export async function provideImages(
  references: readonly string[],
  { root, env, docker, progress, before }: Options,
): Promise<string | undefined> {
  if (await arePresent(docker, references)) return undefined;
  await before?.();
  const present = await Promise.all(references.map((reference) => arePresent(docker, [reference])));
  const missing = references.filter((_, index) => !present[index]);
  const local = missing.filter(isBuiltHere);
  if (local.length > 0) {
    const { buildImages } = await import('./buildImages.ts');
    await buildImages(local, { root, env, docker, progress });
  }
  for (const reference of missing.filter((one) => !isBuiltHere(one))) {
    progress(`pulling ${reference}`);
    const { code, stderr } = await docker.capture(['pull', '--quiet', reference]);
    if (code !== 0) return `${reference} cannot be pulled: ${stderr.trim().split('\n').at(-1)}`;
  }
  return undefined;
}
