import { spawn } from 'node:child_process';

/** What a program said, and how it ended. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Where a program runs; by default where and with what this one does. */
export interface Place {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

/**
 * Runs a program without a shell. What must not show in the process list goes through `input`.
 *
 * @throws Error when it cannot be started.
 */
export function command(program: string, args: readonly string[], input = '', place: Place = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...place, stdio: ['pipe', 'pipe', 'pipe'] });
    const outcome: Outcome = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      outcome.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      outcome.stderr += text;
    });
    child.on('error', (error) => reject(new Error(`${program} could not be started: ${error.message}`)));
    child.on('close', (code) => resolve({ ...outcome, code }));
    // A program that ended early has said why on its standard error.
    child.stdin.on('error', () => {}).end(input);
  });
}

/** As {@link command}, but an exit code other than 0 is an error with what the program said last. */
export async function succeed(
  program: string,
  args: readonly string[],
  input = '',
  place: Place = {},
): Promise<string> {
  const { code, stdout, stderr } = await command(program, args, input, place);
  if (code !== 0) throw new Error(`${program} ${args[0]}: ${(stderr.trim() || stdout.trim()).split('\n').at(-1)}`);
  return stdout;
}

/** Runs a program on this terminal; an exit code other than 0 is an error. */
export function show(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    child.on('error', (error) => reject(new Error(`${program} could not be started: ${error.message}`)));
    child.on('close', (code) =>
      code === 0
        ? resolve()
        : reject(new Error(`${program} ${args[0]} ended with ${code}; what it says above tells why`)),
    );
  });
}
