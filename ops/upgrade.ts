/** A backup before another release of the web UI takes over its database: a step of the program, so that a plain `pulumi up` has it too. */

import * as pulumi from '@pulumi/pulumi';
import { folder } from './archive/folder.ts';
import { command } from './command.ts';
import { useEngine } from './engine.ts';
import { Failure } from './failure.ts';

/** Set for a `pulumi up` that is part of a restore: the data that it starts is that of a backup. */
export const NO_BACKUP = 'OPEN_WEBUI_NO_UPGRADE_BACKUP';

/** What of a stack's settings matters here. */
interface Settings {
  host: Parameters<typeof useEngine>[0];
  webui: { image: string; volume: string; backupBeforeUpgrade: boolean };
  valkey: { volume: string };
}

/** There is no docker command, or no engine behind it. */
class NoAnswer extends Error {}

/** What the stack has on a volume now, by whatever name: the container that serves, rather than one that prepares something. */
async function containerOn(volume: string): Promise<{ name: string; image: string } | undefined> {
  const labels = { project: pulumi.getProject(), stack: pulumi.getStack() };
  const filters = [
    `volume=${volume}`,
    ...Object.entries(labels).map(([key, value]) => `label=com.pulumi.${key}=${value}`),
  ];
  const docker = async (...args: string[]) => {
    const { code, stdout, stderr } = await command('docker', args).catch((error: Error) => {
      throw new NoAnswer(error.message);
    });
    if (code !== 0) throw new NoAnswer(stderr.trim());
    return stdout;
  };
  const all = await docker(
    'ps',
    '--all',
    ...filters.flatMap((filter) => ['--filter', filter]),
    '--format',
    '{{.Names}}',
  );
  const name = all.split('\n').find((one) => one && !/-(init|archive)$/.test(one));
  if (!name) return undefined;
  return { name, image: (await docker('container', 'inspect', '--format', '{{.Config.Image}}', name)).trim() };
}

async function backup(
  { webui, valkey }: Settings,
  from: { name: string; image: string },
  operatorPassword: string,
): Promise<string> {
  const stack = pulumi.getStack();
  const server = await containerOn(valkey.volume);
  if (!server) throw new Failure('there is no container of Valkey', 'npm run up with the old webui.image');
  // Read only now: an update without an upgrade does without.
  const { take } = await import('./archive/take.ts');
  const { passphraseOfEnvironment } = await import('./archive/passphrase.ts');
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
 * @param operatorPassword is asked for only then.
 * @throws pulumi.RunError when there can be no backup: then there is no upgrade.
 */
export async function beforeUpgrade(settings: Settings, operatorPassword: pulumi.Input<string>): Promise<void> {
  const { webui, host } = settings;
  if (!webui.backupBeforeUpgrade || process.env[NO_BACKUP]) return;
  try {
    useEngine(host);
    const present = await containerOn(webui.volume);
    if (!present || present.image === webui.image) return;
    if (pulumi.runtime.isDryRun()) {
      await pulumi.log.info(`${webui.image} takes the place of ${present.image}: the update makes a backup first`);
      return;
    }
    const password = await new Promise<string>((resolve) => pulumi.output(operatorPassword).apply(resolve));
    await pulumi.log.info(await backup(settings, present, password));
  } catch (error) {
    if (error instanceof NoAnswer) {
      // A preview does without the engine. An update does not, and says so itself; but it can do without the docker command.
      if (!pulumi.runtime.isDryRun())
        await pulumi.log.warn(`Nobody has looked whether a backup is due, as docker does not answer: ${error.message}`);
      return;
    }
    throw new pulumi.RunError(
      `The web UI was not upgraded to ${webui.image}, as there is no backup: ${(error as Error).message}. Nothing was created or changed.\n` +
        `  To do:             ${error instanceof Failure ? error.next : 'see what it says, and try again'}\n` +
        `  Or do without:     webui.backupBeforeUpgrade: false in Pulumi.${pulumi.getStack()}.yaml\n`,
    );
  }
}
