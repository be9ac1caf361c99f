/** The servers of a stack that an engine has, by their data. */

import { sourceOf, storageOf } from '../core/storage.ts';
import { serverNames } from '../core/valkey.ts';
import type { Found } from '../docker/inventory.ts';

/** What of a server's settings matters here. */
export interface Server {
  name: string;
  image: string;
  volume: string;
  folder?: string | undefined;
}

/** The container that serves a volume or a folder, whatever its name is. One that an older release of this program created has no role. */
export const serverOn = (server: Server, present: readonly Found[]): Found | undefined => {
  const { name } = server;
  const source = sourceOf(storageOf(server));
  const servers = present.filter(
    ({ kind, role, volumes }) => kind === 'container' && volumes.includes(source) && (role ?? 'server') === 'server',
  );
  // Of several tasks one that runs: those that have ended are still there.
  return (
    servers.find(({ role, runs, service }) => role && runs && service) ??
    servers.find(({ role }) => role) ??
    servers.find((one) => one.name === name) ??
    servers[0]
  );
};

/** The servers of a Valkey that an engine has, the first one as well, with their volumes; undefined where there is one at most. */
export function severalOn(
  valkey: Server,
  present: readonly Found[],
): { servers: { container: string; volume: string }[] } | undefined {
  const [, ...others] = serverNames(valkey.name);
  const found = present.filter(
    ({ kind, role, name }) => kind === 'container' && role === 'server' && others.includes(name),
  );
  const first = serverOn(valkey, present);
  if (!first || found.length === 0) return undefined;
  const copies = found.map(({ name, volumes }) => ({ container: name, volume: volumes[0] ?? '' }));
  return { servers: [{ container: first.name, volume: valkey.volume }, ...copies] };
}
