/** Proves that uploaded files are in their bucket, where there is one: one that goes through the page is found there, and comes back. */

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { RemoteError } from '../../core/errors.mjs';
import { WEBUI_SECRETS } from '../../core/webui.ts';
import { CannotSignIn, signIn } from '../administrator.ts';
import type { Reachable } from '../outputs.ts';
import type { Session } from '../webui.ts';
import type { Check } from './check.ts';

const PROGRAM = readFileSync(new URL('./files.py', import.meta.url), 'utf8');

/** Runs the program with the web UI's variables. */
const RUN = 'set -a; . "$1"; shift; exec python3 -c "$@"';

/** @throws RemoteError with what the server of the bucket says. */
async function look({ docker, servers }: Reachable, ...args: string[]): Promise<{ read: string; written?: string }> {
  const { container } = servers.webui;
  const text = await docker.run(['exec', container, 'sh', '-c', RUN, 'sh', WEBUI_SECRETS, PROGRAM, ...args]);
  const { error, ...seen } = JSON.parse(text) as { error?: string; read: string; written?: string };
  if (error === undefined) return seen;
  throw new RemoteError(`the bucket ${servers.webui.bucket} cannot be used from the web UI: ${error}`, {
    next: 'npm run up says what is wrong with it and how to fix it',
  });
}

/** Removes a file. Without a store of vectors, as in a slim image, the web UI takes what it has removed for a failure. */
async function remove(session: Session, id: string): Promise<void> {
  try {
    await session.request('DELETE', `/api/v1/files/${id}`);
  } catch (error) {
    const left = await session.fetch('GET', `/api/v1/files/${id}`).catch(({ status }: RemoteError) => status !== 404);
    if (left) throw error;
  }
}

export const files: Check = {
  name: 'files',
  applies: ({ servers }) => servers.webui.bucket !== undefined,
  seconds: 60,
  async run(stack, { onEnd }) {
    const { bucket } = stack.servers.webui;
    const session = await signIn(stack).catch((error: unknown) => {
      if (error instanceof CannotSignIn) return error;
      throw error;
    });
    // First, as an upload through the page has no end where the bucket does not answer, and would leave its file.
    const { read: probe, written } = await look(stack);
    if (probe !== written) throw new RemoteError(`the bucket ${bucket} returns content other than what was written`);
    if (session instanceof CannotSignIn) {
      const { message, next } = session;
      const detail = `the web UI writes to the bucket ${bucket}, and reads back what it wrote`;
      return { detail, notProved: `that a file of its page is there: ${message}`, next };
    }
    const name = `verify-${randomUUID()}.bin`;
    const content = randomBytes(64);
    const form = new FormData();
    form.append('file', new Blob([content]), name);
    const { id } = (await session.request('POST', '/api/v1/files/?process=false', form)) as { id: string };
    onEnd(() => remove(session, id));
    const { read } = await look(stack, `${id}_${name}`);
    if (read !== createHash('sha256').update(content).digest('hex'))
      throw new RemoteError(`an uploaded file has different content in the bucket ${bucket}`);
    const back = await (await session.fetch('GET', `/api/v1/files/${id}/content`)).arrayBuffer();
    if (!content.equals(Buffer.from(back))) throw new RemoteError('an uploaded file comes back with different content');
    return `an uploaded file is in the bucket ${bucket}, and comes back from there`;
  },
};
