import { spawn } from 'node:child_process';
import { succeed } from './command.ts';
import type { Stack } from './stack.ts';

/** A word of a command as valkey-cli reads it from its standard input; for text without control characters. */
const quoted = (word: string) => `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** What is needed of a stack to talk to its Valkey. */
export type Server = Pick<Stack, 'valkeyContainer' | 'operatorPassword'>;

const cli = ({ valkeyContainer }: Server) => ['exec', '-i', valkeyContainer, 'valkey-cli'];

/** Lines for valkey-cli's standard input: they sign in where a password is asked for, so none shows in a process list. */
const script = ({ operatorPassword }: Server, ...words: string[]) => {
  const commands = operatorPassword ? [['AUTH', 'operator', operatorPassword], words] : [words];
  return commands.map((command) => `${command.map(quoted).join(' ')}\n`).join('');
};

/** One command to Valkey, from inside its container; returns the lines of the answer, and throws what Valkey refuses. */
export async function valkey(stack: Server, ...words: string[]): Promise<string[]> {
  const answer = (await succeed('docker', cli(stack), script(stack, ...words))).trim().split('\n');
  if (stack.operatorPassword && answer.shift() !== 'OK')
    throw new Error('Valkey does not know the operator of this stack');
  const refusal = answer.find((line) => /^(ERR|NOAUTH|NOPERM|WRONGPASS) /.test(line));
  if (refusal) throw new Error(`Valkey refuses ${words[0]}: ${refusal}`);
  return answer;
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
  child.stdin.on('error', () => {}).write(script(stack, 'SUBSCRIBE', ...channels));
  return { received: () => text.split('\n'), close: () => child.kill('SIGKILL') };
}
