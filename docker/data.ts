import type { Storage } from '../core/storage.ts';
import type { Docker } from './client.ts';
import { existsOnHost } from './hostPaths.ts';
import { inspect } from './inspect.ts';

/** What of some data an engine and its host have, by the same names. */
export async function presentData(
  docker: Docker,
  data: Readonly<Record<string, Storage>>,
): Promise<Record<string, Storage>> {
  const all = Object.entries(data);
  const names = all.flatMap(([, one]) => ('volume' in one ? one.volume : []));
  const volumes = (await inspect(docker, 'volume', names)).map(({ Name }) => Name);
  const exists = await Promise.all(
    all.map(([, one]) => ('folder' in one ? existsOnHost(docker, one.folder) : volumes.includes(one.volume))),
  );
  return Object.fromEntries(all.filter((_, index) => exists[index]));
}
