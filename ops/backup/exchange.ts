/** Exchanges the data of a stack, through the helper's put.py. */

import { once } from 'node:events';
import { RemoteError, UserError } from '../../core/errors.mjs';
import { RESTORE_AREA } from '../../core/restore.ts';
import { storageText } from '../../core/storage.ts';
import { isHealthy } from '../../docker/health.ts';
import { inspectContainer } from '../../docker/inspect.ts';
import { inspectServices, scale, stopTasks, taskContainers } from '../../docker/services.ts';
import { letLead, requireFirst } from '../valkeys.ts';
import { readArchive } from './archive.ts';
import type { Helper } from './helper/helper.ts';
import { type Part, type PartName, type Source, serverOf } from './part.ts';
import { PARTS, serversOf } from './parts/index.ts';

/** A restore that was neither finished nor undone: the next `npm run up` or `npm run restore` does it. */
export class Unfinished extends UserError {}

/** What is in the volumes now. */
export interface Present {
  /** Whether a restore has kept what was there before it. */
  kept: boolean;
  /** How far a restore has come that was killed. */
  phase: string | null;
  /** Whether there is something of one that was killed before it changed anything. */
  half: boolean;
  /** Bytes that are free beside each part, and the owner of its volume as `uid:gid`. */
  parts: Partial<Record<PartName, { free: number; owner: string }>>;
}

/** The owner of each part's files, as `uid:gid`. */
export type Owners = Partial<Record<PartName, string>>;

type Command = 'look' | 'stage' | 'exchange' | 'undo' | 'reject' | 'finish' | 'take_kept' | 'forget';

/** What a part of the stack becomes; one that an archive lacks stays as it is. */
const placed = ({ name, put, stays }: Part, owners: Owners | undefined, archived: readonly string[]) => ({
  name,
  ...put,
  ...(stays !== undefined && !archived.includes(name) && { keep: [stays] }),
  ...(owners && { owner: owners[name] }),
});

/** @param archived names of the parts of an archive: those that the stack does not have are passed over. */
const argsOf = ({ parts }: Helper, command: Command, owners?: Owners, archived: readonly string[] = parts) => [
  ...[command, RESTORE_AREA],
  ...PARTS.filter(({ name }) => parts.includes(name)).map((part) => JSON.stringify(placed(part, owners, archived))),
  ...archived.filter((name) => !parts.includes(name)).map((name) => JSON.stringify({ name, skip: true })),
];

const put = (helper: Helper, command: Exclude<Command, 'stage'>) => helper.run('put.py', ...argsOf(helper, command));

export const look = async (helper: Helper): Promise<Present> => (await put(helper, 'look')) as unknown as Present;

