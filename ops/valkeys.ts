/** A Valkey of several servers: who is the primary, and whether all follow it. */

import { RemoteError } from '../core/errors.mjs';
import { tasksHostOf } from '../core/names.ts';
import { until } from '../core/until.ts';
import { PRIMARY, SENTINEL_PORT, VALKEY_USER } from '../core/valkey.ts';
import type { Docker } from '../docker/client.ts';
import { valkey as ask, type ValkeyOf, valkeyAt } from './valkeyCli.ts';

/** What is needed of a Valkey to ask each of its servers. */
interface Valkeys {
  container: string;
  host?: string | undefined;
  operatorPassword: string;
  several?: { servers: readonly { container: string; service?: string | undefined }[] } | undefined;
}

/** One of several servers, as it sees itself and the others. */
export interface Seen {
  /** Of its container, or of its service. */
  name: string;
  /** The container in which it is asked, and its host name where that is the container of another one. */
  container: string;
  host: string | undefined;
  /** Undefined where it does not answer. */
  role: string | undefined;
  /** Of the primary: replicas that are not behind; infinite for one that needs none, as it is the only server by now. */
  followers: number;
  /** Of a replica: the address of its primary, and whether it is connected to that. */
  primary: string;
  connected: boolean;
  /** Bytes of changes that it has. */
  offset: number;
}

/** How a server is reached. */
type Way = Pick<Seen, 'name' | 'container' | 'host'>;

/** Ways to all servers. Those of a Swarm may be on other nodes, so the first one's container asks them over the network. */
const waysTo = ({ container: first, several }: Valkeys): Way[] =>
  (several?.servers ?? []).map(({ container, service }, index) =>
    service === undefined
      ? { name: container, container, host: undefined }
      : { name: service, container: first, host: index === 0 ? undefined : tasksHostOf(service) },
  );

/** The same Valkey by one of its servers. */
const at = (docker: Docker, { operatorPassword }: Valkeys, { container, host }: Way): ValkeyOf => ({
  docker,
  servers: { valkey: { container, host, operatorPassword } },
});

async function look(docker: Docker, valkeys: Valkeys, way: Way): Promise<Seen> {
  const lines = await ask(at(docker, valkeys, way), 'INFO', 'replication').catch(() => []);
  const info = Object.fromEntries(lines.map((line) => line.trim().split(':') as [string, string?]));
  return {
    ...{ ...way, role: info['role'], followers: Number(info['min_slaves_good_slaves'] ?? Number.POSITIVE_INFINITY) },
    ...{ primary: info['master_host'] ?? '', connected: info['master_link_status'] === 'up' },
    offset: Number(info['slave_repl_offset'] ?? info['master_repl_offset'] ?? 0),
  };
}

/** All servers as they see themselves, in their order. */
export const lookAtAll = (docker: Docker, valkeys: Valkeys): Promise<Seen[]> =>
  Promise.all(waysTo(valkeys).map((way) => look(docker, valkeys, way)));

/** The command that prints the last lines of servers' logs. */
export const logsOfAll = ({ several }: Valkeys): string =>
  (several?.servers ?? [])
    .map(({ container, service }) =>
      service === undefined ? `docker logs --tail 50 ${container}` : `docker service logs --tail 50 ${service}`,
    )
    .join('; ');

const leads = ({ role, followers }: Seen): boolean => role === 'master' && followers > 0;

/** How long others may take to elect a primary, in seconds. */
const ELECTION_SECONDS = 20;

/** A Valkey by its present primary, where it has several servers; by the first where there comes to be none. */
export async function withPrimary<Server extends Valkeys>(docker: Docker, valkeys: Server): Promise<Server> {
  if (!valkeys.several) return valkeys;
  const all = await until(
    () => lookAtAll(docker, valkeys),
    (seen) => seen.some(leads) || seen.every(({ role }) => role === undefined),
    { seconds: ELECTION_SECONDS },
  );
  const primary = all.find(leads);
  return primary ? { ...valkeys, container: primary.container, host: primary.host } : valkeys;
}

