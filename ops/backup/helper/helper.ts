/** A container beside those of a stack, through which its data is read and written: by the engine alone, wherever that is. */

import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { RemoteError, UserError } from '../../../core/errors.mjs';
import {
  belongsTo,
  filtersOf,
  labelsOf,
  OPERATION_LABEL,
  type Operation,
  type Owner,
  ownerOf,
  ROLE_LABEL,
  type Role,
} from '../../../core/labels.ts';
import { type Storage, storageText } from '../../../core/storage.ts';
import { until } from '../../../core/until.ts';
import { HOST_ALIAS, HOST_GATEWAY } from '../../../core/webui.ts';
import type { Docker } from '../../../docker/client.ts';
import { presentData } from '../../../docker/data.ts';
import { type Container, inspectContainer } from '../../../docker/inspect.ts';
import { mountArgs } from '../../../docker/mountArgs.ts';
import type { Commands } from '../../../settings/origin.ts';

const ROLE: Role = 'archive';

/** Folder of the helper for copies; it goes with the container. */
export const SPOOL = '/spool';

/** Where the helper has the data of a part. */
export const volumeIn = (part: string): string => `/volumes/${part}`;

export interface HelperOptions {
  docker: Docker;
  /** The stack, for the helper's labels. */
  owner: Owner;
  operation: Operation;
  /** Name of the helper, one for a stack, so that only one command at a time works on its data. */
  name: string;
  /** Image with Python: the web UI's. */
  image: string;
  /** Where the data of each part is. Without all of it there is no helper. */
  data: Readonly<Record<string, Storage>>;
  /** What people run on the stack, for the words of errors. */
  commands: Pick<Commands, 'up'>;
  /** Networks that it joins, which exist. Default: none */
  networks?: readonly string[];
  /** Its memory, as Docker takes it. Default: 1 GiB */
  memory?: string;
}

/**
 * Lives as long as its standard input: when this process ends, however it does, the helper ends as well, with all that runs in it, and the
 * engine removes it.
 */
const HOLD = 'import sys; print("ready", flush=True); sys.stdin.read()';

/** Ctrl-C is for this process, which decides what to end and what to finish. */
const ALONE = { detached: true } as const;

const CONFINED = [
  ...['--rm', '--interactive', '--no-healthcheck', '--pull', 'never', '--read-only'],
  ...['--user', '0:0', '--security-opt', 'no-new-privileges'],
  ...['--cap-drop', 'ALL', '--cap-add', 'CHOWN', '--cap-add', 'DAC_OVERRIDE'],
];

/** How long the helper of a command that was killed takes at most to notice. */
const NOTICE_SECONDS = 15;

/** A program of the helper, under way. */
export interface Run {
  child: ChildProcessWithoutNullStreams;
  /** Resolves when it has ended: the lines of JSON on its standard error, as one object. Throws the error among them. */
  ended: Promise<Record<string, unknown>>;
}

export interface Helper {
  /** The parts whose data it has. */
  parts: readonly string[];
  /** Starts a Python program of this folder, or of any other. */
  start(program: string | URL, ...args: string[]): Run;
  /** Runs one to its end, without input. */
  run(program: string, ...args: string[]): Promise<Record<string, unknown>>;
}

async function hold({ docker, owner, operation, name, image, data, networks = [], memory = '1g' }: HelperOptions) {
  const labels = { ...labelsOf(owner, ROLE), [OPERATION_LABEL]: operation };
  const [first] = networks;
  const args = [
    ...['run', '--name', name, ...CONFINED, '--memory', memory],
    ...(first ? ['--network', first, '--add-host', `${HOST_ALIAS}:${HOST_GATEWAY}`] : ['--network', 'none']),
    ...Object.entries(labels).flatMap(([label, value]) => ['--label', `${label}=${value}`]),
    ...['--volume', SPOOL],
    ...Object.entries(data).flatMap(([part, storage]) => mountArgs(storage, volumeIn(part))),
    ...['--entrypoint', 'python3', image, '-I', '-c', HOLD],
  ];
  const child = docker.start(args, ALONE);
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {});
  const closed = once(child, 'close');
  closed.catch(() => {});
  const ready = await Promise.race([once(child.stdout, 'data').then(() => true), closed.then(() => false)]);
  return { child, closed, ready, stderr: () => stderr.trim() };
}

