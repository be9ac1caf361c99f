/**
 * One file with all of a stack's data: a tar file through gzip, and through age where there is a passphrase. In it are `webui/` (the data
 * folder of the web UI), `valkey/dump.rdb`, and last `manifest.json`.
 */

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { decrypt, encrypt, isEncrypted } from './encryption.ts';
import { ArchiveError } from './error.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { END, fileHeader, padding, pieces } from './tar.ts';

type Bytes = AsyncIterable<Uint8Array>;
type Part = keyof Manifest['parts'];

/** What the database says is compressed well by little work, and what people upload mostly not by any. */
const LEVEL = 1;

const MANIFEST = 'manifest.json';
const MANIFEST_LIMIT = 1024 ** 2;

const tally = () => ({ bytes: 0, hash: createHash('sha256') });
const summary = ({ bytes, hash }: ReturnType<typeof tally>) => ({ bytes, sha256: hash.digest('hex') });

/** What goes into an archive, in this order. */
export interface Contents {
  /** Files of a tar file below `webui/`, without what ends it. */
  webui: Bytes;
  /** Asked for after that. */
  valkey: () => Promise<{ size: number; content: Bytes }>;
  /** Asked for last. */
  about: () => Promise<Omit<Manifest, 'parts'>>;
}

async function* tarFile(
  { webui, valkey, about }: Contents,
  written: (bytes: number) => void,
  close: (manifest: Manifest) => void,
): AsyncGenerator<Uint8Array> {
  const now = Math.floor(Date.now() / 1000);
  const counts = { webui: tally(), valkey: tally() };
  const count = (part: Part, chunk: Uint8Array) => {
    counts[part].bytes += chunk.length;
    counts[part].hash.update(chunk);
    written(chunk.length);
    return chunk;
  };
  for await (const chunk of webui) yield count('webui', chunk);
  const dump = await valkey();
  yield count('valkey', fileHeader('valkey/dump.rdb', dump.size, now));
  for await (const chunk of dump.content) yield count('valkey', chunk);
  yield count('valkey', padding(dump.size));
  const manifest: Manifest = {
    ...(await about()),
    parts: { webui: summary(counts.webui), valkey: summary(counts.valkey) },
  };
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  yield fileHeader(MANIFEST, text.length, now);
  yield text;
  yield padding(text.length);
  yield END;
  close(manifest);
}

async function syncFolder(path: string): Promise<void> {
  // Windows has no such thing, and keeps names safe by itself.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

/**
 * Writes an archive, which appears under its name when it is complete and on the disk, and for its owner alone. Memory does not grow with
 * its size.
 *
 * @throws Error of the disk or of the contents; nothing is left behind then.
 */
export async function writeArchive(
  file: string,
  contents: Contents,
  {
    passphrase,
    written = () => {},
    signal = new AbortController().signal,
  }: { passphrase?: string | undefined; written?: (bytes: number) => void; signal?: AbortSignal } = {},
): Promise<Manifest> {
  const partial = `${file}.partial`;
  let manifest: Manifest | undefined;
  try {
    const tar = tarFile(contents, written, (one) => {
      manifest = one;
    });
    const gzip = createGzip({ level: LEVEL });
    // On the disk before it is closed.
    const out = createWriteStream(partial, { flags: 'wx', mode: 0o600, flush: true });
    await (passphrase === undefined
      ? pipeline(tar, gzip, out, { signal })
      : pipeline(tar, gzip, encrypt(passphrase), out, { signal }));
    await rename(partial, file);
    await syncFolder(dirname(file));
    return manifest as unknown as Manifest;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function firstBytes(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Whether an archive takes a passphrase. @throws Error when there is no such file. */
export const needsPassphrase = async (file: string): Promise<boolean> => isEncrypted(await firstBytes(file));

const ZLIB: Record<string, ArchiveError> = {
  Z_BUF_ERROR: new ArchiveError('truncated'),
  Z_DATA_ERROR: new ArchiveError('altered'),
};

/**
 * Reads an archive to its end and holds it against its manifest. `take`, if given, gets the whole tar file on the way: only when this has
 * come back is it known to be as it was written.
 *
 * @throws ArchiveError that says why it cannot be used.
 */
export async function readArchive(
  file: string,
  { passphrase, take }: { passphrase?: string | undefined; take?: (chunk: Uint8Array) => Promise<void> } = {},
): Promise<Manifest> {
  const start = await firstBytes(file);
  const encrypted = isEncrypted(start);
  if (!encrypted && !(start[0] === 0x1f && start[1] === 0x8b)) throw new ArchiveError('foreign');
  if (encrypted && passphrase === undefined) throw new ArchiveError('passphrase');
  const counts = { webui: tally(), valkey: tally() };
  const manifest: Buffer[] = [];
  let length = 0;
  const examine = async (source: Bytes) => {
    for await (const { part, raw, content } of pieces(source)) {
      if (part === 'webui' || part === 'valkey') {
        counts[part].bytes += raw.length;
        counts[part].hash.update(raw);
      } else if (part === MANIFEST) {
        length += raw.length;
        if (length > MANIFEST_LIMIT) throw new ArchiveError('altered');
        if (content) manifest.push(Buffer.from(raw));
      } else if (part !== '') throw new ArchiveError('foreign');
      await take?.(raw);
    }
  };
  const handle = await open(file, 'r');
  const source = handle.createReadStream();
  try {
    await (encrypted
      ? pipeline(source, decrypt(passphrase as string), createGunzip(), examine)
      : pipeline(source, createGunzip(), examine));
  } catch (error) {
    throw ZLIB[(error as NodeJS.ErrnoException).code ?? ''] ?? error;
  }
  if (manifest.length === 0) throw new ArchiveError('truncated');
  const read = readManifest(Buffer.concat(manifest).toString('utf8'));
  for (const part of ['webui', 'valkey'] as const) {
    const { bytes, sha256 } = summary(counts[part]);
    if (bytes !== read.parts[part].bytes || sha256 !== read.parts[part].sha256) throw new ArchiveError('altered');
  }
  return read;
}
