/** A Docker engine that answers: the one that the user has chosen, else the one on this machine, started or installed if need be. */

import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../core/errors.mjs';
import { connect, type Docker } from '../docker/client.ts';
import type { NamedEndpoint } from '../docker/contexts.ts';
import { alive, cached, locked } from '../system/cache.mjs';
import type { Progress } from '../system/console.mjs';
import { run, start, which } from '../system/exec.mjs';
import { aptInstall, isDebian, isRoot } from './apt.ts';

/** Where the engine of a Linux machine listens. */
const SOCKET = 'unix:///var/run/docker.sock';
const START_SECONDS = 60;

/** Never waits longer for an answer, in milliseconds. */
const TIMEOUT = 30_000;

interface Answer {
  /** The engine's version; undefined when it does not answer. */
  version?: string;
  /** Why it does not. */
  reason: string;
}

async function ask(docker: Docker, env: NodeJS.ProcessEnv): Promise<Answer> {
  if (!which('docker', env['PATH'])) return { reason: 'there is no docker command on PATH' };
  const format = ['version', '--format', '{{.Server.Version}}'];
  const { code, stdout, stderr } = await docker.capture(format, { timeout: TIMEOUT });
  const version = stdout.trim();
  const reason = stderr.trim().split('\n').at(-1) ?? '';
  return code === 0 && version ? { version, reason } : { reason };
}

/** Removes a pid file whose process has ended or, after a restart of the machine, is some other program by now. */
function removeStale(pidFile: string, program: string): void {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    if (alive(pid) && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === program) return;
  } catch (error) {
    // There is no such file, or no such process any more.
    if (!['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  rmSync(pidFile, { force: true });
}

/** Starts dockerd where no service manager runs, and waits until it answers. */
async function startDaemon(docker: Docker, env: NodeJS.ProcessEnv, progress: Progress): Promise<void> {
  const log = cached('logs', 'dockerd.log');
  progress(`starting dockerd (log: ${log})`);
  removeStale('/var/run/docker.pid', 'dockerd');
  removeStale('/var/run/docker/containerd/containerd.pid', 'containerd');
  mkdirSync(dirname(log), { recursive: true });
  const out = openSync(log, 'a');
  // Its own session: the engine outlives this command and its terminal. GOGC is for programs that live for seconds.
  const { GOGC: _, ...own } = env;
  const child = start('dockerd', [], {
    env: own,
    detached: true,
    stdio: ['ignore', out, out],
  });
  let ended: number | string | null | undefined;
  child.on('exit', (code, signal) => {
    ended = code ?? signal;
  });
  child.unref();
  for (let waited = 0; waited < START_SECONDS * 5; waited++) {
    if ((await ask(docker, env)).version) return;
    if (ended !== undefined) break;
    await sleep(200);
  }
  const tail = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n  ');
  throw new UserError(
    `The Docker engine ${ended === undefined ? `did not answer within ${START_SECONDS} s` : `ended (${ended})`}:\n  ${tail}\n  all of it: ${log}`,
  );
}

async function install(env: NodeJS.ProcessEnv, progress: Progress): Promise<void> {
  progress('installing docker.io with apt');
  const options = { env, log: cached('logs', 'apt.log'), recommended: true };
  await aptInstall(['docker.io', 'iptables'], options);
  // Newer releases package the command on its own.
  if (!which('docker', env['PATH'])) await aptInstall(['docker-cli'], options);
}

/** Starts the engine of this machine, and installs it first where there is none. */
async function startEngine(docker: Docker, env: NodeJS.ProcessEnv, progress: Progress): Promise<void> {
  if (!which('dockerd', env['PATH']) || !which('iptables', env['PATH'])) {
    await install(env, progress);
    // Where a service manager runs, the package has started it by now.
    if ((await ask(docker, env)).version) return;
  }
  if (!existsSync('/run/systemd/system')) return startDaemon(docker, env, progress);
  progress('systemctl start docker');
  await run('systemctl', ['start', 'docker'], { env });
}

function advice(reason: string): UserError {
  const start: Partial<Record<NodeJS.Platform, string>> = {
    darwin: 'open -a Docker',
    win32: 'start Docker Desktop from the Start menu',
  };
  const install = isDebian() ? 'sudo apt-get install docker.io' : 'see docs.docker.com/engine/install';
  const command = start[process.platform] ?? (which('dockerd') ? 'sudo systemctl start docker' : install);
  return new UserError(
    `No Docker engine answers: ${reason}.\nStart or install it, and try again:\n  ${command}\nIf it runs, your user may lack access: sudo usermod -aG docker "$USER", and sign in again.`,
  );
}

/**
 * Makes sure that the engine at an endpoint answers. The engine of this machine is started for that, and installed where this is
 * Debian and the user is root.
 *
 * @param start whether it is, where it does not answer: not for a stack whose engine may be another one. Default: true
 * @throws UserError that says why it does not, and what to do.
 */
export async function provideEngine(
  endpoint: NamedEndpoint,
  env: NodeJS.ProcessEnv,
  progress: Progress,
  { start = true }: { start?: boolean } = {},
): Promise<{ docker: Docker; text: string }> {
  const { address, by } = endpoint;
  const chosen = address !== undefined && address !== SOCKET;
  const docker = connect(endpoint, env);
  let answer = await ask(docker, env);
  if (!answer.version && chosen) {
    throw new UserError(
      `The Docker engine at ${address}, which ${by} names, does not answer: ${answer.reason}.\nStart it, or choose another one (DOCKER_HOST, docker context use).`,
    );
  }
  if (!answer.version && !start) throw advice(answer.reason);
  if (!answer.version) {
    const installed = ['dockerd', 'iptables'].every((program) => which(program, env['PATH']));
    if (process.platform !== 'linux' || !isRoot() || !(installed || isDebian())) throw advice(answer.reason);
    await locked('docker-engine', async () => {
      if (!(await ask(docker, env)).version) await startEngine(docker, env, progress);
    });
    answer = await ask(docker, env);
    if (!answer.version) throw advice(answer.reason);
  }
  return { docker, text: `${answer.version}${chosen ? ` at ${address} (${by})` : ''}` };
}
