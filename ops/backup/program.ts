import type { Docker } from '../../docker/client.ts';
import { type Container, inspect } from '../../docker/inspect.ts';
import type { Description } from './manifest.ts';

/** What a manifest says where no container tells it. */
const UNKNOWN = { image: '(not known: there was no container)', imageId: '', digests: [] };

/** The program that a container runs, as a manifest has it. */
export async function programOf(
  docker: Docker,
  container: Container | undefined,
  version: string | null,
): Promise<Omit<Description, 'facts'>> {
  if (!container) return { ...UNKNOWN, version };
  const [found] = await inspect(docker, 'image', [container.Image]);
  return { image: container.Config.Image, imageId: container.Image, digests: found?.RepoDigests ?? [], version };
}
