/**
 * One file with all of a stack's data: a tar file through gzip, and through age where there is a passphrase. In it is a folder for each
 * part, and last `manifest.json`.
 */

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { decrypt, encrypt, isEncrypted } from './encryption.ts';
import { type Manifest, type ManifestPart, readManifest } from './manifest.ts';
import type { Taken } from './part.ts';
import { PARTS } from './parts/index.ts';
import { END, fileHeader, padding, pieces } from './tar.ts';
import { unusable } from './unusable.ts';

type Bytes = AsyncIterable<Uint8Array>;

/** Databases compress well with little work, and most of what people upload not with any. */
const LEVEL = 1;

const MANIFEST = 'manifest.json';
const MANIFEST_LIMIT = 1024 ** 2;

const tally = () => ({ bytes: 0, hash: createHash('sha256') });
const EMPTY = createHash('sha256').digest('hex');
const summary = ({ bytes, hash }: ReturnType<typeof tally>) => ({ bytes, sha256: hash.digest('hex') });

/** What goes into an archive. */
export interface Contents {
  /** In this order; a part is asked for its content when the one before it was read to its end. */
  parts: readonly { name: string; take(): Promise<Taken> }[];
  /** Asked for last. */
  describe(): Omit<Manifest, 'parts'>;
}

async function* tarFile(
  { parts, describe }: Contents,
  written: (bytes: number) => void,
  close: (manifest: Manifest) => void,
): AsyncGenerator<Uint8Array> {
  const taken: ManifestPart[] = [];
  for (const { name, take } of parts) {
    const sum = tally();
    const { content, describe: describePart } = await take();
    for await (const chunk of content) {
      sum.bytes += chunk.length;
      sum.hash.update(chunk);
      written(chunk.length);
      yield chunk;
    }
    taken.push({ name, ...summary(sum), ...(await describePart()) });
  }
  const manifest: Manifest = { ...describe(), parts: taken };
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  yield fileHeader(MANIFEST, text.length, Math.floor(Date.now() / 1000));
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

const ZLIB: Record<string, 'truncated' | 'altered'> = { Z_BUF_ERROR: 'truncated', Z_DATA_ERROR: 'altered' };

/**
 * A stream that a loop does not close when it throws. Otherwise the stream's own end could reach the pipeline before the error of the loop,
 * which says why.
 */
function unclosed(source: Bytes): Bytes {
  const chunks = source[Symbol.asyncIterator]();
  return { [Symbol.asyncIterator]: () => ({ next: () => chunks.next() }) };
}

/**
 * Reads an archive to its end and holds it against its manifest. `take`, if given, gets the whole tar file on the way: only when this has
 * come back is it known to be as it was written.
 *
 * @throws UserError that says why it cannot be used.
 */
export async function readArchive(
  file: string,
  { passphrase, take }: { passphrase?: string | undefined; take?: (chunk: Uint8Array) => Promise<void> } = {},
): Promise<Manifest> {
  const start = await firstBytes(file);
  const encrypted = isEncrypted(start);
  if (!encrypted && !(start[0] === 0x1f && start[1] === 0x8b)) throw unusable('foreign');
  if (encrypted && passphrase === undefined) throw unusable('passphrase');
  const sums = new Map(PARTS.map(({ name }) => [name as string, tally()]));
  const manifest: Buffer[] = [];
  let length = 0;
  const examine = async (source: Bytes) => {
    for await (const { part, raw, content } of pieces(unclosed(source))) {
      const sum = sums.get(part);
      if (sum) {
        sum.bytes += raw.length;
        sum.hash.update(raw);
      } else if (part === MANIFEST) {
        length += raw.length;
        if (length > MANIFEST_LIMIT) throw unusable('altered');
        if (content) manifest.push(Buffer.from(raw));
      } else if (part !== '') throw unusable('foreign');
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
    const reason = ZLIB[(error as NodeJS.ErrnoException).code ?? ''];
    throw reason ? unusable(reason) : error;
  }
  if (manifest.length === 0) throw unusable('truncated');
  const read = readManifest(Buffer.concat(manifest).toString('utf8'));
  for (const [name, sum] of sums) {
    const { bytes, sha256 } = summary(sum);
    // A part that an older program did not have is neither in the tar file nor in the manifest.
    const part = read.parts.find((one) => one.name === name) ?? { bytes: 0, sha256: EMPTY };
    if (bytes !== part.bytes || sha256 !== part.sha256) throw unusable('altered');
  }
  return read;
}
