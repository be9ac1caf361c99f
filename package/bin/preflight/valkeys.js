import * as pulumi from '@pulumi/pulumi';
import { operatorPassword } from './operator.js';
import { severalOn } from './servers.js';
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
