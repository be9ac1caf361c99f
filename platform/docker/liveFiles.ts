/** Files that a server reloads while it runs: they are in a separate volume, and a separate task puts them there. */

import { readFileSync } from 'node:fs';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { liveFilesOf } from '../../core/names.ts';
import { connect } from '../../docker/client.ts';
import type { LiveFiles, Workload } from '../workload.ts';
import { confined, logged, mounted, REPLACE_ON } from './containers.ts';
import { type Changes, createScratchVolume } from './networks.ts';
import { endpointOf } from './provider.ts';

const SCRIPT = readFileSync(new URL('./liveFiles.sh', import.meta.url), 'utf8');

/** Where the task mounts the volume. The new files are in the folder itself, so that they are validated at the path where they are read. */
const VOLUME = '/live';

/** How long to wait for a server to reload its files, in milliseconds. */
const TIMEOUT = 60_000;

/** @throws pulumi.RunError when the new files cannot be used: the provider takes every exit for a success. */
export function requireUsable(server: string, task: { name: string; exitCode: number }): true {
  if (task.exitCode === 0) return true;
  throw new pulumi.RunError(
    `${server} keeps the configuration that it has: ${task.name}, which checks the new one, exited with code ${task.exitCode}.\n` +
      `  why:    docker logs ${task.name}\n` +
      `  to do:  correct the setting, and update again\n`,
  );
}

/** Makes a server reload its files. @throws pulumi.RunError when it rejects them; it then keeps the old ones. */
async function readAgain(near: pulumi.Resource, name: string, { reload }: LiveFiles): Promise<string> {
  const engine = connect(await endpointOf(near));
  const { code, stderr } = await engine.capture(['exec', name, ...reload], { timeout: TIMEOUT });
  if (code === 0) return name;
  throw new pulumi.RunError(
    `${name} keeps its old configuration: it rejects the new one.\n` +
      `  it says:  ${stderr.trim().split('\n').at(-1)}\n` +
      `  to do:    docker logs --tail 50 ${name} has more; the next update tries again\n`,
  );
}

/** The result for a workload with such files. */
interface Provided {
  workload: Workload;
  /** True once they are where the server looks for them; undefined if there are none. */
  ready?: pulumi.Output<boolean>;
  /** Makes the running server's container, on the engine of the resource `near`, reload them, then returns its name. */
  reload(near: pulumi.Resource, running: pulumi.Output<string>): pulumi.Output<string>;
}

/**
 * Registers the volume and the task, if a workload has such files. The task is replaced when one of them changes, and the server is not: it
 * reads them again. Every update has it do so, in case the last one was killed before that; for what is unchanged that does nothing.
 */
export function provideFiles(
  name: string,
  workload: Workload,
  { image, changes }: { image: pulumi.Output<string>; changes: Changes },
  opts: pulumi.CustomResourceOptions,
): Provided {
  const { liveFiles: live } = workload;
  if (!live) return { workload, reload: (_, running) => running };
  const { user = '0', group = '0' } = workload.user ?? {};
  const own = liveFilesOf(workload.name);
  const volume = createScratchVolume(`${name}-files`, own, changes.volume, opts).name;
  const args: docker.ContainerArgs = {
    name: own,
    image,
    // Those of the server as well: its program may not even start without them.
    ...confined('init', {
      capabilities: [...new Set(['CHOWN', 'DAC_OVERRIDE', ...(workload.capabilities ?? [])] as const)],
      memory: '256 MiB',
      log: workload.log,
    }),
    user: '0:0',
    entrypoints: ['/bin/sh', '-c', SCRIPT, 'live-files'],
    command: [`${user}:${group}`, live.folder, VOLUME, ...live.check],
    uploads: live.files.apply((files) =>
      Object.entries(files).map(([file, content]) => ({
        file: `${live.folder}/${file}`,
        content,
        permissions: '0400',
      })),
    ),
    ...mounted([{ name: volume, path: VOLUME }]),
    networkMode: 'none',
    restart: 'no',
    mustRun: false,
    attach: true,
  };
  const task = new docker.Container(
    `${name}-files-container`,
    changes.container(args, `${name}-files-container`),
    pulumi.mergeOptions(opts, { ...logged(workload), deleteBeforeReplace: true, replaceOnChanges: REPLACE_ON }),
  );
  const ready = pulumi
    .all([task.name, task.exitCode])
    .apply(([container, exitCode]) => requireUsable(workload.name, { name: container, exitCode }));
  return {
    workload: {
      ...workload,
      mounts: [...workload.mounts, { name: volume, path: live.folder, readOnly: true }],
    },
    ready,
    reload: (near, running) =>
      pulumi
        .all([running, task.id, ready])
        .apply(async ([container]) => (pulumi.runtime.isDryRun() ? container : readAgain(near, container, live))),
  };
}
