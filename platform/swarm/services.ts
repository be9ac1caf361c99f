/** Workloads as services. The only file that creates services, and that knows what @pulumi/docker does with their arguments. */

import { createHash } from 'node:crypto';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { ROTATING_DRIVERS } from '../../core/defaults.ts';
import { ENV_PROGRAM } from '../../core/environment.ts';
import { EDITION_LABEL, labelsOf, REVISION_LABEL } from '../../core/labels.ts';
import { toLogSize, toMebibytes, toSeconds } from '../../core/units.ts';
import { providerLabels } from '../docker/networks.ts';
import type { Mount, Reservation, Workload } from '../workload.ts';
import { revisionOf } from './front.ts';
import { healthcheckOf, shortDuration, spelled, usualPatience } from './healthcheck.ts';
import type { Fixed } from './replacement.ts';
import { secretsOf } from './secrets.ts';

/** Time after which a task that has started counts as one that stays. */
const MONITOR = '5s';

/** Time between the end of one task's change and the next one's. */
const DELAY = '2s';

/** Whether Swarm has to take a reference for another program than before, though it reads the same: a number that follows from the image's id. */
export const forceOf = (imageId: string | undefined): number =>
  imageId === undefined ? 0 : createHash('sha256').update(imageId).digest().readUInt32BE(0) >>> 1;

/** Size and mode among the options of a folder in memory; Swarm keeps it from devices and programs by itself, and takes no sticky bit. */
function inMemory(options: string) {
  const [, count, unit = ''] = /(?:^|,)size=(\d+)([kmg]?)/i.exec(options) ?? [];
  const power = ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
  return { mode: 0o777, ...(count !== undefined && { sizeBytes: Number(count) * 1024 ** power }) };
}

const mountsOf = (mounts: readonly Mount[], tmpfs: Readonly<Record<string, string>> = {}) => [
  ...mounts.map((one) => ({
    ...('source' in one ? { type: 'bind', source: one.source } : { type: 'volume', source: one.name }),
    target: one.path,
    readOnly: one.readOnly ?? false,
  })),
  ...Object.entries(tmpfs).map(([target, options]) => ({ type: 'tmpfs', target, tmpfsOptions: inMemory(options) })),
];

/** @throws RangeError for what a service cannot have. */
function requirePossible({ name, env, entrypoint, gpus, ulimits, networks }: Workload): void {
  const missing = [
    // Its variables stand before it.
    ...(env && Object.keys(env).length > 0 && !entrypoint ? ['variables without an entrypoint'] : []),
    ...(gpus === undefined ? [] : ['GPUs']),
    ...(ulimits === undefined ? [] : ['ulimits']),
    ...(networks.some(({ ipv4, ipv6 }) => (ipv4 ?? ipv6) !== undefined) ? ['fixed addresses'] : []),
  ];
  if (missing.length > 0)
    throw new RangeError(`a service of Swarm has no ${missing.join(' and no ')}, got some for ${name}`);
}

const logOf = ({ driver, options, maxSize, maxFiles }: Workload['log']) => ({
  name: driver,
  options: {
    ...options,
    ...(ROTATING_DRIVERS.includes(driver) && {
      'max-size': toLogSize(maxSize),
      'max-file': String(maxFiles),
      // The engine cannot start a container with one file where its own configuration has compression.
      ...(maxFiles === 1 && { compress: 'false' }),
    }),
  },
});

/**
 * The entrypoint with the variables before it. The provider gives Swarm the `env` of a service in another order each time, and Swarm takes that for a
 * change: scaling would replace every task.
 */
const withVariables = ({ entrypoint, env = {} }: Workload) =>
  pulumi.output(env).apply((variables) => {
    const pairs = Object.entries(variables).map(([key, value]) => `${key}=${value}`);
    return pairs.length === 0 ? [...(entrypoint ?? [])] : [ENV_PROGRAM, ...pairs.toSorted(), ...(entrypoint ?? [])];
  });

/** Memory and processors as Swarm counts them. */
const resourcesOf = ({ memory, cpus }: Reservation) => ({
  ...(memory !== undefined && { memoryBytes: toMebibytes(memory) * 1024 ** 2 }),
  ...(cpus !== undefined && { nanoCpus: Math.round(cpus * 1e9) }),
});

