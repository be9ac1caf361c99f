/** A backup before another release of the web UI takes over its database: a step of the program, so that a plain `pulumi up` has it too. */

import * as pulumi from '@pulumi/pulumi';
import { folder } from '../ops/backup/folder.ts';
import { succeed } from '../ops/command.ts';
import { useEngine } from '../ops/engine.ts';
import { Failure } from '../core/errors.ts';

/** Set for a `pulumi up` that is part of a restore: the data that it starts is that of a backup. */
export const NO_BACKUP = 'OPEN_WEBUI_NO_UPGRADE_BACKUP';

/** What of a stack's settings matters here. */
interface Settings {
  host: Parameters<typeof useEngine>[0];
  webui: { image: string; volume: string; backupBeforeUpgrade: boolean };
  valkey: { volume: string };
}

/** What the stack has on the engine. */
interface Present {
  kind: string;
  name: string;
  /** Of a container: its image, and the volumes that it uses. */
  image: string;
  volumes: readonly string[];
}

/** The container that serves a volume, by whatever name, rather than one that prepares something. */
const serverOf = (volume: string, present: readonly Present[]): Present | undefined =>
  present.find(
    ({ kind, name, volumes }) => kind === 'container' && volumes.includes(volume) && !/-(init|archive)$/.test(name),
  );

/** Whether a container runs an image; asked of the engine where the list has its id, as the name has gone to another image since. */
async function runs(container: Present, image: string): Promise<boolean> {
  if (container.image === image) return true;
  const format = '{{.Config.Image}}';
  return (await succeed('docker', ['container', 'inspect', '--format', format, container.name])).trim() === image;
}

async function backup(
  { webui, valkey }: Settings,
  from: Present,
  present: readonly Present[],
  operatorPassword: string,
): Promise<string> {
  const stack = pulumi.getStack();
  const server = serverOf(valkey.volume, present);
  if (!server) throw new Failure('there is no container of Valkey', 'npm run up with the old webui.image');
  // Read only now: an update without an upgrade does without.
  const { take } = await import('../ops/backup/take.ts');
  const { passphraseOfEnvironment } = await import('../ops/backup/passphrase.ts');
  const { file } = await take(
    {
      webuiContainer: from.name,
      webuiVolume: webui.volume,
      valkeyContainer: server.name,
      valkeyVolume: valkey.volume,
      operatorPassword,
    },
    { stack, to: folder(), passphrase: passphraseOfEnvironment() },
  );
  return `a backup was made before ${webui.image} takes the place of ${from.image}: ${file}
  To go back:  set webui.image to ${from.image} again, and
               npm run restore -- --stack ${stack} --from ${file}`;
}

/**
 * Makes a backup where the web UI is about to get another image. To be awaited before anything that it needs is changed.
 *
 * @param present what the stack has on the engine; nothing when nobody could look.
 * @param operatorPassword is asked for only then.
 * @throws pulumi.RunError when there can be no backup: then there is no upgrade.
 */
export async function beforeUpgrade(
  settings: Settings,
  present: readonly Present[],
  operatorPassword: pulumi.Input<string>,
): Promise<void> {
  const { webui, host } = settings;
  const old = serverOf(webui.volume, present);
  if (!old || !webui.backupBeforeUpgrade || process.env[NO_BACKUP]) return;
  try {
    useEngine(host);
    if (await runs(old, webui.image)) return;
    if (pulumi.runtime.isDryRun()) {
      await pulumi.log.info(`${webui.image} takes the place of ${old.image}: the update makes a backup first`);
      return;
    }
    const password = await new Promise<string>((resolve) => pulumi.output(operatorPassword).apply(resolve));
    await pulumi.log.info(await backup(settings, old, present, password));
  } catch (error) {
    throw new pulumi.RunError(
      `The web UI was not upgraded to ${webui.image}, as there is no backup: ${(error as Error).message}. Nothing was created or changed.\n` +
        `  To do:             ${error instanceof Failure ? error.next : 'see what it says, and try again'}\n` +
        `  Or do without:     webui.backupBeforeUpgrade: false in Pulumi.${pulumi.getStack()}.yaml\n`,
    );
  }
}
