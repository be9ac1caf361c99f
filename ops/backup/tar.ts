/** The tar format, as far as an archive needs it: any `tar` reads what is written here. */

import { unusable } from './unusable.ts';

const BLOCK = 512;

/** What ends a tar file. */
export const END = Buffer.alloc(2 * BLOCK);

/** What fills the last block of a file's content. */
export const padding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

const checksum = (header: Buffer) =>
  header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0);

/** Header of a file that its owner alone may read; the size in bytes, below 8 GiB in the common form and above in GNU's. */
export function fileHeader(name: string, size: number, seconds: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  header.write(name, 0, 100, 'utf8');
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  if (size < 8 ** 11) octal(size, 124, 12);
  else {
    header[124] = 0x80;
    header.writeBigUInt64BE(BigInt(size), 128);
  }
  octal(seconds, 136, 12);
  header.write('0ustar  \0', 156, 'latin1');
  octal(checksum(header), 148, 7);
  header.write(' ', 155, 'latin1');
  return header;
}

function sizeIn(header: Buffer): number {
  if (((header[124] as number) & 0x80) !== 0) return Number(header.readBigUInt64BE(128));
  return Number.parseInt(header.toString('latin1', 124, 136).replace(/[\0 ].*$/s, '') || '0', 8);
}

/** A stretch of a tar file as it came. */
export interface Piece {
  /** First part of the file's path; empty for what ends the tar file. */
  part: string;
  raw: Buffer;
  /** Whether it is of the file's content, rather than of its header or padding. */
  content: boolean;
}

/**
 * Cuts a tar file into pieces without keeping more of it than one of them.
 *
 * @throws UserError when a header is no header, or the file ends in the middle.
 */
export async function* pieces(source: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  let part = '';
  let content = 0;
  let fill = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    while (rest.length > 0) {
      if (content > 0 || fill > 0) {
        const taken = Math.min(content || fill, rest.length);
        yield { part, raw: rest.subarray(0, taken), content: content > 0 };
        if (content > 0) content -= taken;
        else fill -= taken;
        rest = rest.subarray(taken);
        continue;
      }
      if (rest.length < BLOCK) break;
      const header = rest.subarray(0, BLOCK);
      rest = rest.subarray(BLOCK);
      const end = header.every((byte) => byte === 0);
      if (!end) {
        if (Number.parseInt(header.toString('latin1', 148, 155), 8) !== checksum(header)) throw unusable('altered');
        const name = header.toString('utf8', 0, 100).replace(/\0.*$/s, '');
        // GNU's form of a long name precedes the file as a file of its own.
        if (name !== '././@LongLink') part = name.split('/')[0] as string;
        content = sizeIn(header);
        fill = padding(content).length;
      }
      yield { part: end ? '' : part, raw: header, content: false };
    }
  }
  if (content > 0 || fill > 0 || rest.length > 0) throw unusable('truncated');
}

/** A file as the whole content of a part. */
export async function* singleFile(
  path: string,
  size: number,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield fileHeader(path, size, Math.floor(Date.now() / 1000));
  yield* content;
  yield padding(size);
}