/** What else decides on a service. */
export interface Surroundings {
  image: pulumi.Input<string>;
  /** A number that is another one for other bytes of the same reference. */
  force: pulumi.Input<number>;
  /** What replaces the service when it changes. */
  fixed: Fixed;
  /** Constraints for where its tasks run. */
  constraints: readonly pulumi.Input<string>[];
  /**
   * Identifies the credentials of its image. Swarm keeps those of the service's last update for nodes that pull later: another edition is an update,
   * which changes no task. Default: the image is pulled anonymously.
   */
  edition?: pulumi.Input<string>;
  /** What has to be done before the service is changed, with the revision that it gets; only for a workload with a front. */
  before?: (revision: string) => Promise<void>;
}

/**
 * Time in which all tasks of a service are replaced, one after the other, in seconds.
 *
 * @param start time until a new task is healthy, in seconds.
 */
export const rolloutSeconds = ({ replicas = 1, stopGrace }: Workload, start: number): number =>
  replicas * (start + toSeconds(stopGrace) + 10);

/** Runs a workload as a service, and waits until all of its tasks are healthy. */
export function runService(
  name: string,
  workload: Workload,
  { image, force, fixed, constraints, edition, before }: Surroundings,
  opts: pulumi.CustomResourceOptions,
): docker.Service {
  requirePossible(workload);
  const { replicas = 1, apart = false, overlaps = false, user, publish = [] } = workload;
  const owner = { project: pulumi.getProject(), stack: pulumi.getStack() };
  const order = overlaps ? 'start-first' : 'stop-first';
  // All that the provider would fill in is said: otherwise each update would find a change.
  const change = { parallelism: 1, order, delay: overlaps ? DELAY : '0s', monitor: MONITOR, maxFailureRatio: '0.0' };
  const resources = {
    limits: resourcesOf(workload),
    ...(workload.reservation && { reservation: resourcesOf(workload.reservation) }),
  };
  const seconds = rolloutSeconds(workload, usualPatience(workload));
  const taskSpec = {
    containerSpec: {
      image,
      ...((workload.entrypoint ?? workload.env) && { commands: withVariables(workload) }),
      args: pulumi.output(workload.command).apply((words) => [...words]),
      ...(user && { user: `${user.user}:${user.group}` }),
      ...(workload.hostname !== undefined && { hostname: workload.hostname }),
      labels: providerLabels('server', workload.labels),
      capDrops: ['ALL'],
      capAdds: (workload.capabilities ?? []).map((capability) => `CAP_${capability}`),
      ...(workload.readOnlyRoot && { readOnly: true }),
      mounts: mountsOf(workload.mounts, workload.readOnlyRoot?.tmpfs),
      secrets: secretsOf(name, workload, opts),
      hosts: [...fixed.hosts],
      // The engine's init process: it reaps orphans, and the health check can kill everything but it.
      init: true,
      sysctl: fixed.sysctl,
      healthcheck: healthcheckOf(workload),
      stopGracePeriod: spelled(workload.stopGrace),
    },
    networksAdvanceds: [...fixed.networks],
    logDriver: logOf(workload.log),
    resources,
    restartPolicy: { condition: 'any', delay: '2s', maxAttempts: 0, window: '0s' },
    placement: { constraints: [...constraints], ...(apart && { maxReplicas: 1 }) },
    forceUpdate: force,
  };
  const revision =
    workload.front &&
    pulumi.unsecret(pulumi.output(taskSpec).apply(revisionOf)).apply(async (found) => {
      await before?.(found);
      return found;
    });
  // On the service, not on its tasks, which would be replaced.
  const labels = {
    ...labelsOf(owner, 'server'),
    ...(edition !== undefined && { [EDITION_LABEL]: edition }),
    ...(revision !== undefined && { [REVISION_LABEL]: revision }),
  };
  return new docker.Service(
    `${name}-service`,
    {
      name: workload.name,
      labels: Object.entries(labels).map(([label, value]) => ({ label, value })),
      mode: { replicated: { replicas } },
      taskSpec,
      // Each task by its own address: a virtual one takes IPVS, and goes on leading to a task that ends.
      endpointSpec: {
        mode: 'dnsrr',
        ports: publish.map(({ port, targetPort }) => ({
          ...{ targetPort, publishedPort: port, publishMode: 'host', protocol: 'tcp' },
        })),
      },
      updateConfig: { ...change, failureAction: 'rollback' },
      rollbackConfig: { ...change, failureAction: 'pause' },
      convergeConfig: { delay: '1s', timeout: shortDuration(seconds) },
    },
    // The provider adds the image's platforms if its registry answers, and every update would remove them again: together with new credentials,
    // that would replace all tasks.
    pulumi.mergeOptions(opts, { deleteBeforeReplace: true, ignoreChanges: ['taskSpec.placement.platforms'] }),
  );
}
