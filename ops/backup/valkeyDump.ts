/** A snapshot of Valkey, made now. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Failure } from '../../core/errors.ts';
import { until } from '../../core/until.ts';
import { type Server, valkey } from '../valkeyCli.ts';

/** For a data set of many gigabytes on a slow disk. */
const SNAPSHOT_SECONDS = 1800;

/** Says how long the file is that it has opened, and then the file: it stays the same, even if Valkey puts a new one in its place. */
const READ = 'exec < /data/dump.rdb && stat -L -c %s /dev/stdin && exec cat';

async function persistence(server: Server): Promise<Record<string, string>> {
  const lines = await valkey(server, 'INFO', 'persistence');
  return Object.fromEntries(lines.map((line) => line.trim().split(':') as [string, string]));
}

const idle = (info: Record<string, string>) => info['rdb_bgsave_in_progress'] === '0';

/**
 * Has Valkey write a snapshot and waits for its end.
 *
 * @returns `last` when the operator of an older deployment may not do so: then the snapshot is that of Valkey's own last time.
 * @throws Failure when Valkey cannot write it.
 */
export async function makeSnapshot(server: Server): Promise<'made' | 'last'> {
  let started = '0';
  try {
    // One that is under way may have begun before the last change.
    const before = await until(() => persistence(server), idle, { seconds: SNAPSHOT_SECONDS });
    started = before['rdb_saves'] ?? '0';
    await valkey(server, 'BGSAVE', 'SCHEDULE');
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
  throw new Failure(
    'Valkey could not write a snapshot',
    `docker logs --tail 50 ${server.valkeyContainer} tells why; often the disk of the engine is full`,
  );
}

/** The snapshot as it is on the disk of the engine. */
export async function readSnapshot({
  valkeyContainer,
}: Server): Promise<{ size: number; content: AsyncIterable<Buffer> }> {
  const child = spawn('docker', ['exec', valkeyContainer, 'sh', '-c', READ], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const closed = once(child, 'close');
  closed.catch(() => {});
  const chunks = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head: Buffer = Buffer.alloc(0);
  while (!head.includes('\n')) {
    const { value, done } = await chunks.next();
    if (done) throw new Error(`the snapshot of Valkey cannot be read: ${said.trim()}`);
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
    if (left !== 0) throw new Error(`the snapshot of Valkey could not be read to its end: ${said.trim()}`);
  }
  return { size, content: content() };
}
