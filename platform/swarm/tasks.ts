/** Tasks of services while an update is in progress. */

import * as pulumi from '@pulumi/pulumi';
import { until } from '../../core/until.ts';
import type { Docker } from '../../docker/client.ts';
import { inspectServices, scale, type Task, taskContainers, taskLog, tasksOf } from '../../docker/services.ts';
import type { Workload } from '../workload.ts';

/** How much of the log of a task that failed is shown. */
const LINES = 15;

/** How often tasks are looked at, in milliseconds: an update may fail, and end this program, a second after the first task has. */
const WATCH_MS = 300;

/** Shorter ones are no secrets, and hiding them would hide words. */
const SHORTEST = 8;

/** Time in which tasks end beyond their own, in seconds. */
const MARGIN = 30;

/** Waiting does not help once this many tasks have failed in place of one. */
const TRIES = 3;

/** What a service runs, in a text that differs where the program does. */
export const programOf = (image: string, forceUpdate: number): string => `${image} ${forceUpdate}`;

/**
 * Ends all tasks of a service that runs another program, before the new one starts: two releases at a time on one database destroy it. The update
 * that follows starts the new ones. What runs the same program, or nothing, is left alone.
 */
export async function endOthers(
  docker: Docker,
  service: string,
  program: string,
  { seconds }: { seconds: number },
): Promise<void> {
  const [found] = await inspectServices(docker, [service]);
  if (!found) return;
  const { ContainerSpec, ForceUpdate = 0 } = found.Spec.TaskTemplate;
  if (programOf(ContainerSpec.Image, ForceUpdate) === program) return;
  await pulumi.log.info(
    `${service} changes its image: all its tasks stop before the first one with the new image starts`,
  );
  await scale(docker, [{ service, replicas: 0 }], seconds + MARGIN).catch((error: Error) => {
    throw new pulumi.RunError(
      `Not all tasks of ${service} have stopped, so the new image was not started: ${error.message}.\n` +
        `  why:    docker service ps ${service}\n` +
        '  to do:  stop them, and update again\n',
    );
  });
}

/** A text without the values in the secret files of a workload. */
async function masked(text: string, { secretFiles = [] }: Workload): Promise<string> {
  const contents = await Promise.all(
    secretFiles.map(({ content }) => new Promise<string>((resolve) => void content.apply(resolve))),
  );
  const values = contents.flatMap((content) =>
    [...content.matchAll(/'([^'\n]+)'/g)].flatMap(([, value = '']) => (value.length < SHORTEST ? [] : [value])),
  );
  return values
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, value) => rest.replaceAll(value, '(secret)'), text);
}

/** Shows why a task fails from now on, once for each, until `end`: afterwards Swarm may have forgotten it. */
export async function watchTasks(docker: Docker, workload: Workload): Promise<{ end: () => void }> {
  let over = false;
  const seen = new Set<string>();
  const hasFailed = ({ state }: Task) => /^(Failed|Rejected)$/.test(state);
  const look = async (show: boolean) => {
    for (const task of (await tasksOf(docker, workload.name)).filter(hasFailed)) {
      if (seen.has(task.id)) continue;
      seen.add(task.id);
      if (!show) continue;
      const text = await masked(await taskLog(docker, task.id, LINES), workload);
      const lines = text ? text.split('\n').map((line) => `\n  | ${line.slice(0, 300)}`) : ['\n  (its log is empty)'];
      await pulumi.log.warn(`A task of ${workload.name} failed: ${task.error || task.state}${lines.join('')}`);
    }
  };
  // What fails first may do so before the engine is asked again.
  await look(false).catch(() => {});
  void (async () => {
    while (!over) {
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS).unref());
      // An engine that has too much to do to answer is asked again.
      if (!over) await look(true).catch(() => {});
    }
  })();
  return {
    end: () => {
      over = true;
    },
  };
}

