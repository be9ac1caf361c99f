import * as pulumi from '@pulumi/pulumi';
import { isSwarm } from '../core/platform.js';
import { serverNames, VALKEY_SECRETS } from '../core/valkey.js';
import { inspect } from '../docker/inspect.js';
import { stopTasks } from '../docker/services.js';
import { pulled } from './images.js';
import { operatorPassword } from './operator.js';
import { ownServices, severalOn, severalServices } from './servers.js';
async function handOver(docker, several, subject) {
    const { makeFirstPrimary } = await import('../ops/backup/index.js');
    const container = several.servers[0]?.container ?? '';
    return makeFirstPrimary(docker, { container, operatorPassword: await operatorPassword(subject), several });
}
const notPrimary = (server, toDo, { commands }) => new pulumi.RunError(`${server} does not become the primary of Valkey, and with one server only its data would stay. Nothing was created or changed.\n` +
    `  to do: ${toDo}wait until ${commands.verify} finds nothing, and update again\n`);
async function bringBackToOne(docker, several, subject) {
    const [first = '', ...others] = several.servers.map(({ container }) => container);
    if (!(await handOver(docker, several, subject)))
        throw notPrimary(first, `docker start ${[first, ...others].join(' ')}, `, subject);
    await docker.run(['stop', ...others]);
}
async function stop(docker, services) {
    const names = services.map(({ Spec }) => Spec.Name);
    await stopTasks(docker, names).catch((error) => {
        throw new pulumi.RunError(`Not all tasks of ${names.join(' and ')} have stopped, so the number of Valkeys was not changed: ${error.message}.\n` +
            `  why:    docker service ps ${names.join(' ')}\n` +
            '  to do:  stop them, and update again\n');
    });
}
const replicasOf = ({ Spec }) => Spec.Mode.Replicated?.Replicas ?? 0;
async function stopForOtherNumber(docker, { valkey, webui }, present, subject) {
    const mine = { project: pulumi.getProject(), stack: pulumi.getStack() };
    const [name = '', ...copies] = serverNames(valkey.name);
    const found = await ownServices(docker, [name, ...copies, webui.name], mine).catch((error) => {
        if (pulumi.runtime.isDryRun())
            return [];
        throw error;
    });
    const named = (names) => found.filter(({ Spec }) => names.includes(Spec.Name));
    const [[first], others, webuis] = [named([name]), named(copies), named([webui.name])];
    const isSeveral = first?.Spec.TaskTemplate.ContainerSpec.Args?.includes(VALKEY_SECRETS) ?? false;
    if (!first || isSeveral === valkey.highAvailability)
        return;
    await pulumi.log.info('valkey.highAvailability changes: all web UIs stop until Valkey has started again, and requests wait at the gateway');
    if (pulumi.runtime.isDryRun())
        return;
    const { image } = valkey.balancer;
    if (!isSeveral && (await inspect(docker, 'image', [image])).length === 0)
        await pulled(docker, image, subject.commands);
    await stop(docker, webuis);
    const several = others.some((one) => replicasOf(one) > 0)
        ? await severalServices(docker, valkey, present, mine)
        : undefined;
    if (isSeveral && several && !(await handOver(docker, several, subject))) {
        const before = webuis.map((one) => ({ service: one.Spec.Name, replicas: replicasOf(one) }));
        for (const { service, replicas } of before)
            await docker.run(['service', 'scale', '--detach', `${service}=${replicas}`]);
        throw notPrimary(name, '', subject);
    }
    await stop(docker, [...others, first]);
    if (isSeveral)
        return;
    const { letLead } = await import('../ops/backup/index.js');
    await letLead(docker, { image: first.Spec.TaskTemplate.ContainerSpec.Image, volume: valkey.volume });
}
export async function prepareNumber(docker, settings, present, subject) {
    if (isSwarm(settings))
        return stopForOtherNumber(docker, settings, present, subject);
    const { valkey } = settings;
    const several = valkey.highAvailability ? undefined : severalOn(valkey, present);
    if (several && !pulumi.runtime.isDryRun())
        await bringBackToOne(docker, several, subject);
}
