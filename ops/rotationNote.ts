/** What a rotation of the administrator's password has to know of before, kept until it is done: as secret as Pulumi's state. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { pulumiOn, type Workspace } from './pulumi.ts';

const before = z.object({
  email: z.string(),
  /** What the page took before. */
  password: z.string(),
  /** What Pulumi held before. */
  generated: z.string(),
});

export type Before = z.output<typeof before>;

const KEY = 'rotation';

/** What binds a stack file to the passphrase or the key of its stack. */
const BINDINGS = ['encryptionsalt', 'encryptedkey', 'secretsprovider'];

/** The bindings of a stack. */
function bindings({ root, stack }: Workspace): Record<string, unknown> {
  const file = (parse(readFileSync(join(root, `Pulumi.${stack}.yaml`), 'utf8')) ?? {}) as Record<string, unknown>;
  return Object.fromEntries(BINDINGS.flatMap((key) => (file[key] === undefined ? [] : [[key, file[key]]])));
}

/** Writes the note, all or nothing, encrypted as Pulumi encrypts the secrets of the stack. */
export async function writeNote(workspace: Workspace, file: string, note: Before): Promise<void> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const dir = mkdtempSync(`${file}-`);
  try {
    const draft = join(dir, 'note.yaml');
    writeFileSync(draft, stringify({ ...bindings(workspace), config: {} }), { mode: 0o600 });
    const set = ['config', 'set', '--secret', KEY, '--config-file', draft];
    await pulumiOn(workspace).run(set, { input: JSON.stringify(note) });
    renameSync(draft, file);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The note of a rotation that was killed; undefined when there is none that can be read. */
export async function readNote(workspace: Workspace, file: string): Promise<Before | undefined> {
  if (!existsSync(file)) return undefined;
  const { code, stdout } = await pulumiOn(workspace).capture(['config', 'get', KEY, '--config-file', file]);
  if (code !== 0) return undefined;
  try {
    return before.parse(JSON.parse(stdout));
  } catch {
    return undefined;
  }
}
