/** The passphrase of archives: from the environment, else from whoever sits at the terminal; never from an argument. */

import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { Failure } from '../../core/errors.ts';

const VARIABLE = 'OPEN_WEBUI_BACKUP_PASSPHRASE';

/** The passphrase of the environment; undefined where there is none, and then archives are not encrypted. */
export const passphraseOfEnvironment = (): string | undefined => process.env[VARIABLE] || undefined;

async function asked(question: string): Promise<string> {
  process.stderr.write(question);
  // Shows nothing of what is typed.
  const silent = new Writable({ write: (_, __, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await lines.question('');
  } finally {
    lines.close();
    process.stderr.write('\n');
  }
}

/** @throws Failure when there is nobody to ask, and when the two answers to the same question differ. */
export async function requirePassphrase({ twice }: { twice: boolean }): Promise<string> {
  const given = passphraseOfEnvironment();
  if (given !== undefined) return given;
  if (!process.stdin.isTTY) throw new Failure('the passphrase of the backup is needed', `put it into ${VARIABLE}`);
  const first = await asked('Passphrase of the backup: ');
  if (first === '' || (twice && (await asked('The same again: ')) !== first))
    throw new Failure('the passphrase is empty, or was not the same twice', 'try again');
  return first;
}
