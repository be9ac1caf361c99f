/** Takes a stack's data into an archive while the stack runs. */

import { constants } from 'node:fs';
import { access, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.mjs';
import { presentData } from '../../docker/data.ts';
import { type Container, inspectContainer } from '../../docker/inspect.ts';
import { writeArchive } from './archive.ts';
import { type Helper, type HelperOptions, withHelper } from './helper/helper.ts';
import { FORMAT, type Manifest } from './manifest.ts';
import type { Part, PartName, Source } from './part.ts';
import { serversOf, TAKEN } from './parts/index.ts';
import { helperFor } from './source.ts';

export interface Options {
  /** Folder of the archive; created if it is missing. */
  to: string;
  /** An image of the web UI that the engine has, for where there is no container of it. */
  image?: string | undefined;
  /** Default: none, and the archive is not encrypted. */
  passphrase?: string | undefined;
  /** Bytes that were read so far, and of how many, as far as is known. */
  progress?: (done: number, total: number) => void;
  /** Ends the backup before its time. */
  signal?: AbortSignal;
}

/** `2026-11-21T10-20-30Z`: a name for every system, in the order of time. */
const stamp = (date: Date) => date.toISOString().replace(/\.\d+/, '').replaceAll(':', '-');

async function requireFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await access(path, constants.W_OK);
    if (!(await stat(path)).isDirectory()) throw new Error('it is not a folder');
  } catch (error) {
    throw new UserError(
      `no backup can be written to ${path}: ${(error as Error).message}`,
      'choose another folder: -- --to DIR',
    );
  }
}

/** Removes what killed backups of this stack have left. The helper's name ensures that no other one runs now. */
async function removePartial(folder: string, stack: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith(`${stack}-20`) && name.endsWith('.partial')) await rm(join(folder, name), { force: true });
  }
}

type Containers = Partial<Record<PartName, Container | undefined>>;

/** The containers of all parts, as far as there are any. */
async function containersOf(source: Source): Promise<Containers> {
  const found = await Promise.all(
    serversOf(source).map(
      async ({ part, container }) => [part.name, await inspectContainer(source.docker, container)] as const,
    ),
  );
  return Object.fromEntries(found) as Containers;
}

/** A source that is being taken. */
interface Take {
  source: Source;
  containers: Containers;
  data: HelperOptions['data'];
  helper: Helper;
  warnings: string[];
  expect(bytes: number): void;
}

const content = ({ source, containers, data, helper, warnings, expect }: Take, { name, take: takePart }: Part) => ({
  name,
  take: () =>
    takePart({
      ...{ source, helper, expect, container: containers[name], hasData: data[name] !== undefined },
      warn: (text) => warnings.push(text),
    }),
});

/**
 * Takes a backup. The servers run on; of one that does not run, what is in its volume is taken.
 *
 * @returns the archive's file and manifest.
 * @throws UserError or RemoteError that says why there is none, or the error of the disk; nothing is left behind then.
 */
export async function take(
  source: Source,
  { to, image, passphrase, progress, signal }: Options,
): Promise<{ file: string; manifest: Manifest }> {
  const { owner, commands } = source;
  const base = helperFor(source);
  const [containers, data] = await Promise.all([containersOf(source), presentData(source.docker, base.data)]);
  const chosen = containers.webui?.Image ?? image;
  if (!chosen)
    throw new UserError(`there is no container ${source.servers.webui.container}`, `${commands.up} creates it`);
  await requireFolder(to);
  // The web UI's data has to be there, and is named when it is not.
  const options = {
    ...base,
    data: { webui: source.servers.webui, ...data },
    operation: 'backup',
    image: chosen,
  } as const;
  return withHelper(options, async (helper) => {
    await removePartial(to, owner.stack);
    const created = new Date();
    const file = join(to, `${owner.stack}-${stamp(created)}.tar.gz${passphrase === undefined ? '' : '.age'}`);
    const warnings: string[] = [];
    let [done, total] = [0, 0];
    const expect = (bytes: number) => {
      total += bytes;
    };
    const taking = { source, containers, data, helper, warnings, expect };
    const manifest = await writeArchive(
      file,
      {
        parts: serversOf(source, TAKEN).map(({ part }) => content(taking, part)),
        describe: () => ({ format: FORMAT, ...owner, created: created.toISOString(), warnings }),
      },
      {
        passphrase,
        ...(signal && { signal }),
        written: (bytes) => {
          done += bytes;
          progress?.(done, total);
        },
      },
    );
    return { file, manifest };
  });
}
