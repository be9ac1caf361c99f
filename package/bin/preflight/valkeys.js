import * as pulumi from '@pulumi/pulumi';
import { ownerOf } from '../core/labels.js';
import { isSwarm } from '../core/platform.js';
import { VALKEY_SECRETS } from '../core/valkey.js';
import { inspectServices } from '../docker/services.js';
import { refusal } from './nodes.js';
import { operatorPassword } from './operator.js';
import { severalOn } from './servers.js';
export async function requireSameNumber(docker, settings, { commands, owner }) {
    const { valkey } = settings;
    if (!isSwarm(settings))
        return;
    const [first] = await inspectServices(docker, [valkey.name]);
    const mine = ownerOf(first?.Spec.Labels ?? null);
    if (!first || mine?.project !== pulumi.getProject() || mine.stack !== pulumi.getStack())
        return;
    const several = first.Spec.TaskTemplate.ContainerSpec.Args?.includes(VALKEY_SECRETS) ?? false;
    if (several === valkey.highAvailability)
        return;
    throw refusal(`${several ? 'Three Valkeys run' : 'One Valkey runs'} on the Swarm, and ${owner}:valkey.highAvailability is ${valkey.highAvailability}.`, [`${commands.down}, which keeps the data and the secrets, and then ${commands.up}`]);
}
export async function bringBackToOne(docker, { valkey }, present, subject) {
    const several = valkey.highAvailability ? undefined : severalOn(valkey, present);
    if (!several || pulumi.runtime.isDryRun())
        return;
    const { makeFirstPrimary } = await import('../ops/backup/index.js');
    const [first, ...others] = several.servers.map(({ container }) => container);
    const valkeys = { container: first ?? '', operatorPassword: await operatorPassword(subject), several };
    if (!(await makeFirstPrimary(docker, valkeys))) {
        throw new pulumi.RunError(`${first} does not become the primary of Valkey, and with one server only its data would stay. Nothing was created or changed.\n` +
            `  to do: docker start ${[first, ...others].join(' ')}, wait until ${subject.commands.verify} finds nothing, and update again\n`);
    }
    await docker.run(['stop', ...others]);
}
