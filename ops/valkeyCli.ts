import { spawn } from 'node:child_process';
import { succeed } from './command.ts';
import type { Stack } from './stack.ts';

/** A word of a command as valkey-cli reads it from its standard input; for text without control characters. */
const quoted = (word: string) => `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

const cli = ({ valkeyContainer }: Stack) => ['exec', '-i', valkeyContainer, 'valkey-cli'];

/** One command to Valkey, from inside its container. The words go through standard input, so none shows in a process list. */
export async function valkey(stack: Stack, ...words: string[]): Promise<string> {
  return (await succeed('docker', cli(stack), `${words.map(quoted).join(' ')}\n`)).trim();
}

/** Listens on channels until `close`; `received` gives the lines that valkey-cli has printed so far. */
export function subscribe(
  stack: Stack,
  channels: readonly string[],
): { received: () => readonly string[]; close: () => void } {
  let text = '';
  const child = spawn('docker', cli(stack), { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {}).write(`SUBSCRIBE ${channels.map(quoted).join(' ')}\n`);
  return { received: () => text.split('\n'), close: () => child.kill('SIGKILL') };
}
