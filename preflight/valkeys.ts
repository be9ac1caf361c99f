/** The way from one server of Valkey to several, and back. */

import * as pulumi from '@pulumi/pulumi';
import { ownerOf } from '../core/labels.ts';
import { isSwarm, type PlatformSetting } from '../core/platform.ts';
import { VALKEY_SECRETS } from '../core/valkey.ts';
import type { Docker } from '../docker/client.ts';
import type { Found } from '../docker/inventory.ts';
import { inspectServices } from '../docker/services.ts';
import { refusal } from './nodes.ts';
import { operatorPassword } from './operator.ts';
import type { Subject } from './origin.ts';
import { type Server, severalOn } from './servers.ts';

/** What of a stack's settings matters here. */
interface Settings {
  platform: PlatformSetting;
  valkey: Server & { highAvailability: boolean };
}

/**
 * Refuses to change the number of servers of a Valkey that runs on a Swarm: the service of the first would have to be deleted and created again, and
 * the provider does not always wait for its end.
 *
 * @throws pulumi.RunError with the way that works.
 */
export async function requireSameNumber(
  docker: Docker,
  settings: Settings,
  { commands, owner }: Pick<Subject, 'commands' | 'owner'>,
): Promise<void> {
  const { valkey } = settings;
  if (!isSwarm(settings)) return;
  const [first] = await inspectServices(docker, [valkey.name]);
  const mine = ownerOf(first?.Spec.Labels ?? null);
  if (!first || mine?.project !== pulumi.getProject() || mine.stack !== pulumi.getStack()) return;
  // Only one of several has passwords of its own.
  const several = first.Spec.TaskTemplate.ContainerSpec.Args?.includes(VALKEY_SECRETS) ?? false;
  if (several === valkey.highAvailability) return;
  throw refusal(
    `${several ? 'Three Valkeys run' : 'One Valkey runs'} on the Swarm, and ${owner}:valkey.highAvailability is ${valkey.highAvailability}.`,
    [`${commands.down}, which keeps the data and the secrets, and then ${commands.up}`],
  );
}

/**
 * Makes the first server the primary, with all that the others have, and ends those: its volume is the one that stays. Call it last, as nothing
 * may be refused after it. Does nothing in a preview, and where there are not more servers than the settings ask for.
 *
 * @throws pulumi.RunError when the first server does not become the primary; nothing has changed then.
 */
export async function bringBackToOne(
  docker: Docker,
  { valkey }: Settings,
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
