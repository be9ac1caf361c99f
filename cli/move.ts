/** `npm run new-stack -- NAME --from-compose FILE`, and `--from-containers`: a stack from a deployment that is there already. Changes nothing on the engine. */

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse, stringify } from 'yaml';
import type { Host } from '../core/endpoint.ts';
import { UserError } from '../core/errors.mjs';
import { connect } from '../docker/client.ts';
import { resolveHost } from '../docker/contexts.ts';
import { readContainers } from '../ops/compose/containers.ts';
import { readCompose } from '../ops/compose/file/read.ts';
import { type Found, find } from '../ops/compose/find.ts';
import { fates, todo } from '../ops/compose/report.ts';
import type { Source } from '../ops/compose/source.ts';
import { plan } from '../ops/compose/steps.ts';
import type { Draft, Wanted } from '../ops/compose/translate/draft.ts';
import { translate } from '../ops/compose/translate/index.ts';
import { pulumiOn } from '../ops/pulumi.ts';
import { settingsOf } from '../settings/keys.ts';
import { providePulumi } from '../setup/pulumi.ts';
import { say, step } from '../system/console.mjs';
import type { Context } from './command.ts';
import { stackFile } from './paths.ts';
import { openState } from './state.ts';

export interface Move {
  project: string;
  stack: string;
  /** Compose files or a folder; empty to read containers. */
  files: readonly string[];
  /** The web UI, and its Redis where it was named. */
  containers: readonly string[];
  envFiles: readonly string[];
  profiles: readonly string[];
  projectName: string | undefined;
  /** The service that is the web UI, where that is not clear. */
  service: string | undefined;
  /** Engine of the containers, and of the stack. */
  host: Host;
  /** Settings that flags give. */
  wanted: readonly Wanted[];
  /** The stack file with some settings, as text. */
  write(config: object): string;
  /** Whether nothing is written. */
  check: boolean;
  /** Whether what cannot move is left out. */
  partly: boolean;
}

async function read({ env }: Context, move: Move): Promise<{ source: Source; found: Found }> {
  if (move.files.length > 0) {
    const { files, envFiles, profiles, projectName } = move;
    const source = readCompose({ files, envFiles, env, profiles, projectName });
    return { source, found: find(source, { webui: move.service }) };
  }
  const docker = connect(resolveHost(move.host, 'the command line', env), env);
  const source = await readContainers(docker, move.containers);
  const [webui, redis] = move.containers;
  return { source, found: find(source, { webui, redis }) };
}

/** What Pulumi has made of a stack file: values that it has encrypted, and its own keys. */
interface Encrypted {
  config: Record<string, unknown>;
}

/** Lets Pulumi encrypt the secrets in the stack's file; returns what it has made of it. */
async function encrypt({ root, env }: Context, { project, stack }: Move, draft: Draft): Promise<Encrypted> {
  const pulumi = await step('Pulumi', (progress) => providePulumi({ root, env }, progress));
  const place = { project, stack, create: true, progress: () => {} };
  const state = await openState({ root, env: pulumi.env }, place);
  try {
    const { run } = pulumiOn({ root, env: state.env, stack });
    // By standard input: arguments show in the list of processes.
    for (const { path, value } of draft.secrets)
      await run(['config', 'set', '--secret', '--path', path.join('.'), '--non-interactive'], { input: value });
  } finally {
    state.tidy();
  }
  return parse(readFileSync(stackFile(root, stack), 'utf8'));
}

async function write(context: Context, move: Move, draft: Draft): Promise<void> {
  const file = stackFile(context.root, move.stack);
  // Refused rather than overwritten, should it exist by now.
  writeFileSync(file, move.write(draft.file), { flag: 'wx' });
  if (draft.secrets.length === 0) return;
  try {
    const { config, ...own } = await encrypt(context, move, draft);
    // Pulumi sorts settings, and puts the project's name before each.
    const settings = settingsOf(move, config);
    const all = draft.fileWith((path) => path.reduce<unknown>((value, key) => (value as typeof config)[key], settings));
    writeFileSync(file, move.write(all) + stringify(own));
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

const headline = (source: Source, { webui, redis }: Found): string =>
  [
    source.kind === 'compose' ? `${source.files.join(', ')}, project ${source.project}:` : 'Containers:',
    `${webui.name} is the web UI${redis ? `, and ${redis.name} its Redis` : ''}.`,
  ].join(' ');

/**
 * Makes a stack from a deployment that is there; says what becomes of everything in it.
 *
 * @returns 0: all of it moves, or the rest was left out as asked; 1: something cannot move, and nothing was written; 2: something is not known.
 * @throws UserError when the deployment cannot be read, or it is not clear what in it is the web UI.
 */
export async function moveHere(context: Context, move: Move): Promise<number> {
  const { stack, project } = move;
  const file = stackFile(context.root, stack);
  const { source, found } = await read(context, move);
  const { draft, upgrades } = translate(source, found, { project, stack, wanted: move.wanted });
  const moved = [found.webui.name, found.redis?.name];
  const unknown = source.unknown.filter(({ service }) => service === undefined || moved.includes(service));
  const hasKey = draft.secrets.some(({ path }) => path.at(-1) === 'sessionKey');
  const way = plan(source, found, { stack, upgrades, hasKey, volume: draft.defaults.webui.volume });
  console.log(`${headline(source, found)}\n\n${fates(draft.notes, unknown)}`);
  if (move.check) {
    const secrets = draft.secrets.map(({ path }) => `\n# encrypted: ${path.join('.')}`).join('');
    console.log(`${basename(file)} would be\n\n${move.write(draft.file).trimEnd()}${secrets}\n\n${todo(way)}`);
  }
  const obstacles = draft.notes.some(({ fate }) => fate === 'cannot');
  const code = move.partly ? 0 : unknown.length > 0 ? 2 : obstacles ? 1 : 0;
  if (move.check) return code;
  if (code !== 0) {
    say(
      unknown.length > 0
        ? '✘ Some values are unknown, so nothing was written. Put them into .env next to the file, or into a file that --env-file names; with --partly they are empty, as in Compose.'
        : '✘ Something cannot move, so nothing was written. --partly continues without it.',
    );
    return code;
  }
  if (existsSync(file)) throw new UserError(`There is a stack ${stack} already: ${basename(file)}.`);
  await write(context, move, draft);
  console.log(`Wrote ${basename(file)}. Nothing was changed on the engine.\n\n${todo(way)}`);
  return 0;
}
