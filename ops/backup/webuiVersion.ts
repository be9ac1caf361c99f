import type { Helper } from './helper/helper.ts';

/** Release of Open WebUI in the helper's image; null where it does not tell. */
export async function webuiVersion(helper: Helper): Promise<string | null> {
  const { child, ended } = helper.start('version.py');
  child.stdin.end();
  return ((await ended)['version'] ?? null) as string | null;
}
