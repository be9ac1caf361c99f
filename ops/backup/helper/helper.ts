/** A container beside those of a stack, through which its volumes are read and written: by the engine alone, wherever that is. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { command } from '../../command.ts';
import { Failure } from '../../../core/errors.ts';
import { until } from '../../../core/until.ts';
import { inspect } from '../../../docker/health.ts';

export interface Volumes {
  /** Image with Python: the web UI's. */
  image: string;
  webuiVolume: string;
  valkeyVolume: string;
  /** Name of the helper, one for a stack, so that only one command at a time works on its data. */
  name: string;
  /** Labels of the stack's own containers, so that whoever clears up knows whose it is. */
  labels: Record<string, string>;
}

/**
 * Lives as long as its standard input: when this process ends, however it does, the helper ends as well, with all that runs in it, and the
 * engine removes it.
 */
const HOLD = 'import sys; print("ready", flush=True); sys.stdin.read()';

/** Ctrl-C is for this process, which decides what is to end and what to be finished. */
const ALONE = { detached: true } as const;

const confined = [
  ...[
    '--rm',
    '--interactive',
    '--no-healthcheck',
    '--pull',
    'never',
    '--network',
    'none',
    '--read-only',
    '--user',
    '0:0',
    '--memory',
    '1g',
  ],
  ...['--security-opt', 'no-new-privileges', '--cap-drop', 'ALL', '--cap-add', 'CHOWN', '--cap-add', 'DAC_OVERRIDE'],
];

const OWN_LABELS = ['com.pulumi.project', 'com.pulumi.stack'];

/** A program of the helper, under way. */
export interface Run {
  child: ChildProcessWithoutNullStreams;
  /** Comes when it has ended: the lines of JSON that it has said, in one object. Throws what it says is wrong. */
  ended: Promise<Record<string, unknown>>;
}

export interface Helper {
  /** Starts a Python program that stands beside this file. */
  start(program: string, ...args: string[]): Run;
}

async function hold({ name, image, webuiVolume, valkeyVolume, labels }: Volumes) {
  const args = [
    ...['run', '--name', name, ...confined],
    ...OWN_LABELS.flatMap((key) => (labels[key] ? ['--label', `${key}=${labels[key]}`] : [])),
    // One of its own for copies, which goes with the container.
    ...[
      '--volume',
      '/spool',
      '--volume',
      `${webuiVolume}:/volumes/webui`,
      '--volume',
      `${valkeyVolume}:/volumes/valkey`,
    ],
    ...['--entrypoint', 'python3', image, '-I', '-c', HOLD],
  ];
  const child = spawn('docker', args, ALONE);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stdin.on('error', () => {});
  const closed = once(child, 'close');
  closed.catch(() => {});
  const ready = await Promise.race([once(child.stdout, 'data').then(() => true), closed.then(() => false)]);
  return { child, closed, ready, said: () => said.trim() };
}

function run(container: string, program: string, args: readonly string[]): Run {
  const source = readFileSync(new URL(program, import.meta.url), 'utf8');
  const child = spawn('docker', ['exec', '--interactive', container, 'python3', '-I', '-c', source, ...args], ALONE);
  child.stdin.on('error', () => {});
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close').then(([code]) => {
    const facts: Record<string, unknown> = {};
    const other: string[] = [];
    for (const line of said.split('\n').filter(Boolean)) {
      if (line.startsWith('{')) Object.assign(facts, JSON.parse(line));
      else other.push(line);
    }
    if (facts['error'] !== undefined) throw new Error(String(facts['error']));
    if (code !== 0) throw new Error(`${program} ended with ${code}: ${other.at(-1) ?? 'the engine does not say why'}`);
    return facts;
  });
  ended.catch(() => {});
  return { child, ended };
}

/** Whether the engine has both volumes of a stack. */
export async function haveVolumes({
  webuiVolume,
  valkeyVolume,
}: Pick<Volumes, 'webuiVolume' | 'valkeyVolume'>): Promise<boolean> {
  return (await command('docker', ['volume', 'inspect', webuiVolume, valkeyVolume])).code === 0;
}

/**
 * Works on the volumes of a stack through a helper.
 *
 * @throws Failure when another command does so already.
 */
export async function withHelper<Result>(volumes: Volumes, work: (helper: Helper) => Promise<Result>): Promise<Result> {
  const { name, webuiVolume, valkeyVolume } = volumes;
  // Otherwise the engine would make them.
  if (!(await haveVolumes(volumes)))
    throw new Failure(`the engine lacks the volume ${webuiVolume} or ${valkeyVolume}`, 'npm run up makes it, empty');
  let held = await hold(volumes);
  if (!held.ready && /is already in use by container/.test(held.said())) {
    // That of a command that was killed takes a moment to notice.
    const busy = await until(
      async () => (await inspect(name))?.running === true,
      (running) => !running,
      { seconds: 15 },
    );
    if (busy) {
      throw new Failure(
        'a backup or a restore of this stack is under way',
        `wait for its end; if nobody runs one: docker rm --force --volumes ${name}`,
      );
    }
    // Left by an engine that was killed.
    await command('docker', ['rm', '--force', '--volumes', name]);
    held = await hold(volumes);
  }
  if (!held.ready) throw new Error(`no helper could be started: ${held.said().split('\n').at(-1)}`);
  try {
    return await work({ start: (program, ...args) => run(name, program, args) });
  } finally {
    held.child.stdin.end();
    await held.closed;
  }
}
