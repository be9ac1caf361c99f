import { RemoteError } from '../core/errors.mjs';
import { OPERATOR, VALKEY_PORT } from '../core/valkey.ts';
import type { Docker } from '../docker/client.ts';

/** Time in which another server answers over the network, in milliseconds. */
const TIMEOUT = 10_000;

/** A word of a command as valkey-cli reads it from its standard input; for text without control characters. */
const quoted = (word: string) => `"${word.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** What is needed of a stack to talk to its Valkey. */
export interface ValkeyOf {
  docker: Docker;
  servers: {
    valkey: {
      container: string;
      /** Name of another server that is asked from inside this container, as that may be on another node. Default: the one in it. */
      host?: string | undefined;
      operatorPassword: string;
    };
  };
}

const cli = ({ servers: { valkey: server } }: ValkeyOf, port: number = VALKEY_PORT) => [
  ...['exec', '-i', server.container, 'valkey-cli', '-p', String(port)],
  ...(server.host === undefined ? [] : ['-h', server.host]),
];

/** Lines for valkey-cli's standard input: they sign in where a password is asked for, so none shows in a process list. */
const script = ({ servers }: ValkeyOf, ...words: string[]) => {
  const { operatorPassword } = servers.valkey;
  const commands = operatorPassword ? [['AUTH', OPERATOR, operatorPassword], words] : [words];
  return commands.map((command) => `${command.map(quoted).join(' ')}\n`).join('');
};

/** One command to Valkey, from inside a container of one; returns the lines of the answer, and throws what Valkey refuses. */
export const valkey = (stack: ValkeyOf, ...words: string[]): Promise<string[]> =>
  valkeyAt(VALKEY_PORT, stack, ...words);

/** The same to the server, or the Sentinel, that listens at a port in the container. */
export async function valkeyAt(port: number, stack: ValkeyOf, ...words: string[]): Promise<string[]> {
  // One on another node that is lost does not even refuse a connection.
  const limit = stack.servers.valkey.host === undefined ? {} : { timeout: TIMEOUT };
  const printed = await stack.docker.run(cli(stack, port), { input: script(stack, ...words), ...limit });
  const answer = printed.trim().split('\n');
  if (stack.servers.valkey.operatorPassword && answer.shift() !== 'OK')
    throw new RemoteError('Valkey does not know the operator of this stack');
  const refusal = answer.find((line) => /^(ERR|NOAUTH|NOPERM|WRONGPASS) /.test(line));
  if (refusal) throw new RemoteError(`Valkey refuses ${words[0]}: ${refusal}`);
  return answer;
}

/** Listens on channels until `close`; `received` gives the lines that valkey-cli has printed so far. */
export function subscribe(
  stack: ValkeyOf,
  channels: readonly string[],
): { received: () => readonly string[]; close: () => void } {
  let text = '';
  const child = stack.docker.start(cli(stack), { stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  child.on('error', () => {});
  child.stdin.on('error', () => {}).write(script(stack, 'SUBSCRIBE', ...channels));
  return { received: () => text.split('\n'), close: () => child.kill('SIGKILL') };
}
