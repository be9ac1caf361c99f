/**
 * A git host for a test: https on a loopback address, with a certificate of its own, in front of git's own server program. At the usual port, which
 * takes root: with another one, Pulumi 3.256 takes the address for a folder.
 */

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { certify } from './certificates.ts';

const ADDRESS = '127.0.16.2';

/** A repository on such a host. */
export interface GitHost {
  /** Its address without the scheme, as `pulumi package add` takes it after `https://`. */
  repository: string;
  /** File with the authority of its certificate. */
  authority: string;
  close(): void;
}

const git = (cwd: string, ...args: string[]) => {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...who, ...args], { cwd, stdio: 'pipe' });
};

/** Commits all of a folder under a tag, and makes the bare repository of which a host serves it. */
function publish(folder: string, tag: string, into: string): void {
  git(folder, 'init', '--quiet', '--initial-branch', 'main');
  git(folder, 'add', '--force', '.');
  git(folder, 'commit', '--quiet', '--message', 'A release');
  git(folder, 'tag', tag);
  git(folder, 'clone', '--quiet', '--bare', folder, into);
}

/** Answers by `git http-backend`, which speaks CGI: headers, an empty line, content. */
function answer(root: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, search } = new URL(request.url ?? '/', 'https://localhost');
  const env = {
    ...{ PATH: process.env['PATH'], GIT_PROJECT_ROOT: root, GIT_HTTP_EXPORT_ALL: '1' },
    ...{ PATH_INFO: pathname, QUERY_STRING: search.slice(1), REQUEST_METHOD: request.method },
    ...{ CONTENT_TYPE: request.headers['content-type'], GIT_PROTOCOL: String(request.headers['git-protocol'] ?? '') },
    ...{ HTTP_CONTENT_ENCODING: request.headers['content-encoding'], REMOTE_ADDR: '127.0.0.1' },
  };
  const child = spawn('git', ['http-backend'], { env, stdio: ['pipe', 'pipe', 'ignore'] });
  child.stdin.on('error', () => {});
  request.pipe(child.stdin);
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  child.on('close', () => {
    const all = Buffer.concat(parts);
    const end = all.indexOf('\r\n\r\n');
    const headers = all.subarray(0, Math.max(end, 0)).toString().split('\r\n');
    const pairs = headers.filter(Boolean).map((line) => /^([^:]+): *(.*)$/.exec(line)?.slice(1) as [string, string]);
    const status = pairs.find(([name]) => name === 'Status')?.[1];
    response.writeHead(Number.parseInt(status ?? '200', 10), Object.fromEntries(pairs));
    response.end(all.subarray(end + 4));
  });
}

/**
 * Serves a folder as the repository `team/chat` with one tag.
 *
 * @param dir an empty folder, for what the host needs.
 */
export async function serveRepository(folder: string, tag: string, dir: string): Promise<GitHost> {
  const root = join(dir, 'repositories');
  mkdirSync(join(root, 'team'), { recursive: true });
  publish(folder, tag, join(root, 'team', 'chat.git'));
  certify(dir, ADDRESS);
  const read = (name: string) => readFileSync(join(dir, name));
  const server = createServer({ cert: read('server.pem'), key: read('server-key.pem') }, (request, response) =>
    answer(root, request, response),
  );
  server.listen(443, ADDRESS);
  await once(server, 'listening');
  return { repository: `${ADDRESS}/team/chat`, authority: join(dir, 'ca.pem'), close: () => server.close() };
}
