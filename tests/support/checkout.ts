/** The program in a folder of its own. */

import { cpSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROGRAM } from '../../cli/fingerprint.ts';

/** By the address of this file, as the bench loads it as a module. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What the commands need besides the program. */
const COMMANDS = ['bootstrap', 'cli', 'setup', 'policy'];

/** Copies the program, and other files of the repository where asked, into a folder. */
export function copyProgram(dir: string, files: readonly string[] = []): void {
  for (const part of new Set([...PROGRAM, ...COMMANDS, ...files]))
    cpSync(join(root, part), join(dir, part), { recursive: true });
}

/** Gives a copy of the program the packages of the repository. */
export const linkPackages = (dir: string): void => symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'));
