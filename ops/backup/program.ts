import type { Docker } from '../../docker/client.ts';
import { type Container, inspect } from '../../docker/inspect.ts';
import type { Description } from './manifest.ts';

/** The program that a container runs, as a manifest has it. */
export async function programOf(
  docker: Docker,
  { Image: imageId, Config: { Image: image } }: Container,
  version: string | null,
): Promise<Omit<Description, 'facts'>> {
  const [found] = await inspect(docker, 'image', [imageId]);
  return { image, imageId, digests: found?.RepoDigests ?? [], version };
}
