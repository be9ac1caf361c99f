import { once } from 'node:events';
import { RemoteError, UserError } from '../../core/errors.mjs';
import { RESTORE_AREA } from '../../core/restore.js';
import { storageText } from '../../core/storage.js';
import { isHealthy } from '../../docker/health.js';
import { inspectContainer } from '../../docker/inspect.js';
import { inspectServices, scale, stopTasks, taskContainers } from '../../docker/services.js';
import { letLead, requireFirst } from '../valkeys.js';
import { readArchive } from './archive.js';
import { serverOf } from './part.js';
import { PARTS, serversOf } from './parts/index.js';
export class Unfinished extends UserError {
}
const placed = ({ name, put, stays }, owners, archived) => ({
    name,
    ...put,
    ...(stays !== undefined && !archived.includes(name) && { keep: [stays] }),
    ...(owners && { owner: owners[name] }),
});
const argsOf = ({ parts }, command, owners, archived = parts) => [
    ...[command, RESTORE_AREA],
    ...PARTS.filter(({ name }) => parts.includes(name)).map((part) => JSON.stringify(placed(part, owners, archived))),
    ...archived.filter((name) => !parts.includes(name)).map((name) => JSON.stringify({ name, skip: true })),
];
const put = (helper, command) => helper.run('put.py', ...argsOf(helper, command));
export const look = async (helper) => (await put(helper, 'look'));
export async function stage(helper, file, { passphrase, owners, archived, progress, }) {
    const { child, ended } = helper.start('put.py', ...argsOf(helper, 'stage', owners, archived));
    let over = false;
    const end = ended.then(() => {
        over = true;
    }, () => {
        over = true;
    });
    const read = readArchive(file, {
        passphrase,
        take: async (chunk) => {
            progress(chunk.length);
            if (!over && !child.stdin.write(chunk))
                await Promise.race([once(child.stdin, 'drain'), end]);
        },
    });
    await read.finally(() => child.stdin.end());
    await ended;
}
const containersOf = (source, except) => serversOf(source).flatMap(({ part, container, others }) => part.name === except ? [] : [container, ...others.map((one) => one.container)]);
const STARTED = 600;
const servicesOf = (source, except) => serversOf(source).flatMap(({ part, service, replicas, others }) => service === undefined || part.name === except
    ? []
    : [
        ...others.flatMap((one) => (one.service ? [{ service: one.service, replicas: 1 }] : [])),
        { service, replicas },
    ]);
async function stop(source) {
    const services = servicesOf(source);
    if (services.length > 0) {
        await stopTasks(source.docker, services.map(({ service }) => service));
        return;
    }
    for (const name of containersOf(source)) {
        const { code, stderr } = await source.docker.capture(['stop', name]);
        if (code !== 0 && !/no such container/i.test(stderr))
            throw new RemoteError(`${name} cannot be stopped: ${stderr.trim()}`);
    }
    await clearCopies(source);
}
const CLEAR = 'rm -rf /data/appendonlydir /data/dump.rdb';
async function clearCopies(source) {
    for (const { container, volume } of serversOf(source).flatMap(({ others }) => others)) {
        const image = (await inspectContainer(source.docker, container))?.Image;
        if (image === undefined)
            continue;
        const mount = ['--volume', `${volume}:/data`, '--entrypoint', '/bin/sh', image, '-c', CLEAR];
        await source.docker.run(['run', '--rm', '--pull', 'never', '--network', 'none', '--user', '0:0', ...mount]);
    }
}
async function startValkeys({ docker, servers: { valkey } }) {
    const [first, ...others] = (valkey.several?.servers ?? []).flatMap(({ service }) => service ?? []);
    if (first === undefined || !('volume' in valkey))
        return;
    const [found] = await inspectServices(docker, [first]);
    if (!found)
        throw new RemoteError(`there is no service ${first}`);
    await letLead(docker, { image: found.Spec.TaskTemplate.ContainerSpec.Image, volume: valkey.volume });
    await scale(docker, [{ service: first, replicas: 1 }], STARTED);
    await scale(docker, others.map((service) => ({ service, replicas: 1 })), STARTED);
}
const startArgs = (source, except) => ['start', ...containersOf(source, except).reverse()];
export async function start(source, except) {
    const services = servicesOf(source, except);
    if (services.length > 0) {
        await startValkeys(source);
        return scale(source.docker, services.reverse(), STARTED);
    }
    await source.docker.run(startArgs(source, except));
}
async function undo(helper, source, command = 'undo') {
    await stop(source);
    const { strange } = await put(helper, command);
    if (servicesOf(source).length > 0)
        await start(source).catch(() => { });
    else
        await source.docker.capture(startArgs(source));
    return (strange ?? []);
}
async function areHealthy(source) {
    const containers = serversOf(source)
        .filter(({ part }) => part.stays === undefined)
        .map(async ({ container, service }) => {
        const [task] = service === undefined ? [] : await taskContainers(source.docker, service);
        return inspectContainer(source.docker, task ?? container);
    });
    return (await Promise.all(containers)).every(isHealthy);
}
export async function settle(helper, source) {
    const { phase, half } = await look(helper);
    const { restoreKept, forgetKept } = source.commands;
    if (phase === 'done') {
        await put(helper, 'finish');
        return 'an earlier restore only had to clean up';
    }
    if (phase === 'swapped') {
        if (await areHealthy(source)) {
            await put(helper, 'finish');
            return `an earlier restore was killed before it was verified. The servers are healthy with its data, which stays; ${restoreKept} brings back the previous data`;
        }
        await undo(helper, source, 'reject');
        return `an earlier restore was killed before it was verified: the previous data is back, and the restored data is kept (${restoreKept} swaps the two)`;
    }
    if (phase !== null) {
        const strange = await undo(helper, source);
        const aside = strange
            .map((name) => `${RESTORE_AREA}/strange of the ${storageText(serverOf(source, name))}`)
            .join(' and ');
        return `an earlier restore did not finish: the previous data is back${aside && `, and what something else wrote meanwhile is in ${aside} (${forgetKept} removes it)`}`;
    }
    if (!half)
        return undefined;
    await put(helper, 'undo');
    return 'an earlier restore did not finish; it had changed nothing';
}
export async function exchange(helper, source, { started, proved }) {
    try {
        await requireFirst(source.docker, source.servers.valkey);
        await stop(source);
        await put(helper, 'exchange');
        await started();
        await proved();
    }
    catch (error) {
        await undo(helper, source).catch((again) => {
            throw new Unfinished(`${error.message}; and the previous data could not be put back yet: ${again.message}`, `${source.commands.up} puts it back; nothing is lost, it is in the volumes`);
        });
        throw error;
    }
    await put(helper, 'finish');
}
export const takeKept = (helper) => put(helper, 'take_kept');
export const forget = (helper) => put(helper, 'forget');
