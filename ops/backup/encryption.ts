/** Archives behind a passphrase, in the format of age: `age --decrypt` opens them as well. */

import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Decrypter, Encrypter } from 'age-encryption';
import { unusable } from './unusable.ts';

const MAGIC = 'age-encryption.org/v1';

export const isEncrypted = (start: Uint8Array): boolean => Buffer.from(start).toString('latin1').startsWith(MAGIC);

type Bytes = AsyncIterable<Uint8Array>;

const web = (source: Bytes) =>
  Readable.toWeb(Readable.from(source, { objectMode: false })) as ReadableStream<Uint8Array>;

/** A stream through age, for `pipeline`. Nothing of it is kept in memory but a chunk of 64 KiB. */
export const encrypt = (passphrase: string) =>
  async function* (source: Bytes): AsyncGenerator<Uint8Array> {
    const encrypter = new Encrypter();
    encrypter.setPassphrase(passphrase);
    yield* (await encrypter.encrypt(web(source) as never)) as unknown as ReadableStream<Uint8Array>;
  };

/** @throws UserError for a wrong passphrase, and for what is not as it was written. */
export const decrypt = (passphrase: string) =>
  async function* (source: Bytes): AsyncGenerator<Uint8Array> {
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase);
    let plain: ReadableStream<Uint8Array>;
    try {
      plain = (await decrypter.decrypt(web(source) as never)) as unknown as ReadableStream<Uint8Array>;
    } catch (error) {
      throw unusable(/no identity matched/.test((error as Error).message) ? 'passphrase' : 'altered');
    }
    try {
      yield* plain;
    } catch {
      // Each chunk carries a proof of itself, the last one that it is the last.
      throw unusable('altered');
    }
  };
