import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError, UserError } from '../core/errors.mjs';
import { Unfinished } from '../ops/backup/exchange.ts';
import {
  type Checked,
  checkArchive,
  type Dialogue,
  forgetKept,
  hasKept,
  type Restored,
  restoreArchive,
  restoreKept,
  type Session,
  settleRestore,
  withRestore,
} from '../ops/backup/restore.ts';
import { readStack, type Stack } from '../ops/outputs.ts';
import { projectName, readStackFile } from '../settings/file.ts';
import type { Command, Context } from './command.ts';
import { confirm, meter, requirePassphrase } from './terminal.ts';

/** Exit code of a restore that is neither finished nor undone. */
const UNFINISHED = 2;

/** The web UI's image that the stack file names; undefined where there is no file. */
function imageOfFile(root: string, stack: string): string | undefined {
  const path = join(root, `Pulumi.${stack}.yaml`);
  return existsSync(path) ? readStackFile(path, projectName(root), stack).webui.image : undefined;
}

function print({ what, signedIn }: Restored, { name, adminEmail }: Stack): void {
  console.log(
    `\n${what} is in place, and ${signedIn ? 'verified' : 'verified as far as that goes without a password'}.
What was there before is kept in the volumes:
  bring it back   npm run restore -- --stack ${name} --back
  remove it       npm run restore -- --stack ${name} --forget`,
  );
  if (signedIn) return;
  console.log(
    `The users are those of the backup, and ${adminEmail} does not have the password of this stack there.
  To give it that:  the present one into OPEN_WEBUI_PASSWORD (and OPEN_WEBUI_EMAIL), and npm run rotate -- --secret admin --stack ${name}`,
  );
}

interface Order {
  checked: Checked | undefined;
  forget: boolean;
}

async function work(session: Session, settled: string | undefined, { checked, forget }: Order): Promise<void> {
  if (settled) console.error(`✔ ${settled}`);
  if (checked) print(await restoreArchive(session, checked), session.stack);
  else if (forget) {
    await forgetKept(session);
    console.log('What the last restore had kept is removed.');
  } else if (settled && !(await hasKept(session))) {
    // A restore was to be undone that had not come to its end: that is what was asked for.
  } else print(await restoreKept(session), session.stack);
}

async function run(args: readonly string[], { root, env }: Context): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stack: { type: 'string' },
      from: { type: 'string' },
      image: { type: 'string' },
      yes: { type: 'boolean', default: false },
      back: { type: 'boolean', default: false },
      forget: { type: 'boolean', default: false },
      settle: { type: 'boolean', default: false },
    },
  });
  const { stack: name, from, yes, back, forget, settle } = values;
  if (!name) throw new UserError('which stack? npm run restore -- --stack NAME --from FILE');
  if (!from && !back && !forget && !settle)
    throw new UserError(`which backup? npm run restore -- --stack ${name} --from FILE`);
  const dialogue: Dialogue = {
    meter,
    say: (line) => console.error(line),
    confirm: async (question) => yes || confirm(question),
  };
  const checked = from
    ? await checkArchive(resolve(root, from), () => requirePassphrase(env, { twice: false }), dialogue)
    : undefined;
  const workspace = { root, env, stack: name };
  if (!checked && !back && !forget) {
    const settled = await settleRestore(workspace, values.image);
    if (settled) console.error(`✔ ${settled}`);
    return 0;
  }
  const stack = await readStack(workspace);
  const image = values.image ?? imageOfFile(root, name);
  try {
    await withRestore(stack, { image, dialogue }, (session, settled) => work(session, settled, { checked, forget }));
    return 0;
  } catch (error) {
    if (!(error instanceof Unfinished)) throw error;
    console.error(describeError(error));
    return UNFINISHED;
  }
}

export const command: Command = {
  summary: 'replaces the data with a backup and keeps the old data',
  usage: 'npm run restore -- [--stack NAME] --from FILE | --back | --forget | --settle [--image IMAGE] [--yes]',
  run,
};
