/** Takes a stack's data into an archive while the stack runs. */

import { constants } from 'node:fs';
import { access, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../core/errors.ts';
import type { Stack } from '../outputs.ts';
import { writeArchive } from './archive.ts';
import { imageOf, inspect, valkeyVersion } from '../../docker/health.ts';
import { type Helper, withHelper } from './helper/helper.ts';
import { FORMAT, type Manifest } from './manifest.ts';
import { sessionKeyHash } from './sessionKey.ts';
import { makeSnapshot, readSnapshot } from './valkeyDump.ts';
import { webuiVersion } from './webuiVersion.ts';

/** What has to be known of a stack. */
export type Source = Pick<
  Stack,
  'webuiContainer' | 'webuiVolume' | 'valkeyContainer' | 'valkeyVolume' | 'operatorPassword'
>;

export interface Options {
  stack: string;
  /** Folder of the archive; made if need be. */
  to: string;
  passphrase?: string | undefined;
  /** Bytes that were read so far, and of how many, as far as is known. */
  progress?: (done: number, total: number) => void;
  /** Ends the backup before its time. */
  signal?: AbortSignal;
}

/** `2026-11-21T10-20-30Z`: a name for every system, in the order of time. */
const stamp = (date: Date) => date.toISOString().replace(/\.\d+/, '').replaceAll(':', '-');

/** Name of the helper for a stack's data. */
export const helperName = ({ webuiContainer }: Pick<Stack, 'webuiContainer'>): string => `${webuiContainer}-archive`;

async function requireFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.W_OK);
    if (!(await stat(path)).isDirectory()) throw new Error('it is no folder');
  } catch (error) {
    throw new Failure(
      `no backup can be written to ${path}: ${(error as Error).message}`,
      'choose another folder: -- --to DIR',
    );
  }
}

/** Removes what backups of this stack have left that were killed. The helper's name makes sure that there is no other one now. */
async function removePartial(folder: string, stack: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(`${stack}-20`) && name.endsWith('.partial')) await rm(join(folder, name), { force: true });
  }
}

async function containersOf({ webuiContainer, valkeyContainer }: Source) {
  const [webui, valkey] = await Promise.all([inspect(webuiContainer), inspect(valkeyContainer)]);
  if (!webui) throw new Failure(`there is no container ${webuiContainer}`, 'npm run up makes it');
  if (!valkey?.running) {
    throw new Failure(
      `${valkeyContainer} does not run, so it cannot be asked for its data`,
      'npm run up puts it right; docker logs tells why it ended',
    );
  }
  return { webui, valkey };
}

async function* outputOf(helper: Helper, facts: (said: Record<string, unknown>) => void): AsyncGenerator<Uint8Array> {
  const { child, ended } = helper.start('copy.py');
  child.stdin.end();
  child.stderr.once('data', (text: string) => {
    const first = /^\{"total": \d+\}$/m.exec(text);
    if (first) facts(JSON.parse(first[0]));
  });
  yield* child.stdout;
  facts(await ended);
}

/**
 * Takes a backup. Nobody notices: the web UI and Valkey run on.
 *
 * @returns the archive's file and manifest.
 * @throws Failure, or any other error, that says why there is none; nothing is left behind then.
 */
export async function take(
  source: Source,
  { stack, to, passphrase, progress, signal }: Options,
): Promise<{ file: string; manifest: Manifest }> {
  const { webui, valkey } = await containersOf(source);
  await requireFolder(to);
  const volumes = { ...source, name: helperName(source), image: webui.imageId, labels: webui.labels };
  return withHelper(volumes, async (helper) => {
    await removePartial(to, stack);
    const created = new Date();
    const file = join(to, `${stack}-${stamp(created)}.tar.gz${passphrase === undefined ? '' : '.age'}`);
    const said: Record<string, unknown> = {};
    let done = 0;
    let snapshot: 'made' | 'last' = 'made';
    const contents = {
      webui: outputOf(helper, (facts) => Object.assign(said, facts)),
      valkey: async () => {
        snapshot = await makeSnapshot(source);
        return readSnapshot(source);
      },
      about: async () => {
        const number = (key: string) => (said[key] ?? null) as number | null;
        return {
          format: FORMAT as typeof FORMAT,
          project: webui.labels['com.pulumi.project'] ?? '',
          stack,
          created: created.toISOString(),
          webui: {
            ...(await imageOf(webui)),
            version: await webuiVersion(helper),
            users: number('users'),
            chats: number('chats'),
            files: number('files'),
            sessionKey: await sessionKeyHash(source.webuiContainer),
          },
          valkey: { ...(await imageOf(valkey)), version: await valkeyVersion(valkey.imageId), snapshot },
          warnings: (said['warnings'] ?? []) as string[],
        };
      },
    };
    const manifest = await writeArchive(file, contents, {
      passphrase,
      ...(signal && { signal }),
      written: (bytes) => {
        done += bytes;
        progress?.(done, Number(said['total'] ?? 0));
      },
    });
    return { file, manifest };
  });
}
