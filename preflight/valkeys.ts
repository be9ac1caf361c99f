/** The way back from several servers of Valkey to one. */

import * as pulumi from '@pulumi/pulumi';
import type { Docker } from '../docker/client.ts';
import type { Found } from '../docker/inventory.ts';
import { operatorPassword } from './operator.ts';
import type { Subject } from './origin.ts';
import { type Server, severalOn } from './servers.ts';

/**
 * Makes the first server the primary, with all that the others have, and ends those: its volume is the one that stays. Call it last, as nothing
 * may be refused after it. Does nothing in a preview, and where there are not more servers than the settings ask for.
 *
 * @throws pulumi.RunError when the first server does not become the primary; nothing has changed then.
 */
export async function bringBackToOne(
  docker: Docker,
  { valkey }: { valkey: Server & { highAvailability: boolean } },
  present: readonly Found[],
  subject: Subject,
): Promise<void> {
  const several = valkey.highAvailability ? undefined : severalOn(valkey, present);
  if (!several || pulumi.runtime.isDryRun()) return;
  const { makeFirstPrimary } = await import('../ops/backup/index.ts');
  const [first, ...others] = several.servers.map(({ container }) => container);
  const valkeys = { container: first ?? '', operatorPassword: await operatorPassword(subject), several };
  if (!(await makeFirstPrimary(docker, valkeys))) {
    throw new pulumi.RunError(
      `${first} does not become the primary of Valkey, and with one server only its data would stay. Nothing was created or changed.\n` +
        `  to do: docker start ${[first, ...others].join(' ')}, wait until ${subject.commands.verify} finds nothing, and update again\n`,
    );
  }
  await docker.run(['stop', ...others]);
}
