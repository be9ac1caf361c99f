/** `npm run new-stack -- NAME`: writes a stack file that can be deployed, from flags, from questions, or from a deployment that is there. */

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { Document } from 'yaml';
import { describeError, UserError } from '../core/errors.mjs';
import { isProduction } from '../core/stacks.ts';
import { projectName, readStackFile } from '../settings/file.ts';
import { isHidden } from '../settings/opaque.ts';
import { parse } from '../settings/parse.ts';
import { say } from '../system/console.mjs';
import type { Command, Context } from './command.ts';
import { stackFile } from './paths.ts';

interface Choice {
  flag: string;
  /** Setting that it stands for. */
  path: readonly string[];
  /** Asked on a terminal; an empty answer stands for the default. Without it, the flag is the only way. */
  question?: string;
  /** What is written where no flag and no answer says otherwise, as text; undefined leaves the setting out. */
  initial?: (stack: string) => string | undefined;
}

/** First port from 3000 that no stack file of this folder publishes; one that is encrypted cannot be seen. */
function freePort(root: string, project: string): string {
  const used = readdirSync(root).flatMap((file) => {
    const stack = /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1];
    if (!stack) return [];
    const { webui, hidden } = readStackFile(stackFile(root, stack), project, stack);
    const { publish } = webui;
    return isHidden(hidden, ['webui', 'publish', 'port']) || publish === 'none' ? [] : [publish.port];
  });
  let port = 3000;
  while (used.includes(port)) port++;
  return String(port);
}

const choices = (root: string, project: string): readonly Choice[] => [
  {
    flag: 'hardening',
    path: ['hardening'],
    question: 'How much are the containers isolated, standard or strict?',
    initial: (stack) => (isProduction(stack) ? 'strict' : undefined),
  },
  {
    flag: 'host',
    path: ['host', 'address'],
    question:
      'On which Docker host, such as ssh://deploy@chat.example.com? (nothing: the default engine of this machine)',
  },
  { flag: 'certificates', path: ['host', 'certificates'] },
  { flag: 'context', path: ['host', 'context'] },
  { flag: 'network', path: ['network', 'name'] },
  {
    flag: 'port',
    path: ['webui', 'publish', 'port'],
    question: 'On which port of that host is the page published?',
    initial: () => freePort(root, project),
  },
  { flag: 'address', path: ['webui', 'publish', 'address'] },
  {
    flag: 'url',
    path: ['webui', 'url'],
    question: 'At which address do people open it? (nothing: where it is published)',
  },
  { flag: 'email', path: ['webui', 'admin', 'email'], question: 'E-mail address of the first administrator?' },
  { flag: 'webui-image', path: ['webui', 'image'] },
  { flag: 'valkey-image', path: ['valkey', 'image'] },
];

/** Options of a move from what is there, as `parseArgs` takes them. */
const MOVE_OPTIONS = {
  'from-compose': { type: 'string', multiple: true },
  'from-containers': { type: 'string' },
  'env-file': { type: 'string', multiple: true },
  profile: { type: 'string', multiple: true },
  'project-name': { type: 'string' },
  service: { type: 'string' },
  check: { type: 'boolean' },
  partly: { type: 'boolean' },
} as const;

/** Answers by flag; those left out take the default. */
type Answers = Readonly<Record<string, string | undefined>>;

async function ask(all: readonly Choice[], stack: string): Promise<Answers> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const lines = terminal[Symbol.asyncIterator]();
  const answers: Record<string, string> = {};
  for (const { flag, question, initial } of all) {
    if (!question) continue;
    const standard = initial?.(stack);
    terminal.setPrompt(`${question}${standard ? ` [${standard}]` : ''} `);
    terminal.prompt();
    const { value, done } = await lines.next();
    if (done) throw new UserError('Not all questions were answered: nothing was written.');
    if (value.trim()) answers[flag] = value.trim();
  }
  terminal.close();
  return answers;
}

/** An answer as the file has it: ports are numbers, and several addresses are a list. */
function answerOf(flag: string, text: string): unknown {
  if (flag === 'port' && /^\d+$/.test(text)) return Number(text);
  return flag === 'address' && text.includes(',') ? text.split(',').map((one) => one.trim()) : text;
}

