import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { RemoteError } from '../core/errors.mjs';
const EXTENSIONS = process.platform === 'win32' ? ['.exe', '.cmd', ''] : [''];
export function which(name, path = process.env['PATH'] ?? '') {
    for (const dir of path.split(delimiter).filter(Boolean)) {
        for (const extension of EXTENSIONS) {
            const file = join(dir, name + extension);
            if (existsSync(file))
                return file;
        }
    }
    return undefined;
}
export const start = (command, args, options) => spawn(which(command, options.env?.['PATH'] ?? process.env['PATH']) ?? command, [...args], options);
const notStarted = (command, error) => new RemoteError(`${command} could not be started: ${error.message}`);
export function capture(command, args, { log, input, timeout, ...place } = {}) {
    return new Promise((resolve, reject) => {
        const child = start(command, args, { ...place, stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
        if (log)
            mkdirSync(dirname(log), { recursive: true });
        const file = log ? createWriteStream(log, { flags: 'a' }) : undefined;
        file?.write(`$ ${command} ${args.join(' ')}\n`);
        const text = { stdout: '', stderr: '', all: '' };
        for (const name of (['stdout', 'stderr'])) {
            child[name]?.setEncoding('utf8').on('data', (chunk) => {
                text[name] += chunk;
                text.all += chunk;
                file?.write(chunk);
            });
        }
        let timedOut = false;
        const timer = timeout === undefined
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
        if (input !== undefined)
            child.stdin?.on('error', () => { }).end(input);
    });
}
export async function run(command, args, options = {}) {
    const { code, stdout, all, timedOut } = await capture(command, args, options);
    if (code === 0)
        return stdout;
    const lines = all.trim().split('\n');
    const said = lines.length > 24 ? [...lines.slice(0, 8), '…', ...lines.slice(-15)] : lines;
    const why = timedOut ? `no end within ${(options.timeout ?? 0) / 1000} s` : code;
    throw new RemoteError(`${command} ${args.slice(0, 3).join(' ')} failed (${why}):\n  ${said.join('\n  ')}${options.log ? `\n  all of it: ${options.log}` : ''}`);
}
export function attached(command, args, place = {}) {
    return new Promise((resolve, reject) => {
        const child = start(command, args, { ...place, stdio: 'inherit' });
        const ignore = () => { };
        process.on('SIGINT', ignore);
        child.on('error', (error) => reject(notStarted(command, error)));
        child.on('close', (code) => {
            process.off('SIGINT', ignore);
            resolve(code ?? 130);
        });
    });
}
