/**
 * Docker engines on this machine as if on machines of their own, joined to a Swarm: each has a network namespace with an address, a process
 * namespace that ends as a whole like a machine without power, a host name, and data that outlives that. The first one is the manager.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../core/until.ts';
import { certify } from './certificates.ts';
import { alive } from './docker.ts';

const PREFIX = 'open-webui-swarm-';

/** Folder of a node's disk. */
const DATA = 'data';

/** Size of a disk in memory: room for the images, of which none is used that is not needed. */
const DISK = '12g';

/** Ports at which managers talk to nodes, and engines to clients. */
const PORT = 2377;
const TLS_PORT = 2376;

const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 64 * 1024 * 1024 });

/** For what may be gone already. */
const attempt = (program: string, ...args: string[]): void => {
  try {
    run(program, ...args);
  } catch {
    // It is.
  }
};

/** Names on this machine of what belongs to a process. */
const namesOf = (owner: number) => ({
  bridge: `ows${owner}`,
  namespace: (node: number) => `ows${owner}-${node}`,
  cable: (node: number) => `ows${owner}n${node}`,
  cgroup: `open-webui-swarm-${owner}`,
});

/** What lets the nodes reach each other: this machine's own engine drops forwarded packets, bridged ones too. */
const passing = (bridge: string) => ['FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT'];

/** Processes below one, itself first. */
function family(pid: number): number[] {
  const file = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(file)) return [];
  const children = readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
  return [pid, ...children.flatMap(family)];
}