/**
 * Waits until all tasks of a service are healthy and its rollout has ended. The provider waits for neither after a changed number, and takes a
 * rollout for completed as soon as every task runs, which is also true between the replacement of one task and the next.
 *
 * @param seconds how long at most.
 * @throws pulumi.RunError when the tasks do not get healthy, when Swarm has rolled back, or when the rollout does not end in time.
 */
export async function requireTasks(docker: Docker, { name, replicas = 1 }: Workload, seconds: number): Promise<void> {
  const runs = ({ wanted, state }: Task) => wanted === 'Running' && state === 'Running';
  const before = new Set((await tasksOf(docker, name)).map(({ id }) => id));
  const look = async () => {
    const [service] = await inspectServices(docker, [name]);
    // An earlier update was killed after it had stopped the tasks, and this one changes nothing of the service.
    if (service?.Spec.Mode.Replicated?.Replicas === 0)
      await docker.run(['service', 'scale', '--detach', `${name}=${replicas}`]);
    const tasks = await tasksOf(docker, name);
    const failed = tasks.filter(({ id, state }) => /^(Failed|Rejected)$/.test(state) && !before.has(id));
    return {
      update: service?.UpdateStatus ?? {},
      running: tasks.filter(runs).length,
      isHopeless: failed.length >= TRIES * replicas,
    };
  };
  type Seen = Awaited<ReturnType<typeof look>>;
  const isRolling = ({ update }: Seen) => /^(updating|rollback_started)$/.test(update.State ?? '');
  const isOver = (seen: Seen) => !isRolling(seen) && (seen.running >= replicas || seen.isHopeless);
  const seen = await until(look, isOver, { seconds });
  const why = `docker service ps --no-trunc ${name}`;
  // A task that fails while it is being changed may leave one more, until the next change.
  if (seen.running < replicas)
    throw new pulumi.RunError(
      `${seen.running} of ${replicas} tasks of ${name} run.\n` +
        `  why:    ${why}, and docker service logs --tail 50 ${name}\n` +
        '  to do:  fix the cause, and update again\n',
    );
  if (isRolling(seen))
    throw new pulumi.RunError(
      `The rollout of ${name} has not ended after ${Math.round(seconds)} s; Swarm continues it.\n` +
        `  why:    ${why}\n` +
        '  to do:  wait until it has ended, and update again\n',
    );
  // Pulumi has recorded the change as done.
  const { State = '', Message = '' } = seen.update;
  if (/^(rollback|paused)/.test(State))
    throw new pulumi.RunError(
      `Swarm rolled back the last change of ${name}: ${Message}.\n` +
        `  why:    ${why}\n` +
        '  to do:  correct the setting, and then pulumi up --refresh, or the next update\n',
    );
}

/**
 * Has one of several tasks run on the node with the data, through which commands such as `verify` reach the service. A rollout may leave none there;
 * Swarm starts a task where the fewest are, so one that is removed comes back on that node.
 *
 * @param seconds how long a task may take to end, and another one to start.
 */
export async function keepOneHere(docker: Docker, { name, replicas = 1 }: Workload, seconds: number): Promise<void> {
  if (replicas < 2 || (await taskContainers(docker, name)).length > 0) return;
  await pulumi.log.info(`no task of ${name} runs on the node with the data: one of them moves there`);
  try {
    await scale(docker, [{ service: name, replicas: replicas - 1 }], seconds);
  } finally {
    // Also if one takes too long to end: the stack asks for this number.
    await scale(docker, [{ service: name, replicas }], seconds);
  }
}

/** The container of the one task of a service, once it is there. @throws pulumi.RunError when there is none. */
export async function onlyContainer(docker: Docker, service: string): Promise<string> {
  const found = await until(
    () => taskContainers(docker, service),
    (names) => names.length > 0,
    { seconds: MARGIN },
  );
  const [name] = found;
  if (name === undefined)
    throw new pulumi.RunError(`no task of ${service} runs on this engine: docker service ps ${service}`);
  return name;
}
