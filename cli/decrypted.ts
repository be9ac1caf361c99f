/** The settings of a stack whose file hides what a command needs before Pulumi runs: Pulumi decrypts them. */

import { pulumiOn } from '../ops/pulumi.ts';
import { decoded, settingsOf } from '../settings/keys.ts';
import { parse, type Settings } from '../settings/parse.ts';
import { providePulumi } from '../setup/pulumi.ts';
import type { Context } from './command.ts';
import { openState } from './state.ts';

/** What `pulumi config --json` says of a setting. */
interface Entry {
  value?: string;
  objectValue?: unknown;
}

/**
 * The settings of a stack, decrypted: for use in memory only.
 *
 * @param create whether a stack that does not exist is created in the state, as it has to be for its secrets to be read.
 * @throws UserError when the stack does not exist, and is not to be created. @throws RemoteError when Pulumi cannot decrypt them.
 */
export async function decryptedSettings(
  { root, env }: Context,
  { project, stack, create }: { project: string; stack: string; create: boolean },
): Promise<Settings> {
  const silent = () => {};
  const pulumi = await providePulumi({ root, env }, silent);
  const state = await openState({ root, env: pulumi.env }, { project, stack, create, progress: silent });
  try {
    const text = await pulumiOn({ root, env: state.env, stack }).run(['config', '--json', '--show-secrets']);
    const entries = settingsOf({ project, stack }, JSON.parse(text) as Record<string, Entry>);
    const given = Object.fromEntries(
      Object.entries(entries).map(([key, { value = '', objectValue }]) => [key, objectValue ?? decoded(value)]),
    );
    return parse({ project, stack, given, isSecret: () => true });
  } finally {
    state.tidy();
  }
}
