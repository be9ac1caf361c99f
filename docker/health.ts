/** How containers are, and how to wait until they are well. */

import { RemoteError } from '../core/errors.mjs';
import { until } from '../core/until.ts';
import type { Docker } from './client.ts';
import { type Container, inspectContainer } from './inspect.ts';

/** A container's state and health in two words: `running healthy`; `missing` when there is none. */
export const healthOf = (container: Container | undefined): string =>
  container ? `${container.State.Status} ${container.State.Health?.Status ?? 'unchecked'}` : 'missing';

export const isHealthy = (container: Container | undefined): boolean =>
  /^running (healthy|unchecked)$/.test(healthOf(container));

/** A container that its engine starts again and again has no use for more time. */
const TRIES = 3;

/** Whether waiting longer is of no use. */
const hasFailed = (container: Container | undefined): boolean =>
  container === undefined ||
  container.RestartCount >= TRIES ||
  container.State.Status === 'exited' ||
  container.State.Status === 'dead';

/**
 * Waits until a container is healthy, however often the engine has called it unhealthy before.
 *
 * @param seconds how long at most.
 * @throws RemoteError when it exits, restarts again and again, or takes too long.
 */
export async function waitUntilHealthy(docker: Docker, name: string, seconds: number): Promise<void> {
  const last = await until(
    () => inspectContainer(docker, name),
    (container) => isHealthy(container) || hasFailed(container),
    { seconds, everyMs: 500 },
  );
  if (isHealthy(last)) return;
  throw new RemoteError(
    `${name} did not become healthy: ${healthOf(last)}, restarted ${last?.RestartCount ?? 0} times`,
    { next: `docker logs --tail 50 ${name}` },
  );
}
