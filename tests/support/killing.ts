/** `npm run up`, killed at a moment that Pulumi's engine or Docker's reports. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { automation } from '@pulumi/pulumi';
import { until } from '../../core/until.ts';
import type { Deployment } from './deployment.ts';
import { labelOf } from './docker.ts';

/** What is killed: Pulumi's CLI, the provider's plugin, the program's Node.js, or the command with all that it has started. */
export type Victim = 'CLI' | 'plugin' | 'Node.js' | 'everything';

const ARGUMENTS: Record<Exclude<Victim, 'everything'>, RegExp> = {
  CLI: /^\S*\/pulumi up /,
  plugin: /pulumi-resource-docker/,
  'Node.js': /@pulumi\/pulumi\/cmd\/run/,
};

/** Every process that a process has started, and theirs. */
function descendants(root: number): { pid: number; args: string }[] {
  const all = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .flatMap((match) => (match ? [{ pid: Number(match[1]), parent: Number(match[2]), args: match[3] ?? '' }] : []));
  const of = (pid: number): { pid: number; args: string }[] =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...of(child.pid)]);
  return of(root);
}

/** Puts a `pulumi` before the real one that keeps a log of its engine's events; returns the folder for PATH. */
function logging(dir: string, log: string): string {
  const bin = join(dir, 'logging');
  mkdirSync(bin, { recursive: true });
  const real = execFileSync('sh', ['-c', 'command -v pulumi'], { encoding: 'utf8' }).trim();
  const file = join(bin, 'pulumi');
  const up = `PULUMI_DEBUG_COMMANDS=true exec ${real} "$@" --event-log ${log}`;
  writeFileSync(file, `#!/bin/sh\nif [ "$1" = up ]; then ${up}; fi\nexec ${real} "$@"\n`);
  chmodSync(file, 0o755);
  return bin;
}

/** What has happened so far, as "before create chat-valkey-container", "after create chat-valkey-container" and "docker start NAME". */
class Happenings {
  readonly #log: string;
  readonly #docker: ChildProcess;
  readonly #seen: string[] = [];

  constructor(stack: string, log: string) {
    this.#log = log;
    const filter = ['--filter', `label=${labelOf(stack)}`, '--filter', 'type=container'];
    const format = ['--format', '{{.Action}} {{.Actor.Attributes.name}}'];
    this.#docker = spawn('docker', ['events', ...filter, ...format], { stdio: ['ignore', 'pipe', 'ignore'] });
    if (this.#docker.stdout) {
      createInterface({ input: this.#docker.stdout }).on('line', (line) => this.#seen.push(`docker ${line}`));
    }
  }

  get all(): readonly string[] {
    const text = existsSync(this.#log) ? readFileSync(this.#log, 'utf8') : '';
    // The last line may be half written.
    const events = text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as automation.EngineEvent);
    const name = (urn: string) => urn.split('::').at(-1);
    return [
      ...this.#seen,
      ...events.flatMap(({ resourcePreEvent: before, resOutputsEvent: after }) => [
        ...(before ? [`before ${before.metadata.op} ${name(before.metadata.urn)}`] : []),
        ...(after ? [`after ${after.metadata.op} ${name(after.metadata.urn)}`] : []),
      ]),
    ];
  }

  close(): void {
    this.#docker.kill('SIGKILL');
  }
}

/** A program that runs on a deployment, with what happens meanwhile. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly #happenings: Happenings;
  said = '';

  /** Starts a program in the folder of a deployment: by default `npm run up`. */
  constructor(
    life: Deployment,
    env: Record<string, string> = {},
    command: readonly string[] = ['node', 'bootstrap/run.mjs', 'up', '--stack', life.stack],
  ) {
    const log = join(life.dir, 'events.json');
    rmSync(log, { force: true });
    this.#happenings = new Happenings(life.stack, log);
    const path = `${logging(life.dir, log)}:${process.env['PATH']}`;
    const [program = '', ...args] = command;
    const child = spawn(program, args, {
      cwd: life.dir,
      env: { ...process.env, ...life.env, ...env, PATH: path },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (this.said += text));
    this.child = child;
    this.ended = new Promise((resolve) => child.on('close', resolve));
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /**
   * Waits for a moment: an event, or a text that the program prints.
   *
   * @throws Error when the program ends before.
   */
  async reach(moment: string | RegExp): Promise<void> {
    const come = () => (typeof moment === 'string' ? this.#happenings.all.includes(moment) : moment.test(this.said));
    await until(() => come() || this.child.exitCode !== null, Boolean, { seconds: 240, everyMs: 5 });
    if (!come()) throw new Error(`"${moment}" never came; instead:\n${this.#happenings.all.join('\n')}\n${this.said}`);
  }

  close(): void {
    this.#happenings.close();
    if (this.child.exitCode === null && this.child.signalCode === null) process.kill(-this.pid, 'SIGKILL');
  }
}

/** Starts `npm run up` and kills the victim as soon as `moment` has come; resolves when the command has ended. */
export async function upKilled(
  life: Deployment,
  env: Record<string, string>,
  { victim, moment }: { victim: Victim; moment: string },
): Promise<void> {
  const run = new Running(life, env);
  try {
    await run.reach(moment);
    if (victim === 'everything') process.kill(-run.pid, 'SIGKILL');
    else {
      const found = descendants(run.pid).filter(({ args }) => ARGUMENTS[victim].test(args));
      if (found.length === 0) {
        throw new Error(
          `no ${victim} among:\n${descendants(run.pid)
            .map(({ args }) => args.slice(0, 120))
            .join('\n')}\n${run.said}`,
        );
      }
      for (const one of found) process.kill(one.pid, 'SIGKILL');
    }
    const code = await run.ended;
    if (code === 0) throw new Error(`npm run up succeeded although its ${victim} was killed:\n${run.said}`);
  } finally {
    run.close();
  }
}
