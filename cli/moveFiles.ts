/** `npm run move-files`: takes uploaded files along into the bucket that the stack file names, or back into the volume. */

import { parseArgs } from 'node:util';
import { type RemoteError, UserError } from '../core/errors.mjs';
import { MOVING_FILES } from '../core/move.ts';
import { storageText } from '../core/storage.ts';
import { type Moved, moveFiles } from '../ops/moveFiles/move.ts';
import { readStack, type Stack } from '../ops/outputs.ts';
import { preview } from '../ops/preview/preview.ts';
import type { Settings } from '../settings/parse.ts';
import { step } from '../system/console.mjs';
import { chooseStack } from './chooseStack.ts';
import type { Command, Context } from './command.ts';
import { deploy } from './deploy.ts';
import { exclusively } from './exclusive.ts';
import { finishEarlier } from './finishEarlier.ts';
import { shortName } from './paths.ts';
import { askPulumi, parseEntries } from './pulumiSettings.ts';
import { nameStack, type OpenStack, openStack, prepareStack } from './workspace.ts';

const files = (count: number) => (count === 1 ? 'one file' : `${count} files`);

const text = ({ moved, missing }: Moved): string =>
  `${files(moved)}${missing === 0 ? '' : `; already missing: ${files(missing)}`}`;

/** Copies what is not where the settings have it. */
const copy = (stack: Stack, storage: Settings['storage'], name = 'files'): Promise<Moved> =>
  step(name, async (progress) => {
    const moved = await moveFiles(stack, storage, (done, total) => progress(`${done} of ${files(total)}`));
    return { text: text(moved), ...moved };
  });

/** The stack as `pulumi` is run on it while files are still on their way. */
const moving = (opened: OpenStack): OpenStack => ({ ...opened, env: { ...opened.env, [MOVING_FILES]: 'true' } });

/** What keeps the stack from being deployed as its file has it now, with its files on the way. */
async function requireDeployable(opened: OpenStack): Promise<void> {
  await step('check', async (progress) => {
    progress('previewing the stack with its files in the new place');
    const { code, errors } = await preview(moving(opened), []);
    opened.tidy();
    if (code !== 0)
      throw new UserError(
        `the stack could not be deployed: ${errors[0]?.trim() ?? `pulumi preview ended with ${code}`}`,
      );
    return { text: 'it can be deployed' };
  });
}

async function move(opened: OpenStack, stack: Stack, { storage }: Settings): Promise<number> {
  const { stack: name } = opened;
  const present = stack.servers.webui.bucket;
  const wanted = storage.kind === 's3' ? storage.bucket : undefined;
  if (present !== undefined && wanted !== undefined && present !== wanted)
    throw new UserError(
      `the files of the stack ${name} are in the bucket ${present}, and this command moves none between buckets`,
      `copy them under the same keys (aws s3 sync s3://${present} s3://${wanted}), and npm run up -- --stack ${name}`,
    );
  await requireDeployable(opened);
  const first = await copy(stack, storage);
  // Back in the volume nothing has the keys for late ones: then the update looks itself whether there are any.
  const deployed = await deploy(wanted === undefined ? opened : moving(opened)).catch(
    (error: UserError | RemoteError) => {
      throw new UserError(
        `${error.message}\n  The originals are still in place. Continue:  npm run move-files -- --stack ${name}`,
      );
    },
  );
  // What people have uploaded while the web UI was replaced.
  const late = wanted === undefined ? undefined : await copy(deployed, storage, 'late files');
  const sum = { moved: first.moved + (late?.moved ?? 0), missing: first.missing + (late?.missing ?? 0) };
  const [to, from] = [wanted, present].map((bucket) =>
    bucket === undefined ? `the ${storageText(deployed.servers.webui)}` : `the bucket ${bucket}`,
  );
  const kind = present === undefined ? 'local' : 's3';
  console.log(`
The stack ${name} has its uploaded files in ${to}: ${text(sum)}.
Left as they were  those in ${from}
Go back            storage.kind: ${kind} in the stack file, and npm run move-files -- --stack ${name}`);
  return 0;
}

async function open(context: Context, name: string): Promise<number> {
  const { machine, needs } = await prepareStack(context, step, name);
  const place = { project: needs.project, stack: shortName(name) };
  return exclusively(context, place, async () => {
    const opened = await openStack(machine, name, place.project, {
      create: false,
      show: step,
      before: (stack, progress) => finishEarlier(stack, needs.images.webui, progress),
    });
    try {
      const stack = await readStack(opened);
      const entries = await askPulumi(machine, { ...place, stack: name, create: false });
      await chooseStack(machine, step, name);
      return await move(opened, stack, parseEntries(entries, place).settings);
    } finally {
      opened.tidy();
    }
  });
}

export const command: Command = {
  summary: 'Moves uploaded files into the bucket that the stack file names, or back into the volume.',
  usage: 'npm run move-files [-- --stack NAME]',
  run(args, context) {
    const { values } = parseArgs({ args: [...args], options: { stack: { type: 'string', short: 's' } } });
    return open(context, nameStack(context.root, values.stack));
  },
};
