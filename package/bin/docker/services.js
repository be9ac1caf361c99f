import { RemoteError } from '../core/errors.mjs';
import { until } from '../core/until.js';
export const SERVICE_LABEL = 'com.docker.swarm.service.name';
const TASK_LABEL = 'com.docker.swarm.task.id';
const TIMEOUT = 20_000;
export async function inspectServices(docker, names) {
    if (names.length === 0)
        return [];
    const { stdout, stderr } = await docker.capture(['service', 'inspect', ...names], { timeout: TIMEOUT });
    const unexpected = stderr.split('\n').find((line) => line && !/no such|not found|not a swarm manager/i.test(line));
    if (unexpected)
        throw new RemoteError(`docker service inspect: ${unexpected}`);
    return JSON.parse(stdout || '[]');
}
export async function taskContainers(docker, service) {
    const format = '{{.Names}}\t{{.Status}}';
    const args = ['ps', '--no-trunc', '--filter', `label=${SERVICE_LABEL}=${service}`, '--format', format];
    const lines = (await docker.run(args, { timeout: TIMEOUT })).split('\n').filter(Boolean);
    const isWell = (line) => Number(line.includes('(healthy)'));
    const names = lines.toSorted((a, b) => isWell(b) - isWell(a)).map((line) => line.split('\t')[0] ?? '');
    if (names.length === 0)
        return names;
    const tasks = await tasksOf(docker, service);
    const drains = (name) => tasks.some(({ id, wanted }) => wanted !== 'Running' && name.endsWith(`.${id}`));
    return names.filter((name) => !drains(name));
}
export async function failedIn(docker, containers, program) {
    const failed = [];
    for (const container of containers) {
        const { code, all } = await docker.capture(['exec', container, ...program], { timeout: TIMEOUT });
        if (code !== 0)
            failed.push({ container, said: all.trim() });
    }
    return failed;
}
export async function tasksOf(docker, service) {
    const format = '{{.ID}}\t{{.DesiredState}}\t{{.CurrentState}}\t{{.Error}}';
    const { code, stdout } = await docker.capture(['service', 'ps', '--no-trunc', '--format', format, service], {
        timeout: TIMEOUT,
    });
    if (code !== 0)
        return [];
    return stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => {
        const [id = '', wanted = '', state = '', error = ''] = line.split('\t');
        return { id, wanted, state: state.split(' ')[0] ?? '', error: error.replaceAll('"', '') };
    });
}
export async function taskLog(docker, task, lines) {
    const tail = ['--tail', String(lines)];
    const { stdout } = await docker.capture(['ps', '--all', '--quiet', '--filter', `label=${TASK_LABEL}=${task}`], {
        timeout: TIMEOUT,
    });
    const here = await docker.capture(['logs', ...tail, stdout.trim() || 'none'], { timeout: TIMEOUT });
    if (here.code === 0)
        return here.all.trim();
    const there = await docker.capture(['service', 'logs', '--raw', ...tail, task], { timeout: TIMEOUT / 4 });
    return there.code === 0 ? there.all.trim() : '';
}
const isAlive = ({ state }) => /^(New|Pending|Assigned|Accepted|Preparing|Ready|Starting|Running)$/.test(state);
export async function scale(docker, services, seconds) {
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
const MARGIN = 30;
const USUAL_GRACE = 10;
export async function stopTasks(docker, services) {
    for (const service of services) {
        const [found] = await inspectServices(docker, [service]);
        if (!found)
            continue;
        const { StopGracePeriod } = found.Spec.TaskTemplate.ContainerSpec;
        const grace = StopGracePeriod === undefined ? USUAL_GRACE : StopGracePeriod / 1e9;
        await scale(docker, [{ service, replicas: 0 }], grace + MARGIN);
    }
}
