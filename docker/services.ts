/** Services of a Swarm, as the engine that manages it knows them, and their tasks. */

import { RemoteError } from '../core/errors.mjs';
import { until } from '../core/until.ts';
import type { Docker } from './client.ts';

/** By which Docker marks the containers of a service's tasks. */
export const SERVICE_LABEL = 'com.docker.swarm.service.name';
const TASK_LABEL = 'com.docker.swarm.task.id';

/** What `docker service inspect` says, as far as it is read. */
export interface Service {
  ID: string;
  Spec: {
    Name: string;
    Labels: Record<string, string> | null;
    TaskTemplate: {
      ContainerSpec: {
        Image: string;
        Args?: string[] | null;
        Command?: string[] | null;
        Env?: string[] | null;
        User?: string;
        ReadOnly?: boolean;
        CapabilityAdd?: string[] | null;
        CapabilityDrop?: string[] | null;
        StopGracePeriod?: number;
        Secrets?: { SecretName: string }[] | null;
        Mounts?: { Type: string; Source?: string; Target: string; ReadOnly?: boolean }[] | null;
        Hosts?: string[] | null;
        Sysctls?: Record<string, string> | null;
      };
      Resources?: Partial<Record<'Limits' | 'Reservations', { MemoryBytes?: number; NanoCPUs?: number }>>;
      Placement?: { Constraints?: string[] | null };
      Networks?: { Target: string; Aliases?: string[] | null }[] | null;
      LogDriver?: { Name: string; Options?: Record<string, string> | null };
      ForceUpdate?: number;
    };
    Mode: { Replicated?: { Replicas?: number } };
    EndpointSpec?: { Ports?: { PublishedPort?: number; TargetPort: number; PublishMode?: string }[] | null };
  };
  UpdateStatus?: { State?: string; Message?: string };
}

/** An engine that has not answered by then is not waited for, in milliseconds. */
const TIMEOUT = 20_000;

/**
 * The services of some names, of those that exist; none on an engine that is in no Swarm.
 *
 * @throws RemoteError when the engine does not answer.
 */
export async function inspectServices(docker: Docker, names: readonly string[]): Promise<Service[]> {
  if (names.length === 0) return [];
  const { stdout, stderr } = await docker.capture(['service', 'inspect', ...names], { timeout: TIMEOUT });
  const unexpected = stderr.split('\n').find((line) => line && !/no such|not found|not a swarm manager/i.test(line));
  if (unexpected) throw new RemoteError(`docker service inspect: ${unexpected}`);
  return JSON.parse(stdout || '[]');
}

/**
 * Names of the containers in which the tasks of a service run on this engine, the healthy ones first. One that drains, as an update has replaced it or
 * the service has fewer tasks now, runs for a while longer and is none of them.
 */
export async function taskContainers(docker: Docker, service: string): Promise<string[]> {
  const format = '{{.Names}}\t{{.Status}}';
  const args = ['ps', '--no-trunc', '--filter', `label=${SERVICE_LABEL}=${service}`, '--format', format];
  const lines = (await docker.run(args, { timeout: TIMEOUT })).split('\n').filter(Boolean);
  const isWell = (line: string) => Number(line.includes('(healthy)'));
  const names = lines.toSorted((a, b) => isWell(b) - isWell(a)).map((line) => line.split('\t')[0] ?? '');
  if (names.length === 0) return names;
  const tasks = await tasksOf(docker, service);
  const drains = (name: string) => tasks.some(({ id, wanted }) => wanted !== 'Running' && name.endsWith(`.${id}`));
  return names.filter((name) => !drains(name));
}

/**
 * Runs a program in containers, one after the other.
 *
 * @returns those in which it failed, each with what it said.
 */
export async function failedIn(
  docker: Docker,
  containers: readonly string[],
  program: readonly string[],
): Promise<{ container: string; said: string }[]> {
  const failed: { container: string; said: string }[] = [];
  for (const container of containers) {
    const { code, all } = await docker.capture(['exec', container, ...program], { timeout: TIMEOUT });
    if (code !== 0) failed.push({ container, said: all.trim() });
  }
  return failed;
}