/** A stack file with some settings, as a document. */
function fileWith(config: object): Document {
  const file = new Document({ config });
  file.commentBefore = ' This file has only what differs from the defaults; README.md has all settings.';
  return file;
}

function documentOf(all: readonly Choice[], answers: Answers, stack: string): Document {
  const file = fileWith({});
  for (const { flag, path, initial } of all) {
    const text = answers[flag] ?? initial?.(stack);
    if (text !== undefined) file.setIn(['config', ...path], answerOf(flag, text));
  }
  return file;
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,39}$/;

/** Settings that flags give, without those that are left to their defaults. */
const wantedOf = (all: readonly Choice[], answers: Answers) =>
  all.flatMap(({ flag, path }) => {
    const text = answers[flag];
    return text === undefined ? [] : [{ path, value: answerOf(flag, text) }];
  });

/** Writes the file of a new stack and says how to deploy it. */
async function create(root: string, all: readonly Choice[], place: Place, answers: Answers): Promise<void> {
  const { project, stack } = place;
  const file = stackFile(root, stack);
  const name = basename(file);
  if (existsSync(file))
    throw new UserError(`There is a stack ${stack} already: ${name}. Edit it, or choose another name.`);
  const given = Object.keys(answers).length > 0;
  const document = documentOf(all, !given && process.stdin.isTTY ? await ask(all, stack) : answers, stack);
  const { webui } = parse({ project, stack, given: document.toJS().config, isSecret: () => false });
  // Refused rather than overwritten, should it exist by now.
  writeFileSync(file, document.toString(), { flag: 'wx' });
  console.log(`Wrote ${name}: the page will be at ${webui.url}.\nDeploy it:  npm run up -- --stack ${stack}`);
}

interface Place {
  project: string;
  stack: string;
}

async function run(context: Context, args: readonly string[]): Promise<number> {
  const { root } = context;
  const project = projectName(root);
  const all = choices(root, project);
  const flags = Object.fromEntries(all.map(({ flag }) => [flag, { type: 'string' as const }]));
  const options = { ...flags, ...MOVE_OPTIONS };
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const { 'from-compose': files = [], 'from-containers': webui, check = false, partly = false } = values;
  const isMove = files.length > 0 || webui !== undefined;
  const [stack = '', ...more] = positionals;
  if (!NAME.test(stack) || (more.length > 0 && !isMove)) {
    throw new UserError(
      `${stack ? `"${positionals.join(' ')}" is not a stack name` : 'Which stack?'}: npm run new-stack -- NAME, with up to 40 letters, digits, "_" and "-".\n` +
        `Flags: ${Object.keys(options)
          .map((flag) => `--${flag}`)
          .join(' ')}`,
    );
  }
  const given: Readonly<Record<string, unknown>> = values;
  const answers = Object.fromEntries(
    all.flatMap(({ flag }) => (given[flag] === undefined ? [] : [[flag, String(given[flag])]])),
  );
  if (!isMove) {
    await create(root, all, { project, stack }, answers);
    return 0;
  }
  if (files.length > 0 && webui !== undefined)
    throw new UserError('--from-compose and --from-containers are alternatives: give one of them.');
  try {
    const { moveHere } = await import('./move.ts');
    return await moveHere(context, {
      ...{ project, stack, check, partly },
      files: files.length > 0 ? [...files, ...more] : [],
      containers: webui === undefined ? [] : [webui, ...more],
      envFiles: values['env-file'] ?? [],
      profiles: values.profile ?? [],
      projectName: values['project-name'],
      service: values.service,
      host: { address: answers['host'], certificates: answers['certificates'], context: answers['context'] },
      wanted: wantedOf(all, answers),
      write: (config) => fileWith(config).toString({ lineWidth: 0 }),
    });
  } catch (error) {
    say(describeError(error));
    return 2;
  }
}

export const command: Command = {
  summary:
    'Writes a stack file that can be deployed: from flags, from questions on a terminal, or from a Compose file or containers; then exits 1 when something cannot move, 2 when it cannot tell.',
  usage: 'npm run new-stack -- NAME [--FLAG VALUE ...] [--from-compose FILE ... | --from-containers WEBUI [VALKEY]]',
  run: (args, context) => run(context, args),
};
