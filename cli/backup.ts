import { statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { RemoteError, UserError } from '../core/errors.mjs';
import { backupFolder, passphraseOfEnvironment } from '../ops/backup/environment.ts';
import { countsOf } from '../ops/backup/fit.ts';
import { countText, sizeText } from '../ops/backup/format.ts';
import { sourceOf } from '../ops/backup/source.ts';
import { take } from '../ops/backup/take.ts';
import { readStack } from '../ops/outputs.ts';
import { commandsOf } from '../ops/pulumi.ts';
import type { Command } from './command.ts';
import { folderOfProgram, STACK_OPTIONS, STACK_USAGE, withDeployment } from './guest.ts';
import { meter, requirePassphrase } from './terminal.ts';
import type { OpenStack } from './workspace.ts';

/** A path as people type it in the checkout. */
function shortened(path: string, root: string): string {
  const short = relative(root, path);
  return short.startsWith('..') ? path : short;
}

/** What went wrong, as the reason that there is no backup. A bug stays what it is. */
function reasonOf(error: unknown, interrupted: boolean): unknown {
  if (interrupted) return new UserError('no backup: it was interrupted');
  const { message, next, syscall } = error as Error & { next?: string; syscall?: string };
  const known = error instanceof UserError || error instanceof RemoteError || syscall !== undefined;
  return known ? new UserError(`no backup: ${message}`, next) : error;
}

interface Order {
  /** Folder of the checkout. */
  root: string;
  to: string;
  encrypt: boolean;
}

async function backup(opened: OpenStack, { root, to, encrypt }: Order): Promise<number> {
  const { env, stack: name } = opened;
  const started = Date.now();
  // Ctrl-C leaves nothing behind.
  const interrupt = new AbortController();
  const abort = () => interrupt.abort();
  process.on('SIGINT', abort).on('SIGTERM', abort);
  try {
    const passphrase = encrypt ? await requirePassphrase(env, { twice: true }) : passphraseOfEnvironment(env);
    const source = sourceOf(await readStack(opened));
    const { show: progress, end } = meter(`backup of ${name}`);
    const { file, manifest } = await take(source, { to, passphrase, progress, signal: interrupt.signal }).finally(end);
    for (const warning of manifest.warnings) console.error(`! ${warning}`);
    const shown = shortened(file, root);
    const took = ((Date.now() - started) / 1000).toFixed(1);
    console.log(
      `${countText(countsOf(manifest))} in ${shown}, ${sizeText(statSync(file).size)}${passphrase === undefined ? '' : ', encrypted'}, in ${took} s
Put it back     ${commandsOf(opened).restore(shown)}
Keep elsewhere  the file, and the secrets of the stack, which are in Pulumi's state and not in it`,
    );
    return 0;
  } catch (error) {
    throw reasonOf(error, interrupt.signal.aborted);
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort);
  }
}

export const command: Command = {
  summary: "Backs up all of a stack's data to one file while it runs.",
  usage: `npm run backup [-- ${STACK_USAGE}] [--to DIR] [--encrypt]`,
  run(args, context) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...STACK_OPTIONS,
        to: { type: 'string' },
        encrypt: { type: 'boolean', default: false },
      },
    });
    const to =
      values.to === undefined
        ? backupFolder({ root: folderOfProgram(context, values), env: context.env })
        : resolve(context.root, values.to);
    return withDeployment(context, values, (stack) =>
      backup(stack, { root: context.root, to, encrypt: values.encrypt }),
    );
  },
};
