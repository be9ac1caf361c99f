/** The servers of a stack that an engine has, by their data. */

import { type Owner, ownerOf } from '../core/labels.ts';
import { sourceOf, storageOf } from '../core/storage.ts';
import { serverNames } from '../core/valkey.ts';
import type { Docker } from '../docker/client.ts';
import type { Found } from '../docker/inventory.ts';
import { inspectServices, type Service } from '../docker/services.ts';

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

/** Several servers of a Valkey. */
export interface SeveralServers {
  servers: {
    /** Of a service on another node: none on this engine. */
    container: string;
    service?: string;
    volume: string;
  }[];
}

/** The services of some names that a stack has. */
export async function ownServices(docker: Docker, names: readonly string[], mine: Owner): Promise<Service[]> {
  return (await inspectServices(docker, names)).filter(({ Spec }) => {
    const owner = ownerOf(Spec.Labels);
    return owner?.project === mine.project && owner.stack === mine.stack;
  });
}

/** The servers of a Valkey that run as services of a stack; undefined where there is one at most. */
export async function severalServices(
  docker: Docker,
  valkey: Server,
  present: readonly Found[],
  mine: Owner,
): Promise<SeveralServers | undefined> {
  const [service = '', ...others] = serverNames(valkey.name);
  const found = (await ownServices(docker, others, mine)).map(({ Spec }) => Spec.Name);
  if (found.length === 0) return undefined;
  const first = { container: serverOn(valkey, present)?.name ?? service, service, volume: valkey.volume };
  const copies = found.map((name) => ({
    container: '',
    service: name,
    volume: `${valkey.volume}${name.slice(service.length)}`,
  }));
  return { servers: [first, ...copies] };
}

/** The servers of a Valkey that an engine has, the first one as well, with their volumes; undefined where there is one at most. */
export function severalOn(valkey: Server, present: readonly Found[]): SeveralServers | undefined {
  const [, ...others] = serverNames(valkey.name);
  const found = present.filter(
    ({ kind, role, name }) => kind === 'container' && role === 'server' && others.includes(name),
  );
  const first = serverOn(valkey, present);
  if (!first || found.length === 0) return undefined;
  const copies = found.map(({ name, volumes }) => ({ container: name, volume: volumes[0] ?? '' }));
  return { servers: [{ container: first.name, volume: valkey.volume }, ...copies] };
}
