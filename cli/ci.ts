/** `node cli/main.ts ci affected|credentials|comment`: what the workflows ask. docs/ci.md has how they fit together. */

import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { UserError } from '../core/errors.mjs';
import type { Command, Context } from './command.ts';
import { shortName, stackFile } from './paths.ts';

/** Reads the names of changed files from standard input, one a line, and prints the stacks that they touch as a JSON list. */
async function affected(_: readonly string[], { root }: Context): Promise<number> {
  const { affectedStacks, stackOf } = await import('../ops/ci/affected.ts');
  const stacks = readdirSync(root).flatMap((file) => stackOf(file) ?? []);
  console.log(JSON.stringify(affectedStacks(readFileSync(0, 'utf8').split('\n').filter(Boolean), stacks)));
  return 0;
}

/** Whether an upgrade of a stack makes a backup first. */
async function backsUp(root: string, stack: string): Promise<boolean> {
  const { projectConfig, projectName, readStackFile } = await import('../settings/file.ts');
  return readStackFile(stackFile(root, stack), projectName(root), shortName(stack), projectConfig(root)).webui
    .backupBeforeUpgrade;
}

/** Refuses to continue where a deployment, or `drift`, would succeed and be lost; the variable STACK names the stack. */
async function credentials([purpose]: readonly string[], context: Context): Promise<number> {
  const [{ missing }, { namesHost }, { projectBackend }] = await Promise.all([
    import('../ops/ci/credentials.ts'),
    import('./needs.ts'),
    import('./state.ts'),
  ]);
  const { root, env } = context;
  const { STACK: stack } = env;
  if (!stack) throw new UserError('which stack? The variable STACK has to name it');
  const ownHost = await namesHost(context, stack);
  const backups = purpose !== 'drift' && (await backsUp(root, stack)) ? { root } : undefined;
  const [, secrets] = /^secretsprovider: *"?([^\s"]+)/m.exec(readFileSync(stackFile(root, stack), 'utf8')) ?? [];
  const texts = missing(env, ownHost, { backend: projectBackend(root), secrets, backups });
  for (const text of texts) console.log(`::error::${text} See docs/ci.md`);
  return texts.length === 0 ? 0 : 1;
}

/** Puts the reports in a folder into one comment on the pull request. */
async function comment([folder, stacks]: readonly string[], { env }: Context): Promise<number> {
  const [{ putComment, reportOf }, { forge, isForbidden }] = await Promise.all([
    import('../ops/ci/comment.ts'),
    import('../ops/ci/forge.ts'),
  ]);
  if (!folder || !stacks) throw new UserError(`which reports? node cli/main.ts ci comment FOLDER '["STACK"]'`);
  const reports = (JSON.parse(stacks) as string[]).map((stack) => reportOf(folder, stack));
  try {
    console.log(await putComment(forge(env), reports));
  } catch (error) {
    if (!isForbidden(error)) throw error;
    // The token of a run for a fork may only read.
    const { GITHUB_STEP_SUMMARY: file } = env;
    if (file) appendFileSync(file, `${reports.join('\n\n')}\n`);
    console.log(
      `::notice::No comment, as this run may not write one: the previews are ${file ? 'in its summary' : 'in its files'}`,
    );
  }
  return 0;
}

const commands: Readonly<Record<string, Command['run']>> = { affected, credentials, comment };

export const command: Command = {
  summary:
    'For workflows: which stacks a change touches, whether a deployment would last, and the comment with the reports.',
  usage: 'node cli/main.ts ci affected|credentials [drift]|comment',
  async run([name = '', ...args], context) {
    const run = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!run) throw new UserError(`usage: node cli/main.ts ci ${Object.keys(commands).join(' | ')}`);
    return run(args, context);
  },
};
