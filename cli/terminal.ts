/** Progress and questions on the terminal. Both use standard error: standard output is for results. */

import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { UserError } from '../core/errors.mjs';
import { PASSPHRASE, passphraseOfEnvironment } from '../ops/backup/environment.ts';
import { sizeText } from '../ops/backup/format.ts';

/** Milliseconds between two lines of progress where there is no terminal, and between two changes of the line where there is one. */
const [EVERY_LINE, EVERY_CHANGE] = [15_000, 200];

/** Shows how far something is: on a terminal in one line that changes, otherwise in a line now and then. */
export function meter(what: string): { show: (done: number, total: number) => void; end: () => void } {
  const tty = process.stderr.isTTY === true;
  let last = tty ? 0 : Date.now();
  return {
    show: (done, total) => {
      if (Date.now() - last < (tty ? EVERY_CHANGE : EVERY_LINE)) return;
      last = Date.now();
      const text = `… ${what}: ${sizeText(done)}${total > done ? ` of ${sizeText(total)}` : ''}`;
      process.stderr.write(tty ? `\r\u001b[2K${text}` : `${text}\n`);
    },
    end: () => {
      if (tty) process.stderr.write('\r\u001b[2K');
    },
  };
}

/** Asks for a yes at the terminal; without one the answer is no. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} (yes/no) `)).trim());
  } finally {
    lines.close();
  }
}

async function askSecret(question: string): Promise<string> {
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

/**
 * The passphrase of archives: from the environment, else from the terminal; never from an argument.
 *
 * @throws UserError when there is no terminal, and when the two answers to the same question differ.
 */
export async function requirePassphrase(env: NodeJS.ProcessEnv, { twice }: { twice: boolean }): Promise<string> {
  const given = passphraseOfEnvironment(env);
  if (given !== undefined) return given;
  if (!process.stdin.isTTY) throw new UserError('the passphrase of the backup is needed', `put it into ${PASSPHRASE}`);
  const first = await askSecret('Passphrase of the backup: ');
  if (first === '' || (twice && (await askSecret('The same again: ')) !== first))
    throw new UserError('the passphrase is empty, or was not the same twice', 'try again');
  return first;
}