/** A task of a service. */
export interface Task {
  id: string;
  /** What Swarm wants of it: `Running`, or that it ends. */
  wanted: string;
  /** Its state in one word, such as `Running` or `Failed`. */
  state: string;
  /** Why it failed; empty where it did not. */
  error: string;
}

/** The tasks of a service, the newest first; none where there is no such service. */
export async function tasksOf(docker: Docker, service: string): Promise<Task[]> {
  const format = '{{.ID}}\t{{.DesiredState}}\t{{.CurrentState}}\t{{.Error}}';
  const { code, stdout } = await docker.capture(['service', 'ps', '--no-trunc', '--format', format, service], {
    timeout: TIMEOUT,
  });
  if (code !== 0) return [];
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [id = '', wanted = '', state = '', error = ''] = line.split('\t');
      return { id, wanted, state: state.split(' ')[0] ?? '', error: error.replaceAll('"', '') };
    });
}

/** The last lines that a task has printed; empty where they cannot be read. */
export async function taskLog(docker: Docker, task: string, lines: number): Promise<string> {
  const tail = ['--tail', String(lines)];
  const { stdout } = await docker.capture(['ps', '--all', '--quiet', '--filter', `label=${TASK_LABEL}=${task}`], {
    timeout: TIMEOUT,
  });
  const here = await docker.capture(['logs', ...tail, stdout.trim() || 'none'], { timeout: TIMEOUT });
  if (here.code === 0) return here.all.trim();
  // On another node. It may wait for one that does not answer.
  const there = await docker.capture(['service', 'logs', '--raw', ...tail, task], { timeout: TIMEOUT / 4 });
  return there.code === 0 ? there.all.trim() : '';
}

/** Whether a task is there, or on its way. */
const isAlive = ({ state }: Task): boolean =>
  /^(New|Pending|Assigned|Accepted|Preparing|Ready|Starting|Running)$/.test(state);

/**
 * Gives services other numbers of tasks, and waits until they have them: none that is left over, all others well.
 *
 * @param seconds how long at most.
 * @throws RemoteError with the first service that has another number then.
 */
export async function scale(
  docker: Docker,
  services: readonly { service: string; replicas: number }[],
  seconds: number,
): Promise<void> {
  for (const { service, replicas } of services)
    await docker.run(['service', 'scale', '--detach', `${service}=${replicas}`]);
  for (const { service, replicas } of services) {
    const count = async () => {
      const tasks = (await tasksOf(docker, service)).filter(isAlive);
      const running = tasks.filter(({ wanted, state }) => wanted === 'Running' && state === 'Running');
      return { running: running.length, isSettled: running.length === replicas && tasks.length === replicas };
    };
    const { running, isSettled } = await until(count, (seen) => seen.isSettled, { seconds, everyMs: 500 });
    if (!isSettled)
      throw new RemoteError(`${running} of ${replicas} tasks of ${service} run`, {
        next: `docker service ps --no-trunc ${service}`,
      });
  }
}

/** Time for a task to stop beyond its own, in seconds. */
const MARGIN = 30;

/** Engines give a task this long if its service does not say, in seconds. */
const USUAL_GRACE = 10;

/**
 * Stops all tasks of services, one service after the other. Services that do not exist are skipped.
 *
 * @throws RemoteError when tasks of a service have not stopped in time.
 */
export async function stopTasks(docker: Docker, services: readonly string[]): Promise<void> {
  for (const service of services) {
    const [found] = await inspectServices(docker, [service]);
    if (!found) continue;
    const { StopGracePeriod } = found.Spec.TaskTemplate.ContainerSpec;
    const grace = StopGracePeriod === undefined ? USUAL_GRACE : StopGracePeriod / 1e9;
    await scale(docker, [{ service, replicas: 0 }], grace + MARGIN);
  }
}
