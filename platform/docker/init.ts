/**
 * Prepares the volumes of a server with a read-only root: its user gets them, and its secrets go into a volume of their own, because Docker
 * writes no files into a read-only root file system.
 */

import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { LOG_DRIVER } from '../../core/defaults.ts';
import { initContainerOf, secretsVolumeOf } from '../../core/names.ts';
import type { VolumeMount, Workload } from '../workload.ts';
import { confined, type Init, logged, mounted, REPLACE_ON, uploaded } from './containers.ts';
import { type Changes, createScratchVolume } from './networks.ts';

const SCRIPT = readFileSync(new URL('./init.sh', import.meta.url), 'utf8');

/** Whether a workload cannot start without preparation. */
export const needsInit = ({ readOnlyRoot, secretFiles = [], volumes }: Workload): boolean =>
  readOnlyRoot !== undefined &&
  (secretFiles.length > 0 || volumes.some(({ ownedFolder }) => ownedFolder !== undefined));

/** @throws pulumi.RunError when a task failed: the provider takes every exit for a success. */
export function requireSuccess(server: string, task: { name: string; exitCode: number }): true {
  if (task.exitCode === 0) return true;
  throw new pulumi.RunError(
    `${server} was not started: ${task.name}, which prepares its volumes, exited with code ${task.exitCode}.\n` +
      `  why:    docker logs ${task.name}\n` +
      `  to do:  fix the cause, docker rm ${task.name}, and then npm run up (or pulumi up --refresh), which runs it again\n`,
  );
}

/** The one folder of all secret files. */
function folderOf({ secretFiles = [] }: Workload): string | undefined {
  const folders = new Set(secretFiles.map(({ path }) => posix.dirname(path)));
  if (folders.size > 1)
    throw new RangeError(`secret files of one server share a folder, got ${[...folders].join(', ')}`);
  return [...folders][0];
}

/**
 * Runs the task that prepares a workload, and waits for its end. Its container stays, for its log to be read.
 *
 * @returns the task, and the workload as it is afterwards: with its secrets in a volume.
 */
export function prepare(
  name: string,
  workload: Workload,
  { image, changes }: { image: pulumi.Output<string>; changes: Changes },
  opts: pulumi.CustomResourceOptions,
): { init: Init; workload: Workload } {
  const folder = folderOf(workload);
  const secrets: VolumeMount[] =
    folder === undefined
      ? []
      : [
          {
            name: createScratchVolume(`${name}-secrets`, secretsVolumeOf(workload.name), changes.volume, opts).name,
            path: folder,
          },
        ];
  const owned = workload.volumes.filter(({ ownedFolder }) => ownedFolder !== undefined);
  const { user = '0', group = '0' } = workload.user ?? {};
  // Its log is the only one to say why it failed, whatever the server does with its own.
  const log = { driver: LOG_DRIVER, maxSize: workload.log.maxSize, maxFiles: workload.log.maxFiles };
  const args: docker.ContainerArgs = {
    name: initContainerOf(workload.name),
    image,
    ...confined('init', { capabilities: ['CHOWN', 'DAC_OVERRIDE'], memory: '256 MiB', log }),
    entrypoints: ['/bin/sh', '-c', SCRIPT, 'init'],
    command: [`${user}:${group}`, ...owned.flatMap(({ path, ownedFolder = '' }) => [path, ownedFolder])],
    uploads: uploaded(workload.secretFiles, workload.user),
    volumes: mounted([...owned, ...secrets]),
    networkMode: 'none',
    restart: 'no',
    mustRun: false,
    attach: true,
  };
  const task = new docker.Container(
    `${name}-init-container`,
    changes.container(args, `${name}-init-container`),
    pulumi.mergeOptions(opts, { ...logged({ log }), deleteBeforeReplace: true, replaceOnChanges: REPLACE_ON }),
  );
  const succeeded = pulumi
    .all([task.name, task.exitCode])
    .apply(([container, exitCode]) => requireSuccess(workload.name, { name: container, exitCode }));
  return {
    init: { task, succeeded },
    workload: {
      ...workload,
      secretFiles: [],
      volumes: [...workload.volumes, ...secrets.map((mount) => ({ ...mount, readOnly: true }))],
    },
  };
}
