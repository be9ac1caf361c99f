import { createHash } from 'node:crypto';
import * as pulumi from '@pulumi/pulumi';
import { REVISION_LABEL } from '../../core/labels.js';
import { failedIn, inspectServices, taskContainers } from '../../docker/services.js';
export const revisionOf = (tasks) => createHash('sha256').update(JSON.stringify(tasks)).digest('hex').slice(0, 16);
async function runInFront(docker, { name, front }, program) {
    if (!front)
        return;
    for (const { container, said } of await failedIn(docker, await taskContainers(docker, front.name), program))
        await pulumi.log.warn(`Requests may fail while ${name} is replaced: ${container} does not hold them: ${said}`);
}
export async function hold(docker, workload, revision) {
    if (!workload.front)
        return false;
    const [found] = await inspectServices(docker, [workload.name]);
    const running = found?.Spec.Labels?.[REVISION_LABEL];
    if (running === undefined || running === revision)
        return false;
    await pulumi.log.info(`${workload.name} is replaced: requests wait in ${workload.front.name} until it is healthy`);
    await runInFront(docker, workload, workload.front.hold);
    return true;
}
export const release = (docker, workload) => runInFront(docker, workload, workload.front?.release ?? []);
