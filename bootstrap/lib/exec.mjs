/** Other programs, always started without a shell: arguments are lists, so nothing in them is ever interpreted. */

import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { UserError } from './console.mjs';

const EXTENSIONS = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];

/** The path of a program on `PATH`, or undefined. */
export function which(name, path = process.env.PATH ?? '') {
  for (const dir of path.split(delimiter).filter(Boolean)) {
    for (const extension of EXTENSIONS) {
      const file = join(dir, name + extension);
      if (existsSync(file)) return file;
    }
  }
  return undefined;
}

/**
 * Runs a program to its end and returns `{ code, stdout, stderr, all }`, the last being both as they came.
 *
 * @param options.log     a file that gets all output; named in the error when the program fails
 * @param options.input   text for standard input (default: none)
 * @param options.timeout milliseconds after which the program is killed
 */
export function capture(command, args, { env, cwd, input, log, timeout } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env,
      cwd,
      timeout,
      killSignal: 'SIGKILL',
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    if (log) mkdirSync(dirname(log), { recursive: true });
    const file = log && createWriteStream(log, { flags: 'a' });
    file?.write(`$ ${command} ${args.join(' ')}\n`);
    const text = { stdout: '', stderr: '', all: '' };
    for (const stream of ['stdout', 'stderr']) {
      child[stream].setEncoding('utf8').on('data', (chunk) => {
        text[stream] += chunk;
        text.all += chunk;
        file?.write(chunk);
      });
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      file?.end();
      resolve({ code: code ?? `signal ${signal}`, ...text });
    });
    if (input !== undefined) child.stdin.on('error', () => {}).end(input);
  });
}

/** As {@link capture}, but any exit code other than 0 is an error that shows the end of what the program said. */
export async function run(command, args, options = {}) {
  let result;
  try {
    result = await capture(command, args, options);
  } catch (error) {
    throw new UserError(`${command} could not be started: ${error.message}`);
  }
  if (result.code !== 0) {
    const lines = result.all.trim().split('\n');
    // Some say first what is wrong, most say it last.
    const said = lines.length > 24 ? [...lines.slice(0, 8), '…', ...lines.slice(-15)] : lines;
    throw new UserError(
      `${command} ${args.slice(0, 3).join(' ')} failed (${result.code}):\n  ${said.join('\n  ')}${options.log ? `\n  all of it: ${options.log}` : ''}`,
    );
  }
  return result.stdout;
}

/** Runs a program on this terminal and returns its exit code. */
export function attached(command, args, { env, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, cwd, stdio: 'inherit' });
    // Ctrl-C reaches the child by itself; this process waits for it to clean up.
    const ignore = () => {};
    process.on('SIGINT', ignore);
    child.on('error', (error) => reject(new UserError(`${command} could not be started: ${error.message}`)));
    child.on('close', (code) => {
      process.off('SIGINT', ignore);
      resolve(code ?? 130);
    });
  });
}
