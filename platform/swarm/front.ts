/** Requests wait in the server before the clients of another one while Swarm replaces the task of that one. */

import { createHash } from 'node:crypto';
import * as pulumi from '@pulumi/pulumi';
import { REVISION_LABEL } from '../../core/labels.ts';
import type { Docker } from '../../docker/client.ts';
import { failedIn, inspectServices, taskContainers } from '../../docker/services.ts';
import type { Workload } from '../workload.ts';

/** Identifies what the tasks of a service are: another one replaces them. */
export const revisionOf = (tasks: object): string =>
  createHash('sha256').update(JSON.stringify(tasks)).digest('hex').slice(0, 16);

/** Runs a program in the front, if it is there. One that fails costs requests, and is no reason to stop the update. */
async function runInFront(docker: Docker, { name, front }: Workload, program: readonly string[]): Promise<void> {
  if (!front) return;
  for (const { container, said } of await failedIn(docker, await taskContainers(docker, front.name), program))
    await pulumi.log.warn(`Requests may fail while ${name} is replaced: ${container} does not hold them: ${said}`);
}

/**
 * Holds requests if the update replaces the task of a service that runs.
 *
 * @param revision of the new task: one that runs as the same is not replaced. Default: any is
 * @returns whether it does: {@link release} has to follow.
 */
export async function hold(docker: Docker, workload: Workload, revision?: string): Promise<boolean> {
  if (!workload.front) return false;
  const [found] = await inspectServices(docker, [workload.name]);
  const running = found?.Spec.Labels?.[REVISION_LABEL];
  if (running === undefined || running === revision) return false;
  await pulumi.log.info(`${workload.name} is replaced: requests wait in ${workload.front.name} until it is healthy`);
  await runInFront(docker, workload, workload.front.hold);
  return true;
}

/** Lets the requests that are held for a server go on. */
export const release = (docker: Docker, workload: Workload): Promise<void> =>
  runInFront(docker, workload, workload.front?.release ?? []);
