/**
 * Prepares a server's data for its user, and puts the secrets of a server with a read-only root into a separate volume, because Docker cannot
 * upload files into a read-only root file system.
 */

import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { LOG_DRIVER } from '../../core/defaults.ts';
import { initContainerOf, secretsVolumeOf } from '../../core/names.ts';
import type { Mount, VolumeMount, Workload } from '../workload.ts';
import { confined, type Init, logged, mounted, REPLACE_ON, uploaded } from './containers.ts';
import { type Changes, createScratchVolume } from './networks.ts';

const SCRIPT = readFileSync(new URL('./init.sh', import.meta.url), 'utf8');

const isOwned = ({ ownedFolder }: Mount): boolean => ownedFolder !== undefined;

/** Whether a workload cannot start without preparation. */
export const needsInit = ({ readOnlyRoot, secretFiles = [], mounts }: Workload): boolean =>
  (readOnlyRoot !== undefined && secretFiles.length > 0) || mounts.some(isOwned);

/** @throws pulumi.RunError when a task failed: the provider takes every exit for a success. */
export function requireSuccess(server: string, task: { name: string; exitCode: number }): true {
  if (task.exitCode === 0) return true;
  throw new pulumi.RunError(
    `${server} was not started: ${task.name}, which prepares its volumes, exited with code ${task.exitCode}.\n` +
      `  why:    docker logs ${task.name}\n` +
      `  to do:  fix the cause, docker rm ${task.name}, and then pulumi up --refresh, which runs it again\n`,
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
 * Runs the task that prepares a workload, and waits for it to finish. Its container stays, so that its log can be read.
 *
 * @returns the task, and the workload with its secrets in a volume.
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
  // To a task with a user of its own every upload belongs.
  const owned = [...workload.mounts.filter(isOwned), ...(workload.imageHasUser ? secrets : [])];
  const { user = '0', group = '0' } = owned.find(({ owner }) => owner)?.owner ?? workload.user ?? {};
  // Only its log says why it failed, so it is always readable, whatever the server's log driver is.
  const log = { driver: LOG_DRIVER, maxSize: workload.log.maxSize, maxFiles: workload.log.maxFiles };
  const args: docker.ContainerArgs = {
    name: initContainerOf(workload.name),
    image,
    ...confined('init', { capabilities: ['CHOWN', 'DAC_OVERRIDE'], memory: '256 MiB', log }),
    // By its name: with an owner for uploads, the engine looks up on its host whatever stands here.
    ...(workload.imageHasUser && { user: 'root' }),
    entrypoints: ['/bin/sh', '-c', SCRIPT, 'init'],
    // The provider rejects an empty argument.
    command: [`${user}:${group}`, ...owned.flatMap(({ path, ownedFolder }) => [path, ownedFolder || '.'])],
    uploads: uploaded(workload.secretFiles, workload.user),
    ...mounted([...new Set([...owned, ...secrets])]),
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
      mounts: [...workload.mounts, ...secrets.map((mount) => ({ ...mount, readOnly: true }))],
    },
  };
}
