/** The settings of a stack as Pulumi has them: decrypted, and with what its ESC environments give. */

import { pulumiOn } from '../ops/pulumi.ts';
import { decoded, settingsOf } from '../settings/keys.ts';
import { parse, type Settings } from '../settings/parse.ts';
import type { Context } from './command.ts';
import { shortName } from './paths.ts';
import { openState } from './state.ts';

/** What `pulumi config --json` says of a setting. */
interface Entry {
  value?: string;
  objectValue?: unknown;
  secret: boolean;
}

type Entries = Readonly<Record<string, Entry>>;

/**
 * Asks Pulumi for the settings of a stack: for use in memory only.
 *
 * @param context PATH has the Pulumi CLI.
 * @param create whether a stack that does not exist is created in the state, as it has to be for its secrets to be read.
 * @throws UserError when the stack does not exist, and is not to be created. @throws RemoteError when Pulumi cannot read them.
 */
export async function askPulumi(
  { root, env }: Context,
  { project, stack, create }: { project: string; stack: string; create: boolean },
): Promise<Entries> {
  const name = shortName(stack);
  const place = { project, stack: name, qualified: stack, create, progress: () => {} };
  const state = await openState({ root, env }, place);
  try {
    const pulumi = pulumiOn({ root, env: state.env, stack: name, qualified: stack });
    return JSON.parse(await pulumi.run(['config', '--json', '--show-secrets', '--non-interactive']));
  } finally {
    state.tidy();
  }
}

/**
 * The settings that Pulumi has named, and whether some of them are secret.
 *
 * @throws UserError that names every setting which cannot be used.
 */
export function parseEntries(
  entries: Entries,
  { project, stack }: { project: string; stack: string },
): { settings: Settings; secret: boolean } {
  const own = settingsOf({ project, stack }, entries);
  const given = Object.fromEntries(
    Object.entries(own).map(([key, { value = '', objectValue }]) => [key, objectValue ?? decoded(value)]),
  );
  const secret = Object.values(own).some((one) => one.secret);
  // A rule may say a value of one section where it is about another.
  return { settings: parse({ project, stack, given, isSecret: () => secret }), secret };
}
