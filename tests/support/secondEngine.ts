/**
 * A second Docker engine, as if on another host: a network namespace of its own with an address of its own, data of its own, and
 * three doors: a socket, TLS with certificates, and an SSH server. By default it is the program of this machine's own engine.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../core/until.ts';
import { certify } from './certificates.ts';
import { IMAGES } from './deployment.ts';
import { alive, labelOf } from './docker.ts';

const PREFIX = 'open-webui-engine-';

/** Free memory, in bytes, of which an engine's data are a small part. */
const PLENTY = 8 * 2 ** 30;

const NEEDS = {
  ip: 'iproute2',
  unshare: 'util-linux',
  openssl: 'openssl',
  ssh: 'openssh-client',
  '/usr/sbin/sshd': 'openssh-server',
};

const run = (program: string, ...args: string[]) =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 });

/** Debian's packages for what a second engine takes, where they are missing; fails with their names where that cannot be done. */
function requirePrograms(): void {
  const missing = Object.entries(NEEDS).flatMap(([program, name]) => {
    try {
      run('sh', '-c', `command -v ${program}`);
      return [];
    } catch {
      return [name];
    }
  });
  if (missing.length === 0) return;
  try {
    run('apt-get', 'update');
    run('apt-get', 'install', '--yes', '--no-install-recommends', ...missing);
  } catch (error) {
    throw new Error(`These tests need root and the packages ${missing.join(', ')}.\n${(error as Error).message}`);
  }
}

/** Ends a process that a file names, and waits until it is gone. */
async function end(pidFile: string): Promise<void> {
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8'));
  if (!alive(pid)) return;
  await finish(pid, 'SIGTERM');
}

/** Sends a signal that ends a process, and waits until it is gone. */
async function finish(pid: number, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal);
  const gone = (running: boolean) => !running;
  await until(() => alive(pid), gone, { seconds: 30, everyMs: 100 });
}

/** Removes all that a second engine has left in its folder and on this machine. */
async function cleanUp(dir: string): Promise<void> {
  for (const name of ['docker.pid', 'sshd.pid']) await end(join(dir, name));
  const owner = readFileSync(join(dir, 'owner'), 'utf8');
  if (run('ip', 'netns', 'list').includes(`ow${owner}`)) run('ip', 'netns', 'del', `ow${owner}`);
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '');
  for (const mount of mounts.filter((one) => one.startsWith(`${dir}/`)).reverse()) run('umount', mount);
  rmSync(dir, { recursive: true, force: true });
}

export class SecondEngine {
  readonly #dir: string;
  readonly #owner = String(process.pid);
  readonly #children: ChildProcess[] = [];
  /** Addresses of this machine and of the other in the network between the two. */
  readonly #near: string;
  readonly far: string;

  /** Root file system with the engine's programs; undefined for those of this machine. */
  readonly #root: string | undefined;

