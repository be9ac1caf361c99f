/** Workloads as containers. The only file that creates containers, and that knows what @pulumi/docker does with their arguments. */

import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { ROTATING_DRIVERS } from '../../core/defaults.ts';
import type { Role } from '../../core/labels.ts';
import { gpuText, ulimitList } from '../../core/limits.ts';
import { type Duration, toLogSize, toMebibytes, toSeconds } from '../../core/units.ts';
import { canonical } from '../../core/urls.ts';
import { HOST_GATEWAY } from '../../core/webui.ts';
import { checkCommand, checkTimeout, engineInterval, patience } from '../healthcheck.ts';
import type { Mount, User, Workload } from '../workload.ts';
import { type Change, providerLabels } from './networks.ts';

/** Pulumi's own key for a resource that exists but failed to initialize: a container that did not become healthy. */
export const INIT_ERROR = '#initerror';

/**
 * Edits that the provider would store without doing anything to the container, and a start that failed: without these, the next
 * `pulumi up` would report success over a container that is not what the program says.
 */
export const REPLACE_ON = [INIT_ERROR, 'healthcheck', 'init', 'mounts', 'tmpfs'];

/** A duration as Go prints it, the only spelling that the provider reads back unchanged: `"1m30s"`, `"30s"`, `"0s"`. */
export function goDuration(duration: Duration): string {
  const total = toSeconds(duration);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}

/** A number of processors in the one spelling that the provider reads back unchanged: `"1.0"`, `"0.5"`, `"1.25"`. */
export const cpuText = (cpus: number): string => (Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus));

const logOptions = ({ driver, options, maxSize, maxFiles }: Workload['log']) => ({
  ...options,
  ...(ROTATING_DRIVERS.includes(driver) && {
    'max-size': toLogSize(maxSize),
    'max-file': String(maxFiles),
    // The engine cannot start a container with one file where its own configuration has compression.
    ...(maxFiles === 1 && { compress: 'false' }),
  }),
});

/**
 * Options that make Pulumi replace a container only when its inputs change. `ignored` is left out of Pulumi's comparison: the engine reports
 * values that differ from the inputs, which the provider would take for a change at every update. `trigger` holds those inputs instead; another
 * value replaces the container, and the first one is only recorded.
 */
const replacedBy = (trigger: Record<string, unknown>, ignored: string[]): pulumi.CustomResourceOptions => ({
  ignoreChanges: ignored,
  replacementTrigger: trigger,
});

/** For every container: the engine adds the options of its own configuration to a log (compress, labels, tag). */
export const logged = ({ log }: Pick<Workload, 'log'>): pulumi.CustomResourceOptions =>
  replacedBy({ log: logTrigger(log) }, ['logOpts']);

/** The part of a log's settings whose change replaces the container. The provider itself detects a change of the driver. */
const logTrigger = ({ maxSize, maxFiles, options }: Workload['log']) => [
  toLogSize(maxSize),
  maxFiles,
  ...(options ? [options] : []),
];

const hostsOf = ({ hostAliases = [], extraHosts = {} }: Workload) => [
  ...hostAliases.map((host) => ({ host, ip: HOST_GATEWAY })),
  ...Object.entries(extraHosts).map(([host, address]) => ({ host, ip: canonical(address) })),
];

/** The isolation and the limits of every container. */
export const confined = (
  role: Role,
  { capabilities = [], memory, log, labels }: Pick<Workload, 'capabilities' | 'memory' | 'log' | 'labels'>,
) => ({
  // With the prefix: the provider sees a change in any other spelling.
  capabilities: { drops: ['ALL'], adds: capabilities.map((name) => `CAP_${name}`) },
  securityOpts: ['no-new-privileges:true'],
  memory: toMebibytes(memory),
  // Equal means no swap, and the provider takes a missing one for a change.
  memorySwap: toMebibytes(memory),
  logDriver: log.driver,
  logOpts: logOptions(log),
  labels: providerLabels(role, labels),
});

/**
 * Volumes and host paths at their mount points. Paths do not use the provider's `volumes`: for those, the engine creates a missing path as an
 * empty folder of root, also whenever the container starts without the disk that holds it.
 */
export function mounted(all: readonly Mount[]): Pick<docker.ContainerArgs, 'volumes' | 'mounts'> {
  const readOnlyOf = ({ readOnly }: Mount) => readOnly && { readOnly };
  const mounts = all.flatMap((one) =>
    'source' in one ? [{ type: 'bind', source: one.source, target: one.path, ...readOnlyOf(one) }] : [],
  );
  return {
    volumes: all.flatMap((one) =>
      'source' in one ? [] : [{ volumeName: one.name, containerPath: one.path, ...readOnlyOf(one) }],
    ),
    ...(mounts.length > 0 && { mounts }),
  };
}

/** Secret files as uploads, which `docker inspect` does not show. */
export const uploaded = (files: Workload['secretFiles'] = [], owner?: User) =>
  files.map(({ path, content }) => ({
    file: path,
    content,
    permissions: '0400',
    ...(owner && { owner: owner.user, group: owner.group }),
  }));

