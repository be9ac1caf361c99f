/** The data of Valkey: a snapshot, made for the backup. */

import { RemoteError, UserError } from '../../../core/errors.mjs';
import { until } from '../../../core/until.ts';
import { VALKEY_USER } from '../../../core/valkey.ts';
import type { Docker } from '../../../docker/client.ts';
import { valkey as ask, type ValkeyOf } from '../../valkeyCli.ts';
import { requireFirst } from '../../valkeys.ts';
import { readFile } from '../helper/file.ts';
import { volumeIn } from '../helper/helper.ts';
import { isNewer } from '../manifest.ts';
import type { Part, Source } from '../part.ts';
import { programOf } from '../program.ts';
import { singleFile } from '../tar.ts';

const NAME = 'valkey';
const SNAPSHOT = 'dump.rdb';

/** For a data set of many gigabytes on a slow disk. */
const SNAPSHOT_SECONDS = 1800;

/** How often a snapshot is asked for while Valkey begins one by itself at the same moment. */
const TRIES = 5;

async function persistence(server: ValkeyOf): Promise<Record<string, string>> {
  const lines = await ask(server, 'INFO', 'persistence');
  return Object.fromEntries(lines.map((line) => line.trim().split(':') as [string, string]));
}

/** A snapshot that is asked for during a rewrite of the append-only file begins after it. */
const idle = (info: Record<string, string>) =>
  info['rdb_bgsave_in_progress'] === '0' && info['aof_rewrite_in_progress'] !== '1';

/**
 * Starts a snapshot; returns how many there were before it.
 *
 * @throws RemoteError when Valkey refuses.
 */
async function begin(server: ValkeyOf): Promise<string | undefined> {
  for (let left = TRIES; ; left--) {
    // One that is in progress may have begun before the last change.
    const before = await until(() => persistence(server), idle, { seconds: SNAPSHOT_SECONDS });
    try {
      await ask(server, 'BGSAVE', 'SCHEDULE');
      return before['rdb_saves'];
    } catch (error) {
      if (left === 0 || !/already in progress/i.test((error as Error).message)) throw error;
    }
  }
}

/** Why Valkey does not let us ask for a snapshot; undefined for any other error. */
function refusal(error: unknown): string | undefined {
  const { message } = error as Error;
  if (/NOPERM/.test(message)) return "Valkey's operator may not ask for a snapshot in this older deployment";
  // As after a change of the password that has not reached this Valkey yet.
  return /does not know the operator|NOAUTH/.test(message)
    ? 'Valkey does not accept the password that Pulumi knows'
    : undefined;
}

/**
 * Has Valkey write a snapshot and waits for its end.
 *
 * @returns why it does not; then the snapshot is that of Valkey's own last time.
 * @throws RemoteError when Valkey cannot write it.
 */
async function makeSnapshot(server: Pick<Source, 'docker' | 'servers'>): Promise<string | undefined> {
  // A replica has the same data, and interrupts no client.
  await requireFirst(server.docker, server.servers.valkey);
  let started = '0';
  try {
    started = (await begin(server)) ?? '0';
  } catch (error) {
    const why = refusal(error);
    if (why === undefined) throw error;
    return why;
  }
  const after = await until(
    () => persistence(server),
    (info) => idle(info) && (info['rdb_saves'] !== started || info['rdb_last_bgsave_status'] !== 'ok'),
    { seconds: SNAPSHOT_SECONDS, everyMs: 100 },
  );
  if (after['rdb_last_bgsave_status'] === 'ok' && after['rdb_saves'] !== started) return undefined;
  throw new RemoteError('Valkey could not write a snapshot', {
    next: `docker logs --tail 50 ${server.servers.valkey.container} tells why; often the disk of the engine is full`,
  });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Release of Valkey in an image. */
async function versionOf(docker: Docker, image: string): Promise<string | null> {
  const run = ['run', '--rm', '--pull', 'never', '--network', 'none', '--entrypoint', 'valkey-server'];
  return /\bv=(\S+)/.exec(await docker.run([...run, image, '--version']))?.[1] ?? null;
}

export const valkey: Part = {
  name: NAME,
  async take({ source, helper, container, hasData, warn }) {
    const describe = (snapshot: string) => async () => ({
      ...(await programOf(
        source.docker,
        container,
        container ? await versionOf(source.docker, container.Image) : null,
      )),
      facts: { snapshot },
    });
    // The stack is about to make it.
    if (!hasData) return { content: nothing(), describe: describe('none') };
    const { Running, Restarting } = container?.State ?? {};
    const why = Running && !Restarting ? await makeSnapshot(source) : 'Valkey is not running';
    const found = await readFile(helper, `${volumeIn(NAME)}/${SNAPSHOT}`);
    if (!found) {
      warn(
        `${why}, and there is no snapshot in its volume: its data, sessions and signed-out tokens, is not in this backup`,
      );
      return { content: nothing(), describe: describe('none') };
    }
    const { size, modified, content } = found;
    // A server that ends in order saves what it has. One that was killed had up to a snapshot's time more in its append-only file.
    if (why)
      warn(
        `${why}: the backup has its last snapshot, of ${modified.toISOString()}; a token that was revoked later is valid again after a restore`,
      );
    return { content: singleFile(`${NAME}/${SNAPSHOT}`, size, content), describe: describe(why ? 'last' : 'made') };
  },

  put: { keep: [], only: [SNAPSHOT] },

  // As in the image, unless the volume was given to another user; root has it where a restore or a person made it root's.
  owner: (_, present) => (present.startsWith('0:') ? `${VALKEY_USER.user}:${VALKEY_USER.group}` : present),

  version: ({ docker, container }) => versionOf(docker, container.Image),

  requireRelease({ version, image }, present, { up }) {
    if (!isNewer(version, present, 2)) return;
    throw new UserError(
      `the backup is of Valkey ${version}, and the stack has ${present}, which does not read its snapshots`,
      `set valkey.image to ${image}, ${up}, and run this again`,
    );
  },
};
