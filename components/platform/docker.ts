/**
 * Workloads as containers of one Docker host. The only place that makes networks, volumes and containers, and that knows what
 * @pulumi/docker does with their arguments.
 */

import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { type Duration, toLogSize, toMebibytes, toSeconds } from '../units.ts';
import type { Healthcheck, Workload } from './workload.ts';

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
const patience = ({ startPeriod, interval, timeout, retries }: Healthcheck) =>
  toSeconds(startPeriod) + retries * (toSeconds(interval) + toSeconds(timeout)) + WAIT_MARGIN;

/** Marks what belongs to this stack, on the engine itself. */
const ownership = () => [
  { label: 'com.pulumi.project', value: pulumi.getProject() },
  { label: 'com.pulumi.stack', value: pulumi.getStack() },
];

/** Whether the engine has a network of that name; throws when the engine does not answer. */
export async function networkExists(name: string): Promise<boolean> {
  try {
    await docker.getNetwork({ name });
    return true;
  } catch (error) {
    if (String(error).includes('not found')) return false;
    throw error;
  }
}

/** Makes a bridge network. */
export function createNetwork(
  name: string,
  args: { name: string },
  opts: pulumi.CustomResourceOptions,
): docker.Network {
  return new docker.Network(
    name,
    { name: args.name, driver: 'bridge', labels: ownership() },
    // The provider replaces a network for a changed label, and with it every container that is attached.
    pulumi.mergeOptions(opts, { ignoreChanges: ['labels'] }),
  );
}

/** Makes a volume, or takes the one that a `destroy` has left. It outlives the stack: nothing here deletes data. */
export function createVolume(
  name: string,
  args: { name: string; protect: boolean },
  opts: pulumi.CustomResourceOptions,
): docker.Volume {
  return new docker.Volume(
    name,
    { name: args.name, labels: ownership() },
    pulumi.mergeOptions(opts, {
      retainOnDelete: true,
      protect: args.protect,
      // A change of any of these would replace the volume, that is: start with an empty one.
      ignoreChanges: ['labels', 'driver', 'driverOpts'],
    }),
  );
}

/** Runs a workload as a container and waits until it is healthy. */
export function runContainer(name: string, workload: Workload, opts: pulumi.CustomResourceOptions): docker.Container {
  const image = new docker.RemoteImage(
    `${name}-image`,
    // Kept: another container may use it, and so does the next `up`.
    { name: workload.image, keepLocally: true },
    { ...(opts.parent ? { parent: opts.parent } : {}), retainOnDelete: true },
  );
  const { healthcheck } = workload;
  const memory = toMebibytes(workload.memory);
  return new docker.Container(
    `${name}-container`,
    {
      name: workload.containerName,
      // The reference rather than an id: the same on every engine, and readable in `docker ps`.
      image: image.name,
      ...(workload.entrypoint && { entrypoints: [...workload.entrypoint] }),
      command: pulumi.output(workload.command).apply((words) => [...words]),
      envs: Object.entries(workload.env ?? {}).map(([key, value]) => pulumi.interpolate`${key}=${value}`),
      uploads: (workload.secretFiles ?? []).map(({ path, content }) => ({ file: path, content, permissions: '0400' })),
      networksAdvanced: [{ name: workload.network.name, aliases: [...(workload.network.aliases ?? [])] }],
      volumes: [{ volumeName: workload.volume.name, containerPath: workload.volume.path }],
      ports: (workload.publish ?? []).map((p) => ({ internal: p.containerPort, external: p.port, ip: p.address })),
      hosts: (workload.hostAliases ?? []).map((host) => ({ host, ip: 'host-gateway' })),
      // With the prefix: the provider sees a change in any other spelling.
      capabilities: { drops: ['ALL'], adds: (workload.capabilities ?? []).map((name) => `CAP_${name}`) },
      securityOpts: ['no-new-privileges:true'],
      memory,
      // Equal means no swap, and the provider takes a missing one for a change.
      memorySwap: memory,
      ...(workload.cpus !== undefined && { cpus: cpuText(workload.cpus) }),
      init: workload.init ?? false,
      // All five: the provider takes what is missing for a change.
      healthcheck: {
        tests: 'shell' in healthcheck.test ? ['CMD-SHELL', healthcheck.test.shell] : ['CMD', ...healthcheck.test.exec],
        startPeriod: goDuration(healthcheck.startPeriod),
        interval: goDuration(healthcheck.interval),
        timeout: goDuration(healthcheck.timeout),
        retries: healthcheck.retries,
      },
      logDriver: 'json-file',
      logOpts: { 'max-size': toLogSize(workload.log.maxSize), 'max-file': String(workload.log.maxFiles) },
      restart: 'unless-stopped',
      labels: ownership(),
      // The first counts for `docker stop`, the second when the provider removes the container; unset means SIGKILL at once.
      stopTimeout: toSeconds(workload.stopGrace),
      destroyGraceSeconds: toSeconds(workload.stopGrace),
      wait: true,
      waitTimeout: patience(healthcheck),
    },
    // The name is fixed, so the old container has to go first.
    pulumi.mergeOptions(opts, { deleteBeforeReplace: true, replaceOnChanges: REPLACE_ON }),
  );
}
