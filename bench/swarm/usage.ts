/** What the parts of a stack take of the processors and of the memory. */

import { cpus } from 'node:os';
import type { Docker } from '../../docker/client.ts';
import { processes, shimOf, TICKS, tree } from '../processes.ts';
import { type Containers, PARTS, type Part } from './stack.ts';

/** By what the page calls them. */
export type ByPart = Readonly<Record<Part, number>>;

export const byPart = (value: (part: Part) => number): ByPart =>
  Object.fromEntries(PARTS.map((part) => [part, value(part)])) as ByPart;

/** What was busy for some time. One processor all the time is 1. */
export interface Processors {
  /** Of all, from 0 to 1. */
  busy: number;
  parts: ByPart;
  /** The program that measures, with its clients. */
  client: number;
}

const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0);

/** Milliseconds of all processors since the machine started: those at work, and all of them. */
function ofMachine(): { busy: number; all: number } {
  const times = cpus().map((one) => one.times);
  const all = sum(times.flatMap((one) => Object.values(one)));
  return { busy: all - sum(times.map(({ idle }) => idle)), all };
}

/** Seconds of the processors that the containers of each part have had. */
function ofParts(containers: Containers): ByPart {
  const all = processes();
  const ticks = (id: string) => sum(tree(shimOf(id, all)?.pid ?? 0, all).map((one) => one.ticks));
  return byPart((part) => sum(containers[part].map(ticks)) / TICKS);
}

/** Watches the processors until the result is called. */
export function watch(containers: Containers): () => Processors {
  const before = { at: performance.now(), parts: ofParts(containers), machine: ofMachine(), own: process.cpuUsage() };
  return () => {
    const seconds = (performance.now() - before.at) / 1000;
    const [machine, parts, own] = [ofMachine(), ofParts(containers), process.cpuUsage(before.own)];
    return {
      busy: (machine.busy - before.machine.busy) / (machine.all - before.machine.all),
      parts: byPart((part) => (parts[part] - before.parts[part]) / seconds),
      client: (own.user + own.system) / 1e6 / seconds,
    };
  };
}

const UNITS = { B: 2 ** -20, KiB: 2 ** -10, MiB: 1, GiB: 2 ** 10 };

/** MiB of each container, of lines with an id and what `docker stats` says of its memory. */
export function mebibytes(lines: string): ReadonlyMap<string, number> {
  const found = [...lines.matchAll(/^(\w+) ([\d.]+)(B|KiB|MiB|GiB) /gm)];
  return new Map(found.map(([, id = '', number, unit]) => [id, Number(number) * UNITS[unit as keyof typeof UNITS]]));
}

/** MiB of each part as the engine counts them; of the web UI, those of one on average. */
export async function memory(docker: Docker, containers: Containers): Promise<ByPart> {
  const ids = PARTS.flatMap((part) => containers[part]);
  const format = '{{.ID}} {{.MemUsage}}';
  const held = mebibytes(await docker.run(['stats', '--no-stream', '--no-trunc', '--format', format, ...ids]));
  return byPart((part) => sum(containers[part].map((id) => held.get(id) ?? 0)) / Math.max(1, containers[part].length));
}
