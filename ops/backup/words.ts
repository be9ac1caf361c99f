/** Sizes, numbers and progress, for people. */

import { createInterface } from 'node:readline/promises';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function sizeText(bytes: number): string {
  const unit = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), UNITS.length - 1);
  const value = bytes / 1024 ** unit;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** `3 users, 12 chats and 4 files`; what is not known is left out. */
export function countText(counts: { users: number | null; chats: number | null; files: number | null }): string {
  const words = Object.entries(counts)
    .filter(([key, count]) => ['users', 'chats', 'files'].includes(key) && count !== null)
    .map(([key, count]) => `${count} ${count === 1 ? key.slice(0, -1) : key}`);
  if (words.length === 0) return 'no database in the volume';
  return words.length === 1 ? (words[0] as string) : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** How long something may go on without a word where there is no terminal. */
const EVERY_MS = 15_000;

/** Shows how far something is: on a terminal all the time in one line, otherwise in a line now and then. */
export function meter(what: string): { show: (done: number, total: number) => void; end: () => void } {
  const tty = process.stderr.isTTY === true;
  let last = tty ? 0 : Date.now();
  return {
    show: (done, total) => {
      if (Date.now() - last < (tty ? 200 : EVERY_MS)) return;
      last = Date.now();
      const text = `… ${what}: ${sizeText(done)}${total > done ? ` of ${sizeText(total)}` : ''}`;
      process.stderr.write(tty ? `\r\u001b[2K${text}` : `${text}\n`);
    },
    end: () => {
      if (tty) process.stderr.write('\r\u001b[2K');
    },
  };
}

/** Whether something is to be done: said beforehand, or now by whoever sits at the terminal. */
export async function confirmed(yes: boolean, question: string): Promise<boolean> {
  if (yes) return true;
  if (!process.stdin.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} (yes/no) `)).trim());
  } finally {
    lines.close();
  }
}
