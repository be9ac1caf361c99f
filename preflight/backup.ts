/** A backup before another release of the web UI takes over its database: part of the program, so that a plain `pulumi up` has it too. */

import * as pulumi from '@pulumi/pulumi';
import type { Owner } from '../core/labels.ts';
import type { Docker } from '../docker/client.ts';
import { inspectContainer } from '../docker/inspect.ts';
import type { Found } from '../docker/inventory.ts';
import { readOwnState } from './state.ts';

/** What of a stack's settings matters here. */
interface Settings {
  webui: { image: string; volume: string; backupBeforeUpgrade: boolean };
  valkey: { volume: string; auth: boolean };
}

/** The container that serves a volume, whatever its name is. One that an older release of this program created has no role. */
const serverOn = (volume: string, present: readonly Found[]): Found | undefined =>
  present.find(
    ({ kind, role, volumes }) => kind === 'container' && volumes.includes(volume) && (role ?? 'server') === 'server',
  );

/** Whether a container runs an image; asked of the engine where the list has its id, because the name moved to another image since. */
async function runs(docker: Docker, container: Found, image: string): Promise<boolean> {
  if (container.image === image) return true;
  return (await inspectContainer(docker, container.name))?.Config.Image === image;
}

/** The password by which the Valkey that runs now knows its operator; empty where it asks for none. */
async function operatorPassword(): Promise<string> {
  const secret = (await readOwnState()).find(({ urn }) => /::(.*-)?secrets-operator-password$/.test(urn));
  return typeof secret?.outputs['result'] === 'string' ? secret.outputs['result'] : '';
}

/** @returns what was done, and how to go back. */
async function takeBackup(
  docker: Docker,
  { webui, valkey }: Settings,
  owner: Owner,
  old: Found,
  present: readonly Found[],
) {
  const { stack } = owner;
  const store = serverOn(valkey.volume, present);
  if (!store) throw new Error(`no container runs Valkey on the volume ${valkey.volume}`);
  // Loaded only now: an update without an upgrade does not need it.
  const { backupFolder, passphraseOfEnvironment, take } = await import('../ops/backup/index.ts');
  const source = {
    docker,
    owner,
    servers: {
      webui: { container: old.name, volume: webui.volume },
      valkey: {
        container: store.name,
        volume: valkey.volume,
        operatorPassword: valkey.auth ? await operatorPassword() : '',
      },
    },
  };
  const { file } = await take(source, { to: backupFolder(), passphrase: passphraseOfEnvironment() });
  return `a backup was made before ${webui.image} replaces ${old.image}: ${file}
  To go back:  set webui.image to ${old.image} again, and
               npm run restore -- --stack ${stack} --from ${file}`;
}

/**
 * Makes a backup before the web UI gets another image. Call it before anything is registered.
 *
 * @param present what the stack has on the engine; nothing when it could not be looked at.
 * @throws pulumi.RunError when there can be no backup: then there is no upgrade.
 */
export async function backupBeforeUpgrade(
  docker: Docker,
  settings: Settings,
  present: readonly Found[],
): Promise<void> {
  const { webui } = settings;
  const owner: Owner = { project: pulumi.getProject(), stack: pulumi.getStack() };
  const old = serverOn(webui.volume, present);
  if (!old || !webui.backupBeforeUpgrade) return;
  try {
    if (await runs(docker, old, webui.image)) return;
    const { isRestoring } = await import('../ops/backup/index.ts');
    // The restore that runs this update starts the data of a backup.
    if (await isRestoring(docker, owner)) return;
    if (pulumi.runtime.isDryRun()) {
      await pulumi.log.info(`${webui.image} replaces ${old.image}: the update makes a backup first`);
      return;
    }
    await pulumi.log.info(await takeBackup(docker, settings, owner, old, present));
  } catch (error) {
    const { message, next = 'see what it says, and try again' } = error as Error & { next?: string };
    throw new pulumi.RunError(
      `The web UI was not upgraded to ${webui.image}, because there is no backup: ${message}. Nothing was created or changed.\n` +
        `  To do:             ${next}\n` +
        `  Or do without:     webui.backupBeforeUpgrade: false in Pulumi.${owner.stack}.yaml\n`,
    );
  }
}
