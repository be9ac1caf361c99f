/**
 * Workloads as containers of one Docker host. The only place that makes containers, and that knows what @pulumi/docker does with
 * their arguments.
 */

import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { type Duration, toLogSize, toMebibytes, toSeconds } from '../../core/units.ts';
import { ownership } from './resources.ts';
import { checkScript, checkTimeout, type Healthcheck } from '../healthcheck.ts';
import type { Confinement, SecretFile, Task, VolumeMount, Workload } from '../workload.ts';

/**
 * Edits that the provider would store without doing anything to the container, and a start that failed: without these, the next
 * `pulumi up` would report success over a container that is not what the program says.
 */
const REPLACE_ON = ['#initerror', 'healthcheck', 'init', 'mounts', 'tmpfs'];

/** Room for the engine between the last check and its verdict, in seconds. */
const WAIT_MARGIN = 15;

/** A duration as Go prints it, the only spelling that the provider reads back unchanged: `"1m30s"`, `"30s"`, `"0s"`. */
export function goDuration(duration: Duration): string {
  const total = toSeconds(duration);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** A number of processors in the one spelling that the provider reads back unchanged: `"1.0"`, `"0.5"`, `"1.25"`. */
export const cpuText = (cpus: number): string => (Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus));

/** Seconds until a container that never becomes healthy has had all of its chances. */
const patience = ({ startPeriod, interval, attempt, retries }: Healthcheck, preparation: Duration = '0s') =>
  toSeconds(preparation) + toSeconds(startPeriod) + retries * (toSeconds(interval) + attempt.seconds) + WAIT_MARGIN;

/** What is the same for every container: what it is kept from, and what it may use up. */
const confined = ({ capabilities = [], memory, log }: Confinement) => ({
  // With the prefix: the provider sees a change in any other spelling.
  capabilities: { drops: ['ALL'], adds: capabilities.map((name) => `CAP_${name}`) },
  securityOpts: ['no-new-privileges:true'],
  memory: toMebibytes(memory),
  // Equal means no swap, and the provider takes a missing one for a change.
  memorySwap: toMebibytes(memory),
  logDriver: 'json-file',
  logOpts: { 'max-size': toLogSize(log.maxSize), 'max-file': String(log.maxFiles) },
  labels: ownership(),
});

const mounted = (volumes: readonly VolumeMount[]) =>
  volumes.map(({ name, path, readOnly }) => ({ volumeName: name, containerPath: path, ...(readOnly && { readOnly }) }));

const uploaded = (files: readonly SecretFile[]) =>
  files.map(({ path, content, owner }) => ({
    file: path,
    content,
    permissions: '0400',
    ...(owner && { owner: owner.user, group: owner.group }),
  }));

/** Gets an image, unless the engine has it; returns the reference by which containers name it. */
export function pullImage(name: string, reference: string, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  // Kept: another container may use it, and so does the next `up`.
  const args = { name: reference, keepLocally: true };
  // The reference rather than an id: the same on every engine, and readable in `docker ps`.
  return new docker.RemoteImage(`${name}-image`, args, pulumi.mergeOptions(opts, { retainOnDelete: true })).name;
}

/** Runs a workload as a container and waits until it is healthy; with `prepared`, after that task and again with it. */
export function runContainer(
  name: string,
  workload: Workload,
  { prepared, ...opts }: pulumi.CustomResourceOptions & { prepared?: docker.Container | undefined },
): docker.Container {
  const { healthcheck, stopGrace } = workload;
  return new docker.Container(
    `${name}-container`,
    {
      name: workload.containerName,
      image: workload.image,
      ...confined(workload),
      ...(workload.user && { user: workload.user }),
      ...(workload.readOnlyRoot && { readOnly: true, tmpfs: { ...workload.readOnlyRoot.tmpfs } }),
      ...(workload.entrypoint && { entrypoints: [...workload.entrypoint] }),
      command: pulumi.output(workload.command).apply((words) => [...words]),
      envs: Object.entries(workload.env ?? {}).map(([key, value]) => pulumi.interpolate`${key}=${value}`),
      uploads: uploaded(workload.secretFiles ?? []),
      networksAdvanced: workload.networks.map((one) => ({ name: one.name, aliases: [...(one.aliases ?? [])] })),
      volumes: mounted(workload.volumes),
      ports: (workload.publish ?? []).map((p) => ({ internal: p.containerPort, external: p.port, ip: p.address })),
      hosts: (workload.hostAliases ?? []).map((host) => ({ host, ip: 'host-gateway' })),
      ...(workload.cpus !== undefined && { cpus: cpuText(workload.cpus) }),
      // The engine's own first process: it takes care of orphans, and the check can end all but it.
      init: true,
      // All five: the provider takes what is missing for a change.
      healthcheck: {
        tests: ['CMD-SHELL', checkScript(healthcheck, stopGrace)],
        startPeriod: goDuration(healthcheck.startPeriod),
        interval: goDuration(healthcheck.interval),
        timeout: goDuration(checkTimeout(healthcheck, stopGrace)),
        retries: healthcheck.retries,
      },
      restart: 'unless-stopped',
      // The first counts for `docker stop`, the second when the provider removes the container; unset means SIGKILL at once.
      stopTimeout: toSeconds(stopGrace),
      destroyGraceSeconds: toSeconds(stopGrace),
      ...(prepared && {
        start: pulumi
          .all([prepared.name, prepared.exitCode])
          .apply(([task, exitCode]) => requireSuccess(workload.containerName, { name: task, exitCode })),
      }),
      wait: true,
      waitTimeout: patience(healthcheck, workload.preparation),
    },
    pulumi.mergeOptions(opts, {
      // The name is fixed, so the old container has to go first.
      deleteBeforeReplace: true,
      replaceOnChanges: REPLACE_ON,
      ...(prepared && { dependsOn: prepared, replaceWith: [prepared] }),
    }),
  );
}

/** @throws pulumi.RunError when a task did not end well: the provider takes every end for a good one. */
export function requireSuccess(what: string, task: { name: string; exitCode: number }): true {
  if (task.exitCode === 0) return true;
  throw new pulumi.RunError(
    `${what} was not started: ${task.name}, which prepares its volumes, ended with exit code ${task.exitCode}.\n` +
      `  why:    docker logs ${task.name}\n` +
      `  to do:  mend it, docker rm ${task.name}, and then npm run up (or pulumi up --refresh), which runs it again\n`,
  );
}

/** Runs a task as a container without network, and waits for its end. The container stays, for its log to be read. */
export function runTask(name: string, task: Task, opts: pulumi.CustomResourceOptions): docker.Container {
  return new docker.Container(
    `${name}-container`,
    {
      name: task.containerName,
      image: task.image,
      ...confined(task),
      entrypoints: [...task.entrypoint],
      command: [...task.command],
      uploads: uploaded(task.secretFiles),
      volumes: mounted(task.volumes),
      networkMode: 'none',
      restart: 'no',
      mustRun: false,
      attach: true,
    },
    pulumi.mergeOptions(opts, { deleteBeforeReplace: true, replaceOnChanges: REPLACE_ON }),
  );
}
