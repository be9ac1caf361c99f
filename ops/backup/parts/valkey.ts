/** The data of Valkey: a snapshot, made for the backup. */

import { once } from 'node:events';
import { RemoteError, UserError } from '../../../core/errors.mjs';
import { until } from '../../../core/until.ts';
import { VALKEY_DATA, VALKEY_USER } from '../../../core/valkey.ts';
import type { Docker } from '../../../docker/client.ts';
import { valkey as ask, type ValkeyOf } from '../../valkeyCli.ts';
import { isNewer } from '../manifest.ts';
import type { Part } from '../part.ts';
import { programOf } from '../program.ts';
import { fileHeader, padding } from '../tar.ts';

const NAME = 'valkey';
const SNAPSHOT = 'dump.rdb';

/** For a data set of many gigabytes on a slow disk. */
const SNAPSHOT_SECONDS = 1800;

/** How often a snapshot is asked for while Valkey begins one by itself at the same moment. */
const TRIES = 5;

/** Prints the length of the file that it has opened, and then the file: it stays the same, even if Valkey replaces it. */
const READ = `exec < ${VALKEY_DATA}/${SNAPSHOT} && stat -L -c %s /dev/stdin && exec cat`;

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
    // One that is under way may have begun before the last change.
    const before = await until(() => persistence(server), idle, { seconds: SNAPSHOT_SECONDS });
    try {
      await ask(server, 'BGSAVE', 'SCHEDULE');
      return before['rdb_saves'];
    } catch (error) {
      if (left === 0 || !/already in progress/i.test((error as Error).message)) throw error;
    }
  }
}

/**
 * Has Valkey write a snapshot and waits for its end.
 *
 * @returns `last` when the operator of an older deployment may not do so: then the snapshot is that of Valkey's own last time.
 * @throws RemoteError when Valkey cannot write it.
 */
async function makeSnapshot(server: ValkeyOf): Promise<'made' | 'last'> {
  let started = '0';
  try {
    started = (await begin(server)) ?? '0';
  } catch (error) {
    if (/NOPERM/.test((error as Error).message)) return 'last';
    throw error;
  }
  const after = await until(
    () => persistence(server),
    (info) => idle(info) && (info['rdb_saves'] !== started || info['rdb_last_bgsave_status'] !== 'ok'),
    { seconds: SNAPSHOT_SECONDS, everyMs: 100 },
  );
  if (after['rdb_last_bgsave_status'] === 'ok' && after['rdb_saves'] !== started) return 'made';
  throw new RemoteError('Valkey could not write a snapshot', {
    next: `docker logs --tail 50 ${server.servers.valkey.container} tells why; often the disk of the engine is full`,
  });
}

/** The snapshot as it is on the disk of the engine. */
async function readSnapshot({ docker, servers }: ValkeyOf): Promise<{ size: number; content: AsyncIterable<Buffer> }> {
  const child = docker.start(['exec', servers.valkey.container, 'sh', '-c', READ], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = once(child, 'close');
  closed.catch(() => {});
  const chunks = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head: Buffer = Buffer.alloc(0);
  while (!head.includes('\n')) {
    const { value, done } = await chunks.next();
    if (done) throw new RemoteError(`the snapshot of Valkey cannot be read: ${stderr.trim()}`);
    head = Buffer.concat([head, value]);
  }
  const end = head.indexOf('\n');
  const size = Number(head.toString('latin1', 0, end));
  async function* content(): AsyncGenerator<Buffer> {
    let left = size;
    let chunk: Buffer | undefined = head.subarray(end + 1);
    while (chunk !== undefined) {
      left -= chunk.length;
      yield chunk;
      const next: IteratorResult<Buffer> = await chunks.next();
      chunk = next.done ? undefined : next.value;
    }
    if (left !== 0) throw new RemoteError(`the snapshot of Valkey could not be read to its end: ${stderr.trim()}`);
  }
  return { size, content: content() };
}

/** Release of Valkey in an image. */
async function versionOf(docker: Docker, image: string): Promise<string | null> {
  const run = ['run', '--rm', '--pull', 'never', '--network', 'none', '--entrypoint', 'valkey-server'];
  return /\bv=(\S+)/.exec(await docker.run([...run, image, '--version']))?.[1] ?? null;
}

export const valkey: Part = {
  name: NAME,
  needsServer: true,

  async take({ source, container, warn }) {
    const snapshot = await makeSnapshot(source);
    if (snapshot === 'last')
      warn("Valkey's operator may not ask for a snapshot in this older deployment: taken was Valkey's last one");
    const { size, content } = await readSnapshot(source);
    async function* file(): AsyncGenerator<Uint8Array> {
      yield fileHeader(`${NAME}/${SNAPSHOT}`, size, Math.floor(Date.now() / 1000));
      yield* content;
      yield padding(size);
    }
    const describe = async () => ({
      ...(await programOf(source.docker, container, await versionOf(source.docker, container.Image))),
      facts: { snapshot },
    });
    return { content: file(), describe };
  },

  put: { keep: [], only: [SNAPSHOT] },

  // As in the image, unless the volume was given to another user; root has it where a restore or a person made it root's.
  owner: (_, present) => (present.startsWith('0:') ? `${VALKEY_USER.user}:${VALKEY_USER.group}` : present),

  version: ({ docker, container }) => versionOf(docker, container.Image),

  requireRelease({ version, image }, present) {
    if (!isNewer(version, present, 2)) return;
    throw new UserError(
      `the backup is of Valkey ${version}, and the stack has ${present}, which does not read its snapshots`,
      `set valkey.image to ${image}, npm run up, and run this again`,
    );
  },
};
