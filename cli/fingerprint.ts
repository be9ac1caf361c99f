/** What the last `npm run up` has deployed and proved, so that the next one knows that nothing has changed since. */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../core/endpoint.ts';
import { stateFolder } from './paths.ts';

/** What a stack needs of its machine, by the program's own reading of its file. */
export interface Needs {
  project: string;
  host: Host;
  images: { valkey: string; webui: string; database?: string; gateway?: string };
  /** Those of them from private registries, which the program pulls with the stack's credentials. Default: none */
  kept?: readonly string[];
  /** Whether some of it is secret, so that nothing may note it. Default: false */
  isDecrypted?: boolean;
  /** Whether settings may be missing here that the program will have, as an environment of Pulumi ESC gives them. Default: false */
  partial?: boolean;
}

/** Files and folders of which the program consists: a deployment follows from them and from the file of its stack. */
export const PROGRAM = [
  'Pulumi.yaml',
  'package.json',
  'package-lock.json',
  'index.ts',
  'lean.cjs',
  'core',
  'system',
  'docker',
  'settings',
  'platform',
  'components',
  'ops',
  'preflight',
  // It has held the deployment against the rules.
  'policy',
] as const;

const note = (root: string, stack: string) => join(stateFolder(root), `verified-${stack}`);

function fingerprint(root: string, stack: string): string {
  const hash = createHash('sha256');
  const files = [...PROGRAM, `Pulumi.${stack}.yaml`].flatMap((path) => {
    const full = join(root, path);
    if (!statSync(full).isDirectory()) return [full];
    return readdirSync(full, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  });
  for (const file of files.sort()) hash.update(`${file}\0`).update(readFileSync(file)).update('\0');
  return hash.digest('hex');
}

/** Notes that a stack is deployed as its files say, and works; with what it needs. */
export function remember(root: string, stack: string, needs: Needs): void {
  mkdirSync(stateFolder(root), { recursive: true, mode: 0o700 });
  writeFileSync(note(root, stack), JSON.stringify({ fingerprint: fingerprint(root, stack), needs }));
}

export const forget = (root: string, stack: string): void => rmSync(note(root, stack), { force: true });

/** What a stack needs, as noted; undefined when there is no note, or program or settings have changed since. */
export function recall(root: string, stack: string): Needs | undefined {
  try {
    const noted = JSON.parse(readFileSync(note(root, stack), 'utf8')) as { fingerprint: string; needs: Needs };
    return noted.fingerprint === fingerprint(root, stack) ? noted.needs : undefined;
  } catch {
    return undefined;
  }
}
