/** A Docker engine that answers: the one the user has chosen, else the one on this machine, started or installed if need be. */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { alive, cached, locked } from '../../system/cache.mjs';
import { UserError } from '../../system/console.mjs';
import { capture, run, which } from '../../system/exec.mjs';

const SOCKET = 'unix:///var/run/docker.sock';
const START_SECONDS = 60;

/** What the engine answers, or undefined; never waits long. */
async function ask(env) {
  if (!which('docker', env.PATH)) return { reason: 'there is no docker command on PATH' };
  const { code, stdout, stderr } = await capture('docker', ['version', '--format', '{{.Server.Version}}'], {
    env,
    timeout: 30_000,
  });
  const version = stdout.trim();
  return code === 0 && version ? { version } : { reason: stderr.trim().split('\n').at(-1) };
}

/** Points the docker command, and a provider without settings of its own, to the engine that a stack's file names. */
function useEngineOf({ text, address, certificates }, stack, env) {
  if (!address) return undefined;
  for (const name of ['DOCKER_CONTEXT', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH']) delete env[name];
  env.DOCKER_HOST = address;
  if (certificates) Object.assign(env, { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates });
  return { host: address, by: `Pulumi.${stack}.yaml${text === address ? '' : ` (${text})`}` };
}

/** The engine that DOCKER_HOST or the current context names; undefined stands for the default of this machine. */
async function chosen(env) {
  if (env.DOCKER_HOST) return { host: env.DOCKER_HOST, by: 'DOCKER_HOST' };
  if (!which('docker', env.PATH)) return undefined;
  const { code, stdout } = await capture(
    'docker',
    ['context', 'inspect', '--format', '{{.Name}}\n{{.Endpoints.docker.Host}}'],
    { env },
  );
  const [name, host] = stdout.trim().split('\n');
  return code === 0 && host && host !== SOCKET ? { host, by: `the Docker context "${name}"` } : undefined;
}

const isRoot = () => process.getuid?.() === 0;

function debian() {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/** Removes a pid file whose process has ended or, after a restart of the machine, is some other program by now. */
function forget(pidFile, program) {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    if (alive(pid) && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === program) return;
  } catch (error) {
    // There is no such file, or no such process any more.
    if (error.code !== 'ENOENT' && error.code !== 'ESRCH') throw error;
  }
  rmSync(pidFile, { force: true });
}

async function start(env, progress) {
  if (existsSync('/run/systemd/system')) {
    progress('systemctl start docker');
    await run('systemctl', ['start', 'docker'], { env });
  } else {
    const log = cached('logs', 'dockerd.log');
    progress(`starting dockerd (log: ${log})`);
    forget('/var/run/docker.pid', 'dockerd');
    forget('/var/run/docker/containerd/containerd.pid', 'containerd');
    mkdirSync(dirname(log), { recursive: true });
    const out = openSync(log, 'a');
    // No service manager runs here: a session of its own lets the engine outlive this command and its terminal.
    // It lives on, and frees its memory as it is used to.
    const { GOGC: _, ...own } = env;
    const child = spawn(which('dockerd', env.PATH), [], { env: own, detached: true, stdio: ['ignore', out, out] });
    let ended;
    child.on('exit', (code, signal) => {
      ended = code ?? signal;
    });
    child.unref();
    for (let waited = 0; waited < START_SECONDS * 5; waited++) {
      if ((await ask(env)).version) return;
      if (ended !== undefined) break;
      await sleep(200);
    }
    const tail = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n  ');
    throw new UserError(
      `The Docker engine ${ended === undefined ? `did not answer within ${START_SECONDS} s` : `ended (${ended})`}:\n  ${tail}\n  all of it: ${log}`,
    );
  }
}

async function install(env, progress) {
  progress('installing docker.io with apt');
  const log = cached('logs', 'apt.log');
  const apt = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' }, log };
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  await run('apt-get', [...wait, 'update', '-q'], apt);
  await run('apt-get', [...wait, 'install', '-q', '-y', 'docker.io', 'iptables'], apt);
  // Newer releases package the command on its own.
  if (!which('docker', env.PATH)) await run('apt-get', [...wait, 'install', '-q', '-y', 'docker-cli'], apt);
}

function advice(reason) {
  const command =
    {
      darwin: 'open -a Docker',
      win32: 'start Docker Desktop from the Start menu',
    }[process.platform] ??
    (which('dockerd')
      ? 'sudo systemctl start docker'
      : debian()
        ? 'sudo apt-get install docker.io'
        : 'see docs.docker.com/engine/install');
  return `No Docker engine answers: ${reason}.\nStart or install it, and try again:\n  ${command}\nIf it runs, your user may lack access: sudo usermod -aG docker "$USER", and sign in again.`;
}

/**
 * Makes sure that an engine answers, and that the provider finds the same one as the docker command: that which the stack's file
 * names, or the user, or this machine's.
 */
export async function engineStep(env, progress, { stack, engine = {} } = {}) {
  const named = useEngineOf(engine, stack, env);
  const [choice, answer] = await Promise.all([named ?? chosen(env), ask(env)]);
  let { version, reason } = answer;
  if (!version && choice) {
    throw new UserError(
      `The Docker engine at ${choice.host}, which ${choice.by} names, does not answer: ${reason}.\nStart it, or choose another one (DOCKER_HOST, docker context use).`,
    );
  }
  if (!version) {
    if (process.platform !== 'linux' || !isRoot()) throw new UserError(advice(reason));
    await locked('docker-engine', async () => {
      if ((await ask(env)).version) return;
      if (!which('dockerd', env.PATH) || !which('iptables', env.PATH)) {
        if (!debian()) throw new UserError(advice(reason));
        await install(env, progress);
        // Where a service manager runs, the package has started it by now.
        if ((await ask(env)).version) return;
      }
      await start(env, progress);
    });
    ({ version, reason } = await ask(env));
    if (!version) throw new UserError(advice(reason));
  }
  // The provider reads the variable, but not the command's contexts.
  if (choice) env.DOCKER_HOST = choice.host;
  return `${version}${choice ? ` at ${choice.host} (${choice.by})` : ''}`;
}

/** Command that brings a page here which is published on the loopback address of a host behind ssh; undefined where none is needed. */
export function tunnel({ address = '' }, url) {
  const { hostname, port } = new URL(url);
  if (!address.startsWith('ssh://') || !/^(127\.|localhost$)/.test(hostname)) return undefined;
  const { username, hostname: host, port: door } = new URL(address);
  const to = `${username && `${username}@`}${host}`;
  return `ssh -N -L ${port}:${hostname}:${port} ${door && `-p ${door} `}${to}`;
}
