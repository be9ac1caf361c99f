/** Carries out a repair on the engine, and says what the next `pulumi up` has to do for the rest of it. */

import { STOP_GRACE } from '../../core/defaults.ts';
import type { Storage } from '../../core/storage.ts';
import { toSeconds } from '../../core/units.ts';
import { VALKEY_DATA, VALKEY_USER } from '../../core/valkey.ts';
import type { Docker } from '../../docker/client.ts';
import { waitUntilHealthy } from '../../docker/health.ts';
import { type Container, inspectContainer } from '../../docker/inspect.ts';
import { mountArgs } from '../../docker/mountArgs.ts';
import type { Repair } from './compare.ts';

/** How long Valkey may take to become healthy once its files are its own again. */
const HEALTHY_SECONDS = 60;

/** Where a container has Valkey's data; undefined for any other container. */
function dataOf({ Mounts }: Container): Storage | undefined {
  const { Type, Name, Source: folder } = Mounts.find(({ Destination }) => Destination === VALKEY_DATA) ?? {};
  if (Type === 'bind' && folder !== undefined) return { folder };
  return Type === 'volume' && Name !== undefined ? { volume: Name } : undefined;
}

/**
 * Gives Valkey its files back, which a restore or a `docker run` as root may have left to another user: its own container has no right
 * to. Does nothing to any other container.
 */
async function ownFiles(docker: Docker, id: string): Promise<void> {
  const container = await inspectContainer(docker, id);
  const data = container && dataOf(container);
  if (!data) return;
  const changed = await docker.run([
    ...['run', '--rm', '--network', 'none', '--user', '0', '--cap-drop', 'ALL', '--cap-add', 'CHOWN'],
    ...['--cap-add', 'DAC_OVERRIDE', '--security-opt', 'no-new-privileges:true', '--entrypoint', 'chown'],
    ...[...mountArgs(data, VALKEY_DATA), container.Config.Image],
    ...['-cR', `${VALKEY_USER.user}:${VALKEY_USER.group}`, VALKEY_DATA],
  ]);
  // Its next try to write shows whether that was all; if not, the update and verify report it.
  if (changed !== '') await waitUntilHealthy(docker, container.Id, HEALTHY_SECONDS).catch(() => {});
}

/** Removes an object that took the place of one of ours. */
async function remove(docker: Docker, { kind, id }: Repair['remove'][number]): Promise<void> {
  if (kind === 'network') return void (await docker.run(['network', 'rm', id]));
  await docker.run(['stop', '--time', String(toSeconds(STOP_GRACE)), id]);
  await docker.run(['rm', '--force', id]);
}

/**
 * Does what `pulumi up` cannot: gives Valkey its files back, and removes what took the place of something of ours.
 *
 * @returns options for the `pulumi up` that has to follow.
 * @throws RemoteError when the engine refuses.
 */
export async function carryOut(
  docker: Docker,
  repair: Repair,
  progress: (activity: string) => void = () => {},
): Promise<string[]> {
  for (const id of repair.ailing) {
    progress('giving Valkey its files back');
    await ownFiles(docker, id);
  }
  for (const one of repair.remove) {
    progress(`removing what took the place of a ${one.kind}`);
    await remove(docker, one);
  }
  return [...(repair.refresh ? ['--refresh'] : []), ...repair.replace.flatMap((urn) => ['--replace', urn])];
}