  private constructor(root: string | undefined) {
    this.#root = root;
    this.#dir = mkdtempSync(join(tmpdir(), PREFIX));
    writeFileSync(join(this.#dir, 'owner'), this.#owner);
    const net = `10.98.${process.pid % 250}`;
    this.#near = `${net}.254`;
    this.far = `${net}.1`;
  }

  /**
   * @param root folder with a root file system from which the engine runs. Nothing is written to it.
   * @throws Error that says what it needs, where that is missing.
   */
  static async start(root?: string): Promise<SecondEngine> {
    requirePrograms();
    for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(PREFIX))) {
      const owner = join(tmpdir(), name, 'owner');
      if (existsSync(owner) && !alive(Number(readFileSync(owner, 'utf8')))) await cleanUp(join(tmpdir(), name));
    }
    const engine = new SecondEngine(root);
    try {
      engine.#connect();
      certify(engine.#dir, engine.far);
      await engine.#serve();
      await engine.#openSsh();
    } catch (error) {
      await engine.stop();
      throw error;
    }
    return engine;
  }

  get socket() {
    return `unix://${this.#dir}/docker.sock`;
  }
  get tls() {
    return { address: `tcp://${this.far}:2376`, certificates: this.#dir };
  }
  get ssh() {
    return `ssh://root@${this.far}`;
  }
  /** For whatever is to go through the SSH server: its ssh knows host and key. */
  get path() {
    return `${this.#dir}/bin:${process.env['PATH']}`;
  }
  /** A folder for the docker command's own settings. */
  get config() {
    return join(this.#dir, 'config');
  }

  docker(...args: string[]): string {
    return run('docker', '--config', this.config, '--host', this.socket, ...args).trim();
  }

  /** Ids of a stack's containers that run here. */
  containers(stack: string): string[] {
    const running = this.docker('ps', '--quiet', '--no-trunc', '--filter', `label=${labelOf(stack)}`);
    return running.split('\n').sort();
  }

  /** Kills the engine as a defect of its own would, and starts it as a service manager does. */
  async killAndStart(): Promise<void> {
    const pid = Number(readFileSync(join(this.#dir, 'docker.pid'), 'utf8'));
    // What is left of the containers has to be seen by the next engine: it lives where this one has.
    const place = ['mnt', 'uts'].map((kind) => openSync(`/proc/${pid}/ns/${kind}`, 'r'));
    await finish(pid, 'SIGKILL');
    // It dies with the engine, and as long as it is not reaped its process id looks alive.
    rmSync(join(this.#dir, 'exec', 'containerd', 'containerd.pid'), { force: true });
    const [mount, uts] = place.map((file) => `/proc/${process.pid}/fd/${file}`);
    this.#inside('nsenter', `--mount=${mount}`, `--uts=${uts}`, 'sh', '-c', this.#command);
    await this.#answers();
  }

  async stop(): Promise<void> {
    await cleanUp(this.#dir);
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #inside(...command: string[]): ChildProcess {
    // Not `ip netns exec`: it mounts another /sys, without the control groups that an engine needs.
    const args = [`--net=/run/netns/ow${this.#owner}`, ...command];
    const child = spawn('nsenter', args, { stdio: 'ignore', detached: true });
    this.#children.push(child);
    return child;
  }

  /** A namespace, and a cable to it. */
  #connect(): void {
    const [name, cable] = [`ow${this.#owner}`, `ow${this.#owner}n`];
    run('ip', 'netns', 'add', name);
    run('ip', 'link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    run('ip', 'addr', 'add', `${this.#near}/24`, 'dev', cable);
    run('ip', 'link', 'set', cable, 'up');
    run('ip', '-n', name, 'addr', 'add', `${this.far}/24`, 'dev', 'eth0');
    for (const link of ['lo', 'eth0']) run('ip', '-n', name, 'link', 'set', link, 'up');
    // Docker takes addresses for its networks only where there is a default route.
    run('ip', '-n', name, 'route', 'add', 'default', 'via', this.#near);
  }

  /** Shell commands that keep the engine's data in memory where there is plenty: tens of thousands of files come and go at once. */
  get #hold(): string {
    if (freemem() < PLENTY) return '';
    const data = join(this.#dir, 'data');
    return `mkdir -p ${data}; mount -t tmpfs tmpfs ${data}; `;
  }

  /** Shell commands that change to the root file system, in which the folder of this engine has the same path. */
  get #enter(): string {
    if (this.#root === undefined) return '';
    const [scratch, at] = [join(this.#dir, 'scratch'), join(this.#dir, 'root')];
    const layers = `lowerdir=${this.#root},upperdir=${scratch}/upper,workdir=${scratch}/work`;
    return [
      `mkdir ${scratch} ${at}`,
      `mount -t tmpfs tmpfs ${scratch}`,
      `mkdir ${scratch}/upper ${scratch}/work`,
      `mount -t overlay -o ${layers} overlay ${at}`,
      ...['proc', 'sys', 'dev'].map((name) => `mount --rbind /${name} ${at}/${name}`),
      `mkdir -p ${at}${this.#dir} ${at}/old`,
      `mkdir -p ${this.#dir}/data`,
      `mount --bind ${this.#dir} ${at}${this.#dir}`,
      `mount --bind ${this.#dir}/data ${at}${this.#dir}/data`,
      // Not chroot: in one, every `docker exec` would land in this machine's own root.
      `cd ${at}`,
      'pivot_root . old',
      'umount -l /old',
      '',
    ].join('; ');
  }

  /**
   * Shell commands that name a server for host names at an address at which none answers: Swarm asks the registry of an image each time a service
   * changes, and would wait twenty seconds for one that cannot be reached.
   */
  get #resolve(): string {
    const file = join(this.#dir, 'resolv.conf');
    writeFileSync(file, `nameserver ${this.#near}\n`);
    return `[ -e /etc/resolv.conf ] || touch /etc/resolv.conf; mount --bind ${file} /etc/resolv.conf; `;
  }

  get #command(): string {
    const at = (name: string) => join(this.#dir, name);
    const engine = [
      ...['dockerd', '--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('docker.pid')],
      ...['--host', this.socket, '--host', this.tls.address, '--tlsverify', '--tlscacert', at('ca.pem')],
      ...['--tlscert', at('server.pem'), '--tlskey', at('server-key.pem')],
      ...['--containerd-namespace', `ow${this.#owner}`, '--containerd-plugins-namespace', `owp${this.#owner}`],
    ];
    return `exec ${engine.join(' ')} >>${at('log')} 2>&1`;
  }

  async #serve(): Promise<void> {
    const script = `exec >>${this.#dir}/log 2>&1; set -e; mount --make-rprivate /; ${this.#hold}${this.#enter}${this.#resolve}${this.#command}`;
    this.#inside('unshare', '--mount', '--uts', 'sh', '-c', script);
    await this.#answers();
    this.load(Object.values(IMAGES));
  }

  /** Gives it images that this machine's own engine has. */
  load(images: readonly string[]): void {
    run('sh', '-c', `docker save ${images.join(' ')} | docker --host ${this.socket} load`);
  }

  async #answers(): Promise<void> {
    const answers = () => {
      try {
        return this.docker('version', '--format', '{{.Server.Version}}') !== '';
      } catch {
        return false;
      }
    };
    const child = this.#children.at(-1);
    const ended = () => child?.exitCode !== null;
    await until(() => answers() || ended(), Boolean, { seconds: 60 });
    if (!answers()) {
      const log = readFileSync(join(this.#dir, 'log'), 'utf8').slice(-2000);
      const what = this.#root === undefined ? 'A second Docker engine' : `The Docker engine of ${this.#root}`;
      throw new Error(`${what} ${ended() ? `ended (${child?.exitCode})` : 'does not answer'} on this machine:\n${log}`);
    }
  }

  async #openSsh(): Promise<void> {
    const at = (name: string) => join(this.#dir, name);
    for (const name of ['host-key', 'id']) run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', at(name));
    writeFileSync(
      at('sshd_config'),
      [
        `ListenAddress ${this.far}`,
        `HostKey ${at('host-key')}`,
        `AuthorizedKeysFile ${at('id.pub')}`,
        `PidFile ${at('sshd.pid')}`,
        'StrictModes no',
        'UsePAM no',
        'PasswordAuthentication no',
        `SetEnv DOCKER_HOST=${this.socket}`,
      ].join('\n'),
    );
    writeFileSync(at('known_hosts'), `${this.far} ${readFileSync(at('host-key.pub'), 'utf8')}`);
    writeFileSync(
      at('ssh_config'),
      `IdentityFile ${at('id')}\nUserKnownHostsFile ${at('known_hosts')}\nStrictHostKeyChecking yes\nBatchMode yes\n`,
    );
    mkdirSync(at('bin'));
    writeFileSync(
      at('bin/ssh'),
      `#!/bin/sh\nexec ${run('sh', '-c', 'command -v ssh').trim()} -F ${at('ssh_config')} "$@"\n`,
    );
    chmodSync(at('bin/ssh'), 0o755);
    mkdirSync('/run/sshd', { recursive: true });
    this.#inside('/usr/sbin/sshd', '-D', '-f', at('sshd_config'));
    const opens = () => {
      try {
        return run(at('bin/ssh'), `root@${this.far}`, 'true') === '';
      } catch {
        return false;
      }
    };
    if (!(await until(opens, Boolean, { seconds: 20 })))
      throw new Error('The SSH server of the second engine does not answer');
  }
}
