import { resolve } from 'node:path';
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
import { commandsOf } from '../ops/pulumi.ts';
import type { Command, Context } from './command.ts';
import type { Needs } from './fingerprint.ts';
import { STACK_OPTIONS, STACK_USAGE, withDeployment } from './guest.ts';
import { isInterrupted, withMarker } from './recover.ts';
import { confirm, meter, requirePassphrase } from './terminal.ts';
import { type OpenStack, withStack } from './workspace.ts';

/** Exit code of a restore that is neither finished nor undone. */
const UNFINISHED = 2;

function print({ what, notProved }: Restored, { name, adminEmail, pulumi }: Stack): void {
  const { guest } = pulumi.workspace;
  const { restoreKept: back, forgetKept: remove } = commandsOf(pulumi.workspace);
  console.log(
    `\n${what} is in place, and ${notProved ? 'verified as far as possible without signing in' : 'verified'}.
The previous data is kept in the volumes:
  bring it back   ${back}
  remove it       ${remove}`,
  );
  if (!notProved) return;
  console.log(`Not proved: ${notProved.text}.\nThe users and their passwords are those of the backup.`);
  if (guest) return;
  console.log(
    `If it is a password, this gives ${adminEmail} that of this stack:
  the current one into OPEN_WEBUI_PASSWORD (and OPEN_WEBUI_EMAIL), and npm run rotate -- --secret admin --stack ${name}`,
  );
}

interface Order {
  checked: Checked | undefined;
  forget: boolean;
  settle: boolean;
  /** Whether `pulumi up` starts the servers. */
  update: boolean;
}

async function work(session: Session, settled: string | undefined, { checked, forget }: Order): Promise<void> {
  if (settled) console.error(`✔ ${settled}`);
  if (checked) print(await restoreArchive(session, checked), session.stack);
  else if (forget) {
    await forgetKept(session);
    console.log('What the last restore had kept is removed.');
  }
  // Without anything kept, bringing back a killed restore was all there was to do.
  else if (!settled || (await hasKept(session))) print(await restoreKept(session), session.stack);
}

const OPTIONS = {
  ...STACK_OPTIONS,
  from: { type: 'string' },
  yes: { type: 'boolean', default: false },
  back: { type: 'boolean', default: false },
  forget: { type: 'boolean', default: false },
  settle: { type: 'boolean', default: false },
  update: { type: 'boolean', default: false },
} as const;

/** Restores on an open stack; `image` is the web UI's that its file names, where it has one. */
async function restore(
  opened: OpenStack,
  image: string | undefined,
  dialogue: Dialogue,
  order: Order,
): Promise<number> {
  if (order.settle) {
    const settled = await settleRestore(opened, image);
    if (settled) console.error(`✔ ${settled}`);
    return 0;
  }
  const stack = await readStack(opened);
  try {
    await withRestore(stack, { image, dialogue, update: order.update }, (session, settled) =>
      work(session, settled, order),
    );
    return 0;
  } catch (error) {
    if (!(error instanceof Unfinished)) throw error;
    console.error(describeError(error));
    return UNFINISHED;
  }
}

async function run(args: readonly string[], context: Context): Promise<number> {
  const { root, env } = context;
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { from, yes, back, forget, cwd, update, stack: asked } = values;
  const settle = values.settle && !from && !back && !forget;
  if (!from && !back && !forget && !settle)
    throw new UserError(`which backup? npm run restore -- --stack ${asked ?? 'NAME'} --from FILE`);
  if (update && cwd === undefined)
    throw new UserError(
      '--update is for a program of --cwd: for a stack file, restore sees whether it names another image',
    );
  const dialogue: Dialogue = {
    meter,
    say: (line) => console.error(line),
    confirm: async (question) => yes || confirm(question),
  };
  // First of all: most of what can be wrong is wrong with the file.
  const passphrase = () => requirePassphrase(env, { twice: false });
  const checked = from ? await checkArchive(resolve(root, from), passphrase, dialogue) : undefined;
  const order = { checked, forget, settle, update };
  if (cwd !== undefined) {
    const ofGuest = (stack: OpenStack) => restore(stack, undefined, dialogue, order);
    return withDeployment(context, values, ofGuest, { changes: true });
  }
  const onStack = (stack: OpenStack, { images }: Needs) => {
    const work = () => restore(stack, images.webui, dialogue, order);
    // What an earlier update has left is still to be done, and its list of what existed before is still right. Otherwise an error means
    // that the restore was refused, or has undone itself.
    return isInterrupted(stack.root, stack.stack)
      ? work()
      : withMarker(stack, work, { isFinished: (code) => code !== UNFINISHED, keepOnError: false });
  };
  return withStack(context, asked, onStack, { changes: true });
}

export const command: Command = {
  summary: 'Replaces the data of a stack with a backup and keeps the old data.',
  usage: `npm run restore -- --from FILE | --back | --forget | --settle ${STACK_USAGE} [--update] [--yes]`,
  run,
};