/** Removes the control groups that lost engines have left: none has a process any more. */
function removeGroups(name: string): void {
  for (const hierarchy of readdirSync('/sys/fs/cgroup')) {
    const top = join('/sys/fs/cgroup', hierarchy, name);
    if (!existsSync(top)) continue;
    const below = readdirSync(top, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
    for (const folder of [top, ...below].sort().reverse()) rmdirSync(folder);
  }
}

/** Removes all that the engines of a process have left on this machine. */
async function cleanUp(dir: string, owner: number): Promise<void> {
  const { bridge, namespace, cgroup } = namesOf(owner);
  const nodes = readdirSync(dir).filter((name) => /^\d+$/.test(name));
  for (const node of nodes) {
    const file = join(dir, node, 'pid');
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    if (pid && alive(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dir)) await powerOff(pid);
    attempt('ip', 'netns', 'del', namespace(Number(node)));
    // One that is in memory.
    attempt('umount', join(dir, node, DATA));
  }
  attempt('ip', 'link', 'del', bridge);
  attempt('iptables', '-D', ...passing(bridge));
  removeGroups(cgroup);
  rmSync(dir, { recursive: true, force: true });
}

/** Ends everything in a node's process namespace at once, as when a machine loses its power; `pid` is outside of it. */
async function powerOff(pid: number): Promise<void> {
  const [, first] = family(pid);
  // Whatever is in the namespace ends with its first process.
  process.kill(first ?? pid, 'SIGKILL');
  const runs = () => {
    try {
      return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  };
  if (await until(runs, (running) => !running, { seconds: 30, everyMs: 50 }))
    throw new Error(`the processes of a node do not end (${pid})`);
}

/** One engine. */
export class SwarmNode {
  /** Host name, which is its name in the Swarm. */
  readonly name: string;
  readonly address: string;
  readonly #dir: string;
  readonly #cable: string;
  readonly #namespace: string;
  readonly #cgroup: string;
  #child: ChildProcess | undefined;
  readonly #forwards: ChildProcess[] = [];

  /** @param index from 1 on. */
  constructor(
    dir: string,
    { index, owner, net, inMemory }: { index: number; owner: number; net: string; inMemory: boolean },
  ) {
    const names = namesOf(owner);
    this.#dir = join(dir, String(index));
    this.#namespace = names.namespace(index);
    this.#cable = names.cable(index);
    this.#cgroup = `/${names.cgroup}/${index}`;
    this.name = `node${index}`;
    this.address = `${net}.${index}`;
    mkdirSync(this.#dir, { recursive: true });
    if (inMemory) {
      mkdirSync(this.#disk);
      run('mount', '-t', 'tmpfs', '-o', `size=${DISK}`, 'tmpfs', this.#disk);
    }
    certify(this.#dir, this.address);
    // At an address at which nothing answers: a registry that cannot be had is missed at once.
    writeFileSync(join(this.#dir, 'resolv.conf'), `nameserver ${net}.254\n`);
    run('ip', 'netns', 'add', this.#namespace);
    run('ip', 'link', 'add', this.#cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.#namespace);
    run('ip', 'link', 'set', this.#cable, 'master', names.bridge, 'up');
    run('ip', '-n', this.#namespace, 'addr', 'add', `${this.address}/24`, 'dev', 'eth0');
    for (const link of ['lo', 'eth0']) run('ip', '-n', this.#namespace, 'link', 'set', link, 'up');
    run('ip', '-n', this.#namespace, 'route', 'add', 'default', 'via', `${net}.254`);
  }

  /** Where the engine keeps images, containers and volumes. */
  get #disk(): string {
    return join(this.#dir, DATA);
  }

  /** Address of the engine for this machine. */
  get host(): string {
    return `unix://${this.#dir}/docker.sock`;
  }

  /** The same over the network, as the engine of another machine. */
  get tls() {
    return { address: `tcp://${this.address}:${TLS_PORT}`, certificates: this.#dir };
  }

  docker = (...args: string[]): string => run('docker', '--host', this.host, ...args).trim();

  /** Runs a program in the network of the node. */
  inside = (...command: string[]): string => run('nsenter', `--net=/run/netns/${this.#namespace}`, ...command).trim();

  /** Leads a port of the node to an address inside of it; returns how this machine reaches that. */
  async forward(port: number, host: string, targetPort: number): Promise<string> {
    const script = `const { connect, createServer } = require('node:net');
createServer((client) => {
  const server = connect(${targetPort}, '${host}');
  for (const [one, other] of [[client, server], [server, client]]) one.on('error', () => other.destroy()).pipe(other);
}).listen(${port}, '${this.address}', () => console.log('ready'));`;
    const child = spawn('nsenter', [`--net=/run/netns/${this.#namespace}`, process.execPath, '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#forwards.push(child);
    await once(child.stdout, 'data');
    return `http://${this.address}:${port}`;
  }

  /** Ends what {@link forward} has started, which does not end with the node. */
  endForwards(): void {
    for (const child of this.#forwards.splice(0)) child.kill('SIGKILL');
  }

  /** Starts the engine, for the first time or after {@link lose}; resolves when it answers. */
  async start(): Promise<void> {
    const at = (name: string) => join(this.#dir, name);
    this.reconnect();
    // A machine that starts knows nothing of what ran.
    rmSync(at('run'), { recursive: true, force: true });
    mkdirSync(at('run'));
    const engine = [
      ...['dockerd', '--data-root', this.#disk, '--exec-root', at('run'), '--pidfile', at('run/docker.pid')],
      ...['--host', this.host, '--cgroup-parent', this.#cgroup],
      ...['--host', this.tls.address, '--tlsverify', '--tlscacert', at('ca.pem')],
      ...['--tlscert', at('server.pem'), '--tlskey', at('server-key.pem')],
      // A registry of this machine has no certificate.
      ...['--insecure-registry', `${this.address}/24`],
    ].join(' ');
    const script = [
      `exec >>${at('log')} 2>&1`,
      'set -e',
      'mount --make-rprivate /',
      `hostname ${this.name}`,
      `mount --bind ${at('resolv.conf')} /etc/resolv.conf`,
      // Sockets of containers, by which other engines on this machine would be found.
      'mkdir -p /run/containerd',
      'mount -t tmpfs tmpfs /run/containerd',
      `exec docker-init -- ${engine}`,
    ].join('; ');
    // Not `ip netns exec`: it mounts another /sys, without the control groups that an engine needs.
    const unshare = ['unshare', '--mount', '--uts', '--pid', '--fork', '--mount-proc', '--kill-child'];
    const args = [`--net=/run/netns/${this.#namespace}`, ...unshare, 'sh', '-c', script];
    const child = spawn('nsenter', args, { stdio: 'ignore', detached: true });
    this.#child = child;
    writeFileSync(at('pid'), String(child.pid));
    const answers = () => {
      try {
        return this.docker('version', '--format', '{{.Server.Version}}') !== '';
      } catch {
        return false;
      }
    };
    await until(() => answers() || child.exitCode !== null, Boolean, { seconds: 60, everyMs: 200 });
    if (child.exitCode !== null || !answers())
      throw new Error(`the engine of ${this.name} does not start:\n${readFileSync(at('log'), 'utf8').slice(-2000)}`);
  }

  /** Loses the node as when its power is cut: the engine and all that it runs end at once, and close no connection. Its disk stays. */
  async lose(): Promise<void> {
    // Otherwise the kernel, which runs on, would close them.
    this.cut();
    const pid = this.#child?.pid;
    if (pid !== undefined && alive(pid)) await powerOff(pid);
  }

  /** Stops the engine as a machine that is shut down in order, and starts it again. */
  async restart(): Promise<void> {
    const child = this.#child as ChildProcess;
    const [, first] = family(child.pid as number);
    process.kill(first as number, 'SIGTERM');
    const ended = () => child.exitCode !== null || child.signalCode !== null;
    if (!(await until(ended, Boolean, { seconds: 120 }))) throw new Error(`the engine of ${this.name} does not stop`);
    await this.start();
  }

  /** Leaves no room on the disk of a node that has it in memory. */
  async fillDisk(): Promise<void> {
    const remount = () => {
      const used = run('df', '--output=used', '--block-size=1K', this.#disk).split('\n')[1]?.trim();
      try {
        run('mount', '-o', `remount,size=${used}k`, this.#disk);
        return true;
      } catch {
        // More was written meanwhile.
        return false;
      }
    };
    if (!(await until(remount, Boolean, { seconds: 20 })))
      throw new Error(`the disk of ${this.name} does not get full`);
  }

  freeDisk(): void {
    run('mount', '-o', `remount,size=${DISK}`, this.#disk);
  }

  /** Cuts the node off from the others, and from everything else; it runs on. */
  cut(): void {
    run('ip', 'link', 'set', this.#cable, 'down');
  }

  reconnect(): void {
    run('ip', 'link', 'set', this.#cable, 'up');
  }
}

export class SwarmNodes {
  readonly nodes: readonly SwarmNode[];
  /** Address of this machine for the nodes and their containers. */
  readonly outside: string;
  readonly #dir: string;
  readonly #owner: number;

  private constructor({ dir, owner, net, nodes }: { dir: string; owner: number; net: string; nodes: SwarmNode[] }) {
    this.#dir = dir;
    this.#owner = owner;
    this.nodes = nodes;
    this.outside = `${net}.254`;
  }

  /**
   * Starts engines, joins them, and gives each the images.
   *
   * @param images of this machine's engine.
   * @param inMemory nodes that have their disks in memory, where they can be filled, counted from 1.
   * @throws Error that says why an engine does not start; nothing is left then.
   */
  static async start({
    count = 3,
    images,
    inMemory = [],
  }: {
    count?: number;
    images: readonly string[];
    inMemory?: readonly number[];
  }): Promise<SwarmNodes> {
    for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(PREFIX))) {
      const left = join(tmpdir(), name);
      const pid = existsSync(join(left, 'owner')) ? Number(readFileSync(join(left, 'owner'), 'utf8')) : 0;
      if (pid && !alive(pid)) await cleanUp(left, pid);
    }
    const owner = process.pid;
    const dir = mkdtempSync(join(tmpdir(), PREFIX));
    writeFileSync(join(dir, 'owner'), String(owner));
    const net = `10.97.${owner % 250}`;
    const { bridge } = namesOf(owner);
    try {
      run('ip', 'link', 'add', bridge, 'type', 'bridge');
      run('ip', 'addr', 'add', `${net}.254/24`, 'dev', bridge);
      run('ip', 'link', 'set', bridge, 'up');
      run('iptables', '-I', ...passing(bridge));
      const nodes = Array.from({ length: count }, (_, at) => at + 1).map(
        (index) => new SwarmNode(dir, { index, owner, net, inMemory: inMemory.includes(index) }),
      );
      const swarm = new SwarmNodes({ dir, owner, net, nodes });
      await Promise.all(nodes.map((node) => node.start()));
      swarm.#join();
      swarm.#load(images);
      return swarm;
    } catch (error) {
      await cleanUp(dir, owner);
      throw error;
    }
  }

  get manager(): SwarmNode {
    return this.nodes[0] as SwarmNode;
  }

  get workers(): readonly SwarmNode[] {
    return this.nodes.slice(1);
  }

  /** What the manager takes a node for: `ready` or `down`. */
  stateOf = ({ name }: SwarmNode): string => {
    try {
      return this.manager.docker('node', 'inspect', '--format', '{{.Status.State}}', name);
    } catch {
      // It has just started, or the managers are electing a leader.
      return 'not known';
    }
  };

  /** Waits until the manager sees all nodes in a state. @throws Error with what it sees. */
  async wait(state: 'ready' | 'down', nodes: readonly SwarmNode[] = this.nodes, seconds = 90): Promise<void> {
    const seen = await until(
      () => nodes.map(this.stateOf),
      (states) => states.every((one) => one === state),
      { seconds, everyMs: 500 },
    );
    if (!seen.every((one) => one === state))
      throw new Error(`after ${seconds} s the nodes are ${seen.join(', ')}, not ${state}`);
  }

  /** Ends all of them and removes whatever they have left on this machine. */
  stop(): Promise<void> {
    for (const node of this.nodes) node.endForwards();
    return cleanUp(this.#dir, this.#owner);
  }

  #join(): void {
    const { manager, workers } = this;
    manager.docker('swarm', 'init', '--advertise-addr', manager.address);
    const token = manager.docker('swarm', 'join-token', '--quiet', 'worker');
    const at = `${manager.address}:${PORT}`;
    for (const node of workers) node.docker('swarm', 'join', '--advertise-addr', node.address, '--token', token, at);
  }

  /** Read once, and written by all engines side by side. */
  #load(images: readonly string[]): void {
    if (images.length === 0) return;
    const [first, ...others] = this.nodes.map(({ host }) => `docker --host ${host} load --quiet`);
    const tee = others.length === 0 ? '' : `| tee ${others.map((load) => `>(${load} >&2)`).join(' ')}`;
    run('bash', '-c', `set -o pipefail; docker save ${images.join(' ')} ${tee} | ${first}`);
  }
}
