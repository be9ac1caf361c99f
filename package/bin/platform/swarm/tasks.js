import * as pulumi from '@pulumi/pulumi';
import { until } from '../../core/until.js';
import { inspectServices, scale, taskContainers, taskLog, tasksOf } from '../../docker/services.js';
const LINES = 15;
const WATCH_MS = 300;
const SHORTEST = 8;
const MARGIN = 30;
const TRIES = 3;
export const programOf = (image, forceUpdate) => `${image} ${forceUpdate}`;
export async function endOthers(docker, service, program, { seconds }) {
    const [found] = await inspectServices(docker, [service]);
    if (!found)
        return;
    const { ContainerSpec, ForceUpdate = 0 } = found.Spec.TaskTemplate;
    if (programOf(ContainerSpec.Image, ForceUpdate) === program)
        return;
    await pulumi.log.info(`${service} changes its image: all its tasks stop before the first one with the new image starts`);
    await scale(docker, [{ service, replicas: 0 }], seconds + MARGIN).catch((error) => {
        throw new pulumi.RunError(`Not all tasks of ${service} have stopped, so the new image was not started: ${error.message}.\n` +
            `  why:    docker service ps ${service}\n` +
            '  to do:  stop them, and update again\n');
    });
}
async function masked(text, { secretFiles = [] }) {
    const contents = await Promise.all(secretFiles.map(({ content }) => new Promise((resolve) => void content.apply(resolve))));
    const values = contents.flatMap((content) => [...content.matchAll(/'([^'\n]+)'/g)].flatMap(([, value = '']) => (value.length < SHORTEST ? [] : [value])));
    return values
        .toSorted((a, b) => b.length - a.length)
        .reduce((rest, value) => rest.replaceAll(value, '(secret)'), text);
}
export async function watchTasks(docker, workload) {
    let over = false;
    const seen = new Set();
    const hasFailed = ({ state }) => /^(Failed|Rejected)$/.test(state);
    const look = async (show) => {
        for (const task of (await tasksOf(docker, workload.name)).filter(hasFailed)) {
            if (seen.has(task.id))
                continue;
            seen.add(task.id);
            if (!show)
                continue;
            const text = await masked(await taskLog(docker, task.id, LINES), workload);
            const lines = text ? text.split('\n').map((line) => `\n  | ${line.slice(0, 300)}`) : ['\n  (its log is empty)'];
            await pulumi.log.warn(`A task of ${workload.name} failed: ${task.error || task.state}${lines.join('')}`);
        }
    };
    await look(false).catch(() => { });
    void (async () => {
        while (!over) {
            await new Promise((resolve) => setTimeout(resolve, WATCH_MS).unref());
            if (!over)
                await look(true).catch(() => { });
        }
    })();
    return {
        end: () => {
            over = true;
        },
    };
}
export async function requireTasks(docker, { name, replicas = 1 }, seconds) {
    const runs = ({ wanted, state }) => wanted === 'Running' && state === 'Running';
    const before = new Set((await tasksOf(docker, name)).map(({ id }) => id));
    const look = async () => {
        const [service] = await inspectServices(docker, [name]);
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
    const isRolling = ({ update }) => /^(updating|rollback_started)$/.test(update.State ?? '');
    const isOver = (seen) => !isRolling(seen) && (seen.running >= replicas || seen.isHopeless);
    const seen = await until(look, isOver, { seconds });
    const why = `docker service ps --no-trunc ${name}`;
    if (seen.running < replicas)
        throw new pulumi.RunError(`${seen.running} of ${replicas} tasks of ${name} run.\n` +
            `  why:    ${why}, and docker service logs --tail 50 ${name}\n` +
            '  to do:  fix the cause, and update again\n');
    if (isRolling(seen))
        throw new pulumi.RunError(`The rollout of ${name} has not ended after ${Math.round(seconds)} s; Swarm continues it.\n` +
            `  why:    ${why}\n` +
            '  to do:  wait until it has ended, and update again\n');
    const { State = '', Message = '' } = seen.update;
    if (/^(rollback|paused)/.test(State))
        throw new pulumi.RunError(`Swarm rolled back the last change of ${name}: ${Message}.\n` +
            `  why:    ${why}\n` +
            '  to do:  correct the setting, and then pulumi up --refresh, or the next update\n');
}
export async function keepOneHere(docker, { name, replicas = 1 }, seconds) {
    if (replicas < 2 || (await taskContainers(docker, name)).length > 0)
        return;
    await pulumi.log.info(`no task of ${name} runs on the node with the data: one of them moves there`);
    try {
        await scale(docker, [{ service: name, replicas: replicas - 1 }], seconds);
    }
    finally {
        await scale(docker, [{ service: name, replicas }], seconds);
    }
}
export async function onlyContainer(docker, service) {
    const found = await until(() => taskContainers(docker, service), (names) => names.length > 0, { seconds: MARGIN });
    const [name] = found;
    if (name === undefined)
        throw new pulumi.RunError(`no task of ${service} runs on this engine: docker service ps ${service}`);
    return name;
}