function start(docker: Docker, container: string, program: string | URL, args: readonly string[]): Run {
  const source = readFileSync(new URL(program, import.meta.url), 'utf8');
  const child = docker.start(['exec', '--interactive', container, 'python3', '-I', '-c', source, ...args], ALONE);
  child.stdin.on('error', () => {});
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code]) => {
    const facts: Record<string, unknown> = {};
    const other: string[] = [];
    for (const line of stderr.split('\n').filter(Boolean)) {
      if (line.startsWith('{')) Object.assign(facts, JSON.parse(line));
      else other.push(line);
    }
    if (facts['error'] !== undefined) throw new RemoteError(String(facts['error']));
    if (code !== 0)
      throw new RemoteError(
        `${basename(String(program))} ended with ${code}: ${other.at(-1) ?? 'the engine does not say why'}`,
      );
    return facts;
  });
  ended.catch(() => {});
  return { child, ended };
}

function run(docker: Docker, container: string, program: string, args: readonly string[]) {
  const { child, ended } = start(docker, container, program, args);
  child.stdin.end();
  child.stdout.resume();
  return ended;
}

/** Whether the engine has all data of a stack. */
export const haveData = async ({ docker, data }: Pick<HelperOptions, 'docker' | 'data'>): Promise<boolean> =>
  Object.keys(await presentData(docker, data)).length === Object.keys(data).length;

/** @throws UserError when a container that has the helper's name is none of this stack's. */
function requireOurs({ Config: { Labels } }: Container, { name, owner }: HelperOptions): void {
  if (Labels?.[ROLE_LABEL] === ROLE && belongsTo(Labels, owner)) return;
  const other = ownerOf(Labels);
  throw new UserError(
    `the container ${name} is not a helper of this stack${other ? `, but of the stack ${other.stack} of ${other.project}` : ''}: it was not touched, and no backup or restore can run next to it`,
    `give one of the two another name: docker rename ${name} NAME, or webui.name in the stack file`,
  );
}

/**
 * Waits until the helper of a command that was killed is gone, and removes what an engine that was killed has left.
 *
 * @throws UserError when another command works, and when something else has the name.
 */
async function requireNameFree(options: HelperOptions): Promise<void> {
  const { docker, name } = options;
  const last = await until(
    () => inspectContainer(docker, name),
    (container) => {
      if (container) requireOurs(container, options);
      return !container?.State.Running;
    },
    { seconds: NOTICE_SECONDS },
  );
  if (last?.State.Running) {
    throw new UserError(
      'a backup, a restore or a move of the database of this stack is in progress',
      `wait until it has ended; if none is running: docker rm --force --volumes ${name}`,
    );
  }
  // By its id: the name may have gone to another one. The engine may be removing it at this moment.
  if (last) await docker.capture(['rm', '--force', '--volumes', last.Id]);
}

/**
 * Works on the data of a stack through a helper.
 *
 * @throws UserError when another command does so already. @throws RemoteError when the engine starts no helper.
 */
export async function withHelper<Result>(
  options: HelperOptions,
  work: (helper: Helper) => Promise<Result>,
): Promise<Result> {
  const { docker, name, data, commands, networks = [] } = options;
  // Otherwise the engine would make volumes.
  if (!(await haveData(options)))
    throw new UserError(
      `the engine lacks the ${Object.values(data).map(storageText).join(' or the ')}`,
      `${commands.up} creates an empty volume; for a folder, mount its disk`,
    );
  let held = await hold(options);
  if (!held.ready && /is already in use by container/.test(held.stderr())) {
    await requireNameFree(options);
    held = await hold(options);
  }
  if (!held.ready) throw new RemoteError(`no helper could be started: ${held.stderr().split('\n').at(-1)}`);
  try {
    for (const network of networks.slice(1)) await docker.run(['network', 'connect', network, name]);
    return await work({
      parts: Object.keys(options.data),
      start: (program, ...args) => start(docker, name, program, args),
      run: (program, ...args) => run(docker, name, program, args),
    });
  } finally {
    held.child.stdin.end();
    await held.closed;
  }
}

/** Whether a restore of a stack is in progress. */
export async function isRestoring(docker: Docker, owner: Owner): Promise<boolean> {
  const operation: Operation = 'restore';
  const filters = [...filtersOf(owner, ROLE), '--filter', `label=${OPERATION_LABEL}=${operation}`];
  return (await docker.run(['ps', '--quiet', ...filters])).trim() !== '';
}
