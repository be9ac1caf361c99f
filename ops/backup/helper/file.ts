import { once } from 'node:events';
import { RemoteError } from '../../../core/errors.mjs';
import type { Helper } from './helper.ts';

/** A file that the helper sees. */
export interface HelperFile {
  size: number;
  modified: Date;
  content: AsyncIterable<Buffer>;
}

/** Reads a file as it is now; undefined where there is none. */
export async function readFile(helper: Helper, path: string): Promise<HelperFile | undefined> {
  const { child, ended } = helper.start('read.py', path);
  child.stdin.end();
  const said = once(child.stderr, 'data').then(([text]) => String(text));
  // Where it ends without a word, `ended` says why.
  const first = await Promise.race([said, ended.then(() => said)]);
  if (!first.startsWith('{')) await ended;
  const { size, modified, error } = JSON.parse(first) as { size: number | null; modified: number; error?: string };
  if (error !== undefined || size === null) {
    child.stdout.resume();
    await ended;
    return undefined;
  }
  async function* content(): AsyncGenerator<Buffer> {
    let left = size as number;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      left -= chunk.length;
      yield chunk;
    }
    await ended;
    if (left !== 0) throw new RemoteError(`${path} could not be read completely`);
  }
  return { size, modified: new Date(modified * 1000), content: content() };
}
