/** Processor time of the processes of this machine, by the kernel's own count. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

interface Process {
  pid: number;
  parent: number;
  /** Program, as the kernel shortens it. */
  name: string;
  /** Tells a process from a later one with the same id. */
  started: string;
  /** Ticks of the process and of its children that have ended. */
  ticks: number;
}

/** Ticks in a second: the same on every Linux, whatever the kernel's own clock is. */
export const TICKS = 100;

const read = (pid: number | string, file: string): string => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return ''; // It has ended.
  }
};

/** A line of /proc/PID/stat. */
export function processOf(stat: string): Process | undefined {
  // The name is in parentheses, and may hold some itself.
  const [, pid, name = '', rest = ''] = /^(\d+) \((.*)\) (.*)/.exec(stat) ?? [];
  if (pid === undefined) return undefined;
  const fields = rest.split(' ');
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return { pid: Number(pid), parent: Number(fields[1]), name, started: fields[19] ?? '', ticks };
}

export const processes = (): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => processOf(read(pid, 'stat')) ?? []);

/** A process and all that come from it. */
export function tree(root: number, all: readonly Process[]): Process[] {
  const own = all.filter(({ pid }) => pid === root);
  const below = all.filter(({ parent }) => parent === root).flatMap(({ pid }) => tree(pid, all));
  return [...own, ...below];
}

/** Of a path that may be written through the link from the old place of /run. */
const inRun = (path: string) => path.replace(/^\/var\/run\//, '/run/');

/** Inode of the socket at a path on which something listens, of the lines of /proc/net/unix; these have the path as the listener wrote it. */
export function listenerAt(path: string, lines: string): string | undefined {
  // Connections to it have the same path, and end at any time.
  const accepts = '00010000';
  const fields = lines.split('\n').map((line) => line.trim().split(/\s+/));
  return fields.find(([, , , flags, , , , at = '']) => flags === accepts && inRun(at) === inRun(path))?.[6];
}

/** The engine that listens on a socket of this machine; undefined where it is none of its processes. */
export function engineAt(socket: string, all: readonly Process[]): Process | undefined {
  const inode = listenerAt(socket, read('net', 'unix'));
  const holds = ({ pid }: Process) => {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => {
      try {
        return readlinkSync(join(folder, fd)) === `socket:[${inode}]`;
      } catch {
        return false; // It has been closed.
      }
    });
  };
  return all.find((one) => one.name === 'dockerd' && holds(one));
}

/** The process between the engine and a container, which starts whatever is run in it. */
export const shimOf = (container: string, all: readonly Process[]): Process | undefined =>
  all.find(({ pid, name }) => name.startsWith('containerd-shim') && read(pid, 'cmdline').includes(container));
