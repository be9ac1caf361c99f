/** The way from one server of Valkey to several, and back. */

import * as pulumi from '@pulumi/pulumi';
import type { Owner } from '../core/labels.ts';
import { isSwarm, type PlatformSetting } from '../core/platform.ts';
import { serverNames, VALKEY_SECRETS } from '../core/valkey.ts';
import type { Docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';
import type { Found } from '../docker/inventory.ts';
import { type Service, stopTasks } from '../docker/services.ts';
import { pulled } from './images.ts';
import { operatorPassword } from './operator.ts';
import type { Subject } from './origin.ts';
import { ownServices, type Server, type SeveralServers, severalOn, severalServices } from './servers.ts';

/** What of a stack's settings matters here. */
interface Settings {
  platform: PlatformSetting;
  valkey: Server & { highAvailability: boolean; balancer: { image: string } };
  webui: { name: string };
}

/**
 * Makes the first server the primary, with all that the others have: its volume is the one that stays.
 *
 * @returns whether it has become it.
 */
async function handOver(docker: Docker, several: SeveralServers, subject: Subject): Promise<boolean> {
  const { makeFirstPrimary } = await import('../ops/backup/index.ts');
  const container = several.servers[0]?.container ?? '';
  return makeFirstPrimary(docker, { container, operatorPassword: await operatorPassword(subject), several });
}

const notPrimary = (server: string, toDo: string, { commands }: Subject) =>
  new pulumi.RunError(
    `${server} does not become the primary of Valkey, and with one server only its data would stay. Nothing was created or changed.\n` +
      `  to do: ${toDo}wait until ${commands.verify} finds nothing, and update again\n`,
  );

/** Ends the others on one Docker host, which replaces the first one by itself. */
async function bringBackToOne(docker: Docker, several: SeveralServers, subject: Subject): Promise<void> {
  const [first = '', ...others] = several.servers.map(({ container }) => container);
  if (!(await handOver(docker, several, subject)))
    throw notPrimary(first, `docker start ${[first, ...others].join(' ')}, `, subject);
  await docker.run(['stop', ...others]);
}

/** @throws pulumi.RunError when some tasks do not stop. */
async function stop(docker: Docker, services: readonly Service[]): Promise<void> {
  const names = services.map(({ Spec }) => Spec.Name);
  await stopTasks(docker, names).catch((error: Error) => {
    throw new pulumi.RunError(
      `Not all tasks of ${names.join(' and ')} have stopped, so the number of Valkeys was not changed: ${error.message}.\n` +
        `  why:    docker service ps ${names.join(' ')}\n` +
        '  to do:  stop them, and update again\n',
    );
  });
}

const replicasOf = ({ Spec }: Service): number => Spec.Mode.Replicated?.Replicas ?? 0;

/**
 * Stops web UIs and Valkeys on a Swarm, all of which the update starts again. The first server gets a host name or loses one, for which the provider
 * deletes its service and creates it again, without waiting for its task in every case: the next one would write to the same volume. And web UIs
 * that cannot reach Valkey accept tokens that were signed out.
 */
async function stopForOtherNumber(
  docker: Docker,
  { valkey, webui }: Settings,
  present: readonly Found[],
  subject: Subject,
): Promise<void> {
  const mine: Owner = { project: pulumi.getProject(), stack: pulumi.getStack() };
  const [name = '', ...copies] = serverNames(valkey.name);
  const found = await ownServices(docker, [name, ...copies, webui.name], mine).catch((error: Error) => {
    // A preview need not reach the manager.
    if (pulumi.runtime.isDryRun()) return [];
    throw error;
  });
  const named = (names: readonly string[]) => found.filter(({ Spec }) => names.includes(Spec.Name));
  const [[first], others, webuis] = [named([name]), named(copies), named([webui.name])];
  // Only one of several has passwords of its own.
  const isSeveral = first?.Spec.TaskTemplate.ContainerSpec.Args?.includes(VALKEY_SECRETS) ?? false;
  if (!first || isSeveral === valkey.highAvailability) return;
  await pulumi.log.info(
    'valkey.highAvailability changes: all web UIs stop until Valkey has started again, and requests wait at the gateway',
  );
  if (pulumi.runtime.isDryRun()) return;
  // Not while nothing runs.
  const { image } = valkey.balancer;
  if (!isSeveral && (await inspect(docker, 'image', [image])).length === 0)
    await pulled(docker, image, subject.commands);
  await stop(docker, webuis);
  // None of them runs where an earlier update was killed after this.
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
  if (isSeveral) return;
  // The volumes of the others may have something from when there were three before.
  const { letLead } = await import('../ops/backup/index.ts');
  await letLead(docker, { image: first.Spec.TaskTemplate.ContainerSpec.Image, volume: valkey.volume });
}

/**
 * Prepares another number of servers than there are. The first one, whose volume is the one that stays, has all that the others have when they end.
 * Call it last, as nothing may be refused after it. A preview changes nothing.
 *
 * @throws pulumi.RunError when the first server does not become the primary, when nothing has changed; or when something does not stop.
 */
export async function prepareNumber(
  docker: Docker,
  settings: Settings,
  present: readonly Found[],
  subject: Subject,
): Promise<void> {
  if (isSwarm(settings)) return stopForOtherNumber(docker, settings, present, subject);
  const { valkey } = settings;
  const several = valkey.highAvailability ? undefined : severalOn(valkey, present);
  if (several && !pulumi.runtime.isDryRun()) await bringBackToOne(docker, several, subject);
}