/** Unpacks an archive beside the present data. The servers run on, and nothing of theirs is changed. */
export async function stage(
  helper: Helper,
  file: string,
  {
    passphrase,
    owners,
    archived,
    progress,
  }: {
    passphrase?: string | undefined;
    owners: Owners;
    /** Names of the parts that the archive has. Default: those of the stack. */
    archived?: readonly string[];
    progress: (bytes: number) => void;
  },
): Promise<void> {
  const { child, ended } = helper.start('put.py', ...argsOf(helper, 'stage', owners, archived));
  let over = false;
  const end = ended.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  const read = readArchive(file, {
    passphrase,
    take: async (chunk) => {
      progress(chunk.length);
      // Once it has ended, `ended` below says why.
      if (!over && !child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain'), end]);
    },
  });
  // It was checked before, so an error means that the file has changed since.
  await read.finally(() => child.stdin.end());
  await ended;
}

/** Containers in the order in which they stop. */
const containersOf = (source: Source, except?: PartName) =>
  serversOf(source).flatMap(({ part, container, others }) =>
    part.name === except ? [] : [container, ...others.map((one) => one.container)],
  );

/** How long tasks may take to become well again, in seconds. */
const STARTED = 600;

/** The services of a stack on Swarm in the order in which they stop; none on one Docker host. */
const servicesOf = (source: Source, except?: PartName) =>
  serversOf(source).flatMap(({ part, service, replicas, others }) =>
    service === undefined || part.name === except
      ? []
      : [
          ...others.flatMap((one) => (one.service ? [{ service: one.service, replicas: 1 }] : [])),
          { service, replicas },
        ],
  );

async function stop(source: Source): Promise<void> {
  const services = servicesOf(source);
  // A task that is stopped is started again in another container.
  if (services.length > 0) {
    await stopTasks(
      source.docker,
      services.map(({ service }) => service),
    );
    return;
  }
  for (const name of containersOf(source)) {
    const { code, stderr } = await source.docker.capture(['stop', name]);
    if (code !== 0 && !/no such container/i.test(stderr))
      throw new RemoteError(`${name} cannot be stopped: ${stderr.trim()}`);
  }
  await clearCopies(source);
}

/** What servers need not have when they start: they copy the data of the first, which is about to be exchanged. Otherwise the most recent data would win. */
const CLEAR = 'rm -rf /data/appendonlydir /data/dump.rdb';

async function clearCopies(source: Source): Promise<void> {
  for (const { container, volume } of serversOf(source).flatMap(({ others }) => others)) {
    const image = (await inspectContainer(source.docker, container))?.Image;
    if (image === undefined) continue;
    const mount = ['--volume', `${volume}:/data`, '--entrypoint', '/bin/sh', image, '-c', CLEAR];
    await source.docker.run(['run', '--rm', '--pull', 'never', '--network', 'none', '--user', '0:0', ...mount]);
  }
}

/** Starts the tasks of several Valkeys: the first one as the primary, and then the others, whose volumes are on other nodes. */
async function startValkeys({ docker, servers: { valkey } }: Source): Promise<void> {
  const [first, ...others] = (valkey.several?.servers ?? []).flatMap(({ service }) => service ?? []);
  if (first === undefined || !('volume' in valkey)) return;
  const [found] = await inspectServices(docker, [first]);
  if (!found) throw new RemoteError(`there is no service ${first}`);
  await letLead(docker, { image: found.Spec.TaskTemplate.ContainerSpec.Image, volume: valkey.volume });
  await scale(docker, [{ service: first, replicas: 1 }], STARTED);
  await scale(
    docker,
    others.map((service) => ({ service, replicas: 1 })),
    STARTED,
  );
}

const startArgs = (source: Source, except?: PartName) => ['start', ...containersOf(source, except).reverse()];

/** Starts all servers but one. @throws RemoteError when one does not start. */
export async function start(source: Source, except?: PartName): Promise<void> {
  const services = servicesOf(source, except);
  if (services.length > 0) {
    await startValkeys(source);
    return scale(source.docker, services.reverse(), STARTED);
  }
  await source.docker.run(startArgs(source, except));
}

/**
 * Brings back what was there before a restore that was killed or has failed. `reject` keeps what that had put in place.
 *
 * @returns the parts in which something else has written meanwhile.
 */
async function undo(helper: Helper, source: Source, command: 'undo' | 'reject' = 'undo'): Promise<PartName[]> {
  await stop(source);
  const { strange } = await put(helper, command);
  // Where `pulumi up` has removed one, the next makes it.
  if (servicesOf(source).length > 0) await start(source).catch(() => {});
  else await source.docker.capture(startArgs(source));
  return (strange ?? []) as PartName[];
}

/** Whether the servers that every backup has data of run well. */
async function areHealthy(source: Source): Promise<boolean> {
  const containers = serversOf(source)
    .filter(({ part }) => part.stays === undefined)
    .map(async ({ container, service }) => {
      const [task] = service === undefined ? [] : await taskContainers(source.docker, service);
      return inspectContainer(source.docker, task ?? container);
    });
  return (await Promise.all(containers)).every(isHealthy);
}

/**
 * Completes what a killed restore has left: by going back to what was there before, unless the servers run well with the new data, as people
 * may have worked with that since.
 *
 * @returns what was done, in words; undefined when there was nothing to do.
 */
export async function settle(helper: Helper, source: Source): Promise<string | undefined> {
  const { phase, half } = await look(helper);
  const { restoreKept, forgetKept } = source.commands;
  if (phase === 'done') {
    await put(helper, 'finish');
    return 'an earlier restore only had to clean up';
  }
  if (phase === 'swapped') {
    if (await areHealthy(source)) {
      await put(helper, 'finish');
      return `an earlier restore was killed before it was verified. The servers are healthy with its data, which stays; ${restoreKept} brings back the previous data`;
    }
    await undo(helper, source, 'reject');
    return `an earlier restore was killed before it was verified: the previous data is back, and the restored data is kept (${restoreKept} swaps the two)`;
  }
  if (phase !== null) {
    const strange = await undo(helper, source);
    const aside = strange
      .map((name) => `${RESTORE_AREA}/strange of the ${storageText(serverOf(source, name))}`)
      .join(' and ');
    return `an earlier restore did not finish: the previous data is back${aside && `, and what something else wrote meanwhile is in ${aside} (${forgetKept} removes it)`}`;
  }
  if (!half) return undefined;
  await put(helper, 'undo');
  return 'an earlier restore did not finish; it had changed nothing';
}

/**
 * Exchanges the present data for what was staged, and proves that it works; otherwise the present data comes back.
 *
 * @param started starts the servers again, by whatever it takes.
 * @param proved  throws when they do not work with the new data.
 * @throws the error of these two, when the old data is back. @throws Unfinished when it is not.
 */
export async function exchange(
  helper: Helper,
  source: Source,
  { started, proved }: { started: () => Promise<void>; proved: () => Promise<void> },
): Promise<void> {
  try {
    await requireFirst(source.docker, source.servers.valkey);
    await stop(source);
    await put(helper, 'exchange');
    await started();
    await proved();
  } catch (error) {
    await undo(helper, source).catch((again: Error) => {
      throw new Unfinished(
        `${(error as Error).message}; and the previous data could not be put back yet: ${again.message}`,
        `${source.commands.up} puts it back; nothing is lost, it is in the volumes`,
      );
    });
    throw error;
  }
  await put(helper, 'finish');
}

/** Makes what the last restore has kept the next to come in. */
export const takeKept = (helper: Helper) => put(helper, 'take_kept');

/** Removes what the last restore has kept. */
export const forget = (helper: Helper) => put(helper, 'forget');
