/** Other programs. They always start without a shell: arguments are lists, so nothing in them is ever interpreted. */

import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { RemoteError } from '../core/errors.mjs';

const EXTENSIONS = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];

/**
 * @typedef {object} Place Where a program runs; by default where this one does, with its environment.
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [cwd]
 *
 * @typedef {object} CaptureOptions
 * @property {string} [log] a file that gets all output; an error names it
 * @property {string} [input] text for standard input, where what must not show in the process list goes. Default: nothing
 * @property {number} [timeout] milliseconds after which the program is killed
 * @property {AbortSignal} [signal] kills the program
 *
 * @typedef {object} Outcome What a program printed, and how it ended.
 * @property {number | string} code the exit code, or `signal NAME`
 * @property {string} stdout
 * @property {string} stderr
 * @property {string} all both as they came
 * @property {boolean} timedOut
 */

/**
 * The path of a program on `PATH`, or undefined.
 *
 * @param {string} name
 * @param {string} [path]
 */
export function which(name, path = process.env['PATH'] ?? '') {
  for (const dir of path.split(delimiter).filter(Boolean)) {
    for (const extension of EXTENSIONS) {
      const file = join(dir, name + extension);
      if (existsSync(file)) return file;
    }
  }
  return undefined;
}

/**
 * Starts a program, found on the PATH that it gets.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export const start = (command, args, options) =>
  spawn(which(command, options.env?.['PATH'] ?? process.env['PATH']) ?? command, [...args], options);

/** @type {(command: string, error: Error) => RemoteError} */
const notStarted = (command, error) => new RemoteError(`${command} could not be started: ${error.message}`);

/**
 * Runs a program to its end, whatever its exit code is.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Place & CaptureOptions} [options]
 * @returns {Promise<Outcome>}
 * @throws {RemoteError} when it cannot be started
 */
export function capture(command, args, { log, input, timeout, ...place } = {}) {
  return new Promise((resolve, reject) => {
    const child = start(command, args, { ...place, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
    if (log) mkdirSync(dirname(log), { recursive: true });
    const file = log ? createWriteStream(log, { flags: 'a' }) : undefined;
    file?.write(`$ ${command} ${args.join(' ')}\n`);
    const text = { stdout: '', stderr: '', all: '' };
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      child[name]?.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
        text[name] += chunk;
        text.all += chunk;
        file?.write(chunk);
      });
    }
    let timedOut = false;
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            child.kill('SIGKILL');
          }, timeout);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(notStarted(command, error));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      file?.end();
      resolve({ code: code ?? `signal ${signal}`, ...text, timedOut });
    });
    // A program that ended early has said why on its standard error.
    if (input !== undefined) child.stdin?.on('error', () => {}).end(input);
  });
}

/**
 * As {@link capture}, but any exit code other than 0 is an error.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Place & CaptureOptions} [options]
 * @returns {Promise<string>} what the program printed on standard output
 * @throws {RemoteError} with the end of what the program said
 */
export async function run(command, args, options = {}) {
  const { code, stdout, all, timedOut } = await capture(command, args, options);
  if (code === 0) return stdout;
  const lines = all.trim().split('\n');
  // Some say first what is wrong, most say it last.
  const said = lines.length > 24 ? [...lines.slice(0, 8), '…', ...lines.slice(-15)] : lines;
  const why = timedOut ? `no end within ${(options.timeout ?? 0) / 1000} s` : code;
  throw new RemoteError(
    `${command} ${args.slice(0, 3).join(' ')} failed (${why}):\n  ${said.join('\n  ')}${options.log ? `\n  all of it: ${options.log}` : ''}`,
  );
}

/**
 * Runs a program on this terminal and returns its exit code; 130 when a signal ended it.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Place} [place]
 * @returns {Promise<number>}
 */
export function attached(command, args, place = {}) {
  return new Promise((resolve, reject) => {
    const child = start(command, args, { ...place, stdio: 'inherit' });
    // Ctrl-C reaches the child by itself; this process waits for it to clean up.
    const ignore = () => {};
    process.on('SIGINT', ignore);
    child.on('error', (error) => reject(notStarted(command, error)));
    child.on('close', (code) => {
      process.off('SIGINT', ignore);
      resolve(code ?? 130);
    });
  });
}
