/** What the last `npm run up` has deployed and seen to work, for the next one to know that nothing has changed since. */

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stateFolder } from './state.mjs';

/** What a deployment follows from, besides the file of its stack. */
const PROGRAM = [
  'Pulumi.yaml',
  'package.json',
  'package-lock.json',
  'index.ts',
  'settings.ts',
  'settings',
  'components',
  'ops',
];

const note = (root, stack) => join(stateFolder(root), `verified-${stack}`);

function fingerprint(root, stack) {
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

/** Whether an engine is named by what may lead to another one next time: a Docker context. */
const byContext = ({ address, text }) => address !== undefined && address !== text;

/** Notes that a stack is deployed as its files say, and works; with what it needs of its engine, if that follows from them. */
export function remember(root, stack, needs) {
  mkdirSync(stateFolder(root), { recursive: true, mode: 0o700 });
  const noted = { fingerprint: fingerprint(root, stack), ...(!byContext(needs.engine) && { needs }) };
  writeFileSync(note(root, stack), JSON.stringify(noted));
}

export const forget = (root, stack) => rmSync(note(root, stack), { force: true });

/** What was noted; undefined when there is no note, or program or settings have changed since. */
export function recall(root, stack) {
  try {
    const noted = JSON.parse(readFileSync(note(root, stack), 'utf8'));
    return noted.fingerprint === fingerprint(root, stack) ? noted : undefined;
  } catch {
    return undefined;
  }
}
