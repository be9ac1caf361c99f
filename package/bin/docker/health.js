import { RemoteError } from '../core/errors.mjs';
import { until } from '../core/until.js';
import { inspectContainer } from './inspect.js';
export const healthOf = (container) => container ? `${container.State.Status} ${container.State.Health?.Status ?? 'unchecked'}` : 'missing';
export const isHealthy = (container) => /^running (healthy|unchecked)$/.test(healthOf(container));
const TRIES = 3;
const hasFailed = (container) => container === undefined ||
    container.RestartCount >= TRIES ||
    container.State.Status === 'exited' ||
    container.State.Status === 'dead';
export async function waitUntilHealthy(docker, name, seconds) {
    const last = await until(() => inspectContainer(docker, name), (container) => isHealthy(container) || hasFailed(container), { seconds, everyMs: 500 });
    if (isHealthy(last))
        return;
    throw new RemoteError(`${name} did not become healthy: ${healthOf(last)}, restarted ${last?.RestartCount ?? 0} times`, { next: `docker logs --tail 50 ${name}` });
}