/** Addresses of the replicas that the Sentinel beside a server knows, and of the primary. */
async function sentinel(docker: Docker, valkeys: Valkeys, way: Way): Promise<{ primary: string; replicas: string[] }> {
  const beside = at(docker, valkeys, way);
  const [[primary = ''], lines] = await Promise.all([
    valkeyAt(SENTINEL_PORT, beside, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', PRIMARY),
    valkeyAt(SENTINEL_PORT, beside, 'SENTINEL', 'REPLICAS', PRIMARY),
  ]);
  const words = lines.map((line) => line.trim());
  return {
    primary: primary.trim(),
    replicas: words.flatMap((word, index) => (words[index - 1] === 'ip' ? [word] : [])),
  };
}

/** What is wrong with several servers; undefined where one is the primary, all others follow it, and each Sentinel knows each of them once. */
export async function fault(docker: Docker, valkeys: Valkeys): Promise<string | undefined> {
  const all = await lookAtAll(docker, valkeys);
  const silent = all.filter(({ role }) => role === undefined);
  if (silent.length > 0) return `${silent.map(({ name }) => name).join(' and ')} does not answer`;
  const primaries = all.filter(({ role }) => role === 'master');
  if (primaries.length !== 1)
    return primaries.length === 0
      ? 'no server is the primary'
      : `${primaries.map(({ name }) => name).join(' and ')} are primaries`;
  const behind = all.filter(({ role, connected }) => role !== 'master' && !connected);
  if (behind.length > 0) return `${behind.map(({ name }) => name).join(' and ')} does not follow the primary`;
  for (const one of all) {
    const { primary, replicas } = await sentinel(docker, valkeys, one).catch(() => ({
      primary: '',
      replicas: [],
    }));
    if (all.some((other) => other.role !== 'master' && other.primary !== primary))
      return `the Sentinel of ${one.name} takes ${primary || 'no server'} for the primary`;
    if (replicas.length !== all.length - 1 || new Set([...replicas, primary]).size !== all.length)
      return `the Sentinel of ${one.name} knows ${replicas.length} replicas (${replicas.join(', ')}), and there are ${all.length - 1}`;
  }
  return undefined;
}

/** How long the first server may take to have what the primary has, in seconds. */
const CAUGHT_UP_SECONDS = 60;

/**
 * Waits until the first server, whose volume is the one that is taken and exchanged, has all that the primary has now.
 *
 * @throws RemoteError when it does not come to that.
 */
export async function requireFirst(docker: Docker, valkeys: Valkeys): Promise<void> {
  if (!valkeys.several) return;
  const [now] = (await lookAtAll(docker, valkeys)).filter(({ role }) => role === 'master');
  const isComplete = ({ role, connected, offset }: Seen) =>
    role === 'master' || (connected && now !== undefined && offset >= now.offset);
  const first = await until(
    async () => (await lookAtAll(docker, valkeys))[0],
    (seen) => seen !== undefined && isComplete(seen),
    { seconds: CAUGHT_UP_SECONDS },
  );
  if (first && isComplete(first)) return;
  throw new RemoteError(`${first?.name ?? valkeys.container} does not have what the other servers of Valkey have`, {
    next: logsOfAll(valkeys),
  });
}

/** A failover takes a second or two, and is refused for some seconds after another one. */
const FAILOVER_SECONDS = 60;

/** Makes the first server the primary; returns whether it has become it. */
export function makeFirstPrimary(docker: Docker, valkeys: Valkeys): Promise<boolean> {
  const failOver = async () => {
    const all = await lookAtAll(docker, valkeys);
    const primary = all.find(leads);
    if (primary === undefined || primary === all[0]) return primary !== undefined;
    // Whichever Sentinel it is, it chooses among the replicas: another failover follows where that is not the first server.
    await valkeyAt(SENTINEL_PORT, at(docker, valkeys, primary), 'SENTINEL', 'FAILOVER', PRIMARY).catch(() => []);
    return false;
  };
  return until(failOver, Boolean, { seconds: FAILOVER_SECONDS, everyMs: 5000 });
}

/** File by which the first of several servers becomes the primary, whatever the others have. It removes the file when they have copied its data. */
const LEAD = '/data/lead';

/** Lets the server on a volume lead when it starts as the first of several; none uses the volume now. */
export async function letLead(docker: Docker, { image, volume }: { image: string; volume: string }): Promise<void> {
  // A single server that starts as root could not take the file over.
  const script = `: > ${LEAD} && chown ${VALKEY_USER.user}:${VALKEY_USER.group} ${LEAD}`;
  const mount = ['--volume', `${volume}:/data`, '--entrypoint', '/bin/sh', image, '-c', script];
  await docker.run(['run', '--rm', '--pull', 'never', '--network', 'none', '--user', '0:0', ...mount]);
}