/** A task that has to finish before a container starts. */
export interface Init {
  /** The task's container; a new one requires a new server. */
  task: docker.Container;
  /** True once it has succeeded. */
  succeeded: pulumi.Output<boolean>;
}

/** For a server. */
function steady(workload: Workload, ports: docker.ContainerArgs['ports']): pulumi.CustomResourceOptions {
  const { log, imageId, publish = [], gpus } = workload;
  // An engine reports the addresses of one port in another order.
  const several = publish.length > 1;
  // The provider reads an IPv6 address up to its first colon.
  const hosts = hostsOf(workload);
  const isIPv6 = hosts.some(({ ip }) => ip.includes(':'));
  return replacedBy(
    {
      log: logTrigger(log),
      ...(several && { ports }),
      // The reference stays the same when a tag is pulled again.
      ...(imageId !== undefined && { imageId }),
      ...(isIPv6 && { hosts }),
      ...(gpus !== undefined && { gpus }),
    },
    // How long an update waits must not replace anything.
    [
      ...['logOpts', 'waitTimeout'],
      ...(several ? ['ports'] : []),
      ...(isIPv6 ? ['hosts'] : []),
      // The provider reads any GPU back as all of them.
      ...(gpus === undefined ? [] : ['gpus']),
    ],
  );
}

/** Runs a workload as a container and waits until it is healthy. */
export function runContainer(
  name: string,
  workload: Workload,
  {
    image,
    init,
    ready,
    change,
  }: {
    image: pulumi.Output<string>;
    init?: Init | undefined;
    /** True once everything else that it needs exists. */
    ready?: pulumi.Output<boolean> | undefined;
    change: Change<docker.ContainerArgs>;
  },
  opts: pulumi.CustomResourceOptions,
): docker.Container {
  const { check, healthcheck, stopGrace } = workload;
  const args: docker.ContainerArgs = {
    name: workload.name,
    image,
    ...confined('server', workload),
    ...(workload.user && { user: `${workload.user.user}:${workload.user.group}` }),
    ...(workload.readOnlyRoot && { readOnly: true, tmpfs: { ...workload.readOnlyRoot.tmpfs } }),
    ...(workload.entrypoint && { entrypoints: [...workload.entrypoint] }),
    command: pulumi.output(workload.command).apply((words) => [...words]),
    envs: Object.entries(workload.env ?? {}).map(([key, value]) => pulumi.interpolate`${key}=${value}`),
    uploads: uploaded(workload.secretFiles),
    networksAdvanced: workload.networks.map(({ name, aliases = [], ipv4, ipv6 }) => ({
      name,
      aliases: [...aliases],
      ...(ipv4 !== undefined && { ipv4Address: ipv4 }),
      ...(ipv6 !== undefined && { ipv6Address: ipv6 }),
    })),
    ...mounted(workload.mounts),
    ports: (workload.publish ?? []).map((p) => ({ internal: p.targetPort, external: p.port, ip: p.address })),
    hosts: hostsOf(workload),
    ...(workload.hostname !== undefined && { hostname: workload.hostname }),
    ...(workload.ulimits && { ulimits: ulimitList(workload.ulimits) }),
    ...(workload.sysctls && { sysctls: { ...workload.sysctls } }),
    ...(workload.gpus !== undefined && { gpus: gpuText(workload.gpus) }),
    ...(workload.cpus !== undefined && { cpus: cpuText(workload.cpus) }),
    // The engine's init process: it reaps orphans, and the health check can kill everything but it.
    init: true,
    // All five: the provider takes a missing one for a change.
    healthcheck: {
      tests: ['CMD', ...checkCommand(check, healthcheck, stopGrace)],
      startPeriod: goDuration(healthcheck.startPeriod),
      interval: goDuration(engineInterval(healthcheck)),
      timeout: goDuration(checkTimeout(check, healthcheck, stopGrace)),
      retries: healthcheck.retries,
    },
    restart: 'unless-stopped',
    // The first counts for `docker stop`, the second when the provider removes the container; unset means SIGKILL at once.
    stopTimeout: toSeconds(stopGrace),
    destroyGraceSeconds: toSeconds(stopGrace),
    ...(init || ready
      ? { start: pulumi.all([init?.succeeded ?? true, ready ?? true]).apply((all) => all.every(Boolean)) }
      : {}),
    wait: true,
    waitTimeout: patience(check, healthcheck, workload.extraStartTime),
  };
  const changed = change(args, `${name}-container`);
  return new docker.Container(
    `${name}-container`,
    changed,
    pulumi.mergeOptions(opts, {
      ...steady(workload, changed.ports),
      // The name is fixed, so the old container has to go first.
      deleteBeforeReplace: true,
      replaceOnChanges: REPLACE_ON,
      ...(init && { dependsOn: init.task, replaceWith: [init.task] }),
    }),
  );
}
