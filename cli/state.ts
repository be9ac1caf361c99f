/** Where Pulumi keeps what it knows of the stacks: the user's own backend, else a folder in this checkout. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UserError } from '../core/errors.mjs';
import { NotDeployed } from '../core/notDeployed.ts';
import type { Progress } from '../system/console.mjs';
import { run } from '../system/exec.mjs';
import type { Context } from './command.ts';
import { shortName, stackFile, stateFolder } from './paths.ts';

/** The backend that Pulumi.yaml names. */
export function projectBackend(root: string): string | undefined {
  const file = join(root, 'Pulumi.yaml');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (!/^backend:/m.test(text)) return undefined;
  // Not worth its time where there is nothing to read.
  const { parse } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
  return (parse(text) as { backend?: { url?: string } }).backend?.url || undefined;
}

/**
 * The backend that the user has chosen, as Pulumi looks for it: a variable, then Pulumi.yaml, then a login; undefined when there is none.
 */
export function chosenBackend({ root, env }: Context): string | undefined {
  const { PULUMI_BACKEND_URL: url, PULUMI_HOME: home = join(homedir(), '.pulumi'), PULUMI_ACCESS_TOKEN: token } = env;
  const named = url || projectBackend(root);
  if (named) return named;
  try {
    const { current } = JSON.parse(readFileSync(join(home, 'credentials.json'), 'utf8')) as { current?: string };
    if (current) return current;
  } catch {
    // No login on this machine.
  }
  return token ? 'Pulumi Cloud' : undefined;
}

const SALT = /^encryptionsalt: .*\n?/m;
const ENCRYPTED = /^\s+secure: /m;

/** The passphrase of this checkout's stacks, generated at first use. */
function passphraseFile(root: string, stack: string): string {
  const file = join(stateFolder(root), 'passphrase');
  if (existsSync(file)) return file;
  if (SALT.test(readFileSync(stackFile(root, stack), 'utf8'))) {
    throw new UserError(
      `Pulumi.${stack}.yaml is bound to a passphrase (encryptionsalt), and ${file} does not exist.\n` +
        'Put the passphrase there (mode 0600) or into PULUMI_CONFIG_PASSPHRASE; or, if nothing of this stack is deployed, remove the line from the file.',
    );
  }
  mkdirSync(stateFolder(root), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // another run was faster
  }
  return file;
}

/**
 * A stack file without what Pulumi has written into it: the salt of a passphrase, and the project's name before each setting. With the
 * state in this checkout the salt stands there as well, so the file can stay as it is in git, unless it holds encrypted values.
 */
function withoutSalt(text: string, before: string, project: string): string {
  if (!SALT.test(text) || ENCRYPTED.test(text)) return text;
  const bare = text.replace(SALT, '');
  const own = before.replace(SALT, '');
  const nameless = (yaml: string) => yaml.replaceAll(new RegExp(`^(\\s+)${project}:`, 'gm'), '$1');
  return nameless(own) === nameless(bare) ? own : bare;
}

async function knownStacks({ root, env }: Context, qualified: string): Promise<string[]> {
  const [organization] = qualified.split('/').slice(0, -1);
  // A bucket or a folder knows one organization, and this is its name.
  const of = organization && organization !== 'organization' ? ['--organization', organization] : [];
  const args = ['stack', 'ls', '--json', ...of];
  const listed = JSON.parse(await run('pulumi', args, { env, cwd: root })) as { name: string }[];
  return listed.map(({ name }) => name.split('/').at(-1) ?? '');
}

/** The folder of a backend on this machine, as Pulumi reads its address; undefined for any other. */
export function folderOf(backend: string, root: string): string | undefined {
  if (!backend.startsWith('file://')) return undefined;
  const path = decodeURI(backend.slice('file://'.length).replace(/\?.*$/s, ''));
  return resolve(root, /^~(\/|$)/.test(path) ? join(homedir(), path.slice(1)) : path);
}

interface Place {
  root: string;
  project: string;
  stack: string;
}

/** The file of a stack in the folder of a backend. */
const checkpointIn = (folder: string, { project, stack }: Place) =>
  join(folder, '.pulumi', 'stacks', project, `${stack}.json`);

/** Whether a folder of this machine has the state of the stack; the CLI takes half a second to say so. */
function isInFolder(backend: string, place: Place): boolean {
  const folder = folderOf(backend, place.root);
  return folder !== undefined && existsSync(checkpointIn(folder, place));
}

/**
 * Removes what a killed Pulumi has left half written beside a state in a folder, and does without: a state is written to the side and renamed,
 * the file with its attributes is not. With an empty one, Pulumi fails with "failed to load checkpoint: EOF".
 */
export function removeHalfWritten(backend: string, place: Place): void {
  const folder = folderOf(backend, place.root);
  if (folder === undefined) return;
  const checkpoint = checkpointIn(folder, place);
  for (const file of [`${checkpoint}.attrs`, `${checkpoint}.bak.attrs`]) {
    try {
      JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
      if (error instanceof SyntaxError) rmSync(file, { force: true });
    }
  }
}

const embeddedBackend = (root: string) => pathToFileURL(stateFolder(root)).href;

/** Where the state of this checkout's stacks is. */
export const backendOf = (context: Context): string => chosenBackend(context) ?? embeddedBackend(context.root);

/** Whether there is a state of the stack anywhere; creates nothing. */
export async function hasState({ root, env }: Context, stack: string): Promise<boolean> {
  const name = shortName(stack);
  if (chosenBackend({ root, env })) return (await knownStacks({ root, env }, stack)).includes(name);
  if (!existsSync(stateFolder(root))) return false;
  const embedded = { ...env, PULUMI_BACKEND_URL: embeddedBackend(root) };
  return (await knownStacks({ root, env: embedded }, stack)).includes(name);
}

/** The state of a stack. */
export interface State {
  /** The environment in which Pulumi finds it. */
  env: NodeJS.ProcessEnv;
  /** Whether it is in this checkout, rather than where the user has put it. */
  embedded: boolean;
  /** Its backend's address. */
  backend: string;
  text: string;
  /** Takes out of the stack file what Pulumi has written into it; to be called after each of its commands. */
  tidy(): void;
}

/** The environment in which Pulumi keeps a state, and its passphrase, in this checkout. */
function embeddedEnvironment({ root, env }: Context, stack: string): NodeJS.ProcessEnv {
  mkdirSync(stateFolder(root), { recursive: true, mode: 0o700 });
  const more = { PULUMI_BACKEND_URL: embeddedBackend(root), PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER: 'true' };
  if (env['PULUMI_CONFIG_PASSPHRASE'] || env['PULUMI_CONFIG_PASSPHRASE_FILE']) return { ...env, ...more };
  // Pulumi takes an empty variable for an empty passphrase.
  const { PULUMI_CONFIG_PASSPHRASE: _, ...rest } = env;
  return { ...rest, ...more, PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile(root, stack) };
}

/**
 * Opens the state of a stack.
 *
 * @param create whether the stack is created there when it does not exist.
 * @throws UserError when it does not exist, and is not to be created.
 */
export async function openState(
  context: Context,
  {
    project,
    stack,
    qualified = stack,
    create,
    progress,
  }: { project: string; stack: string; qualified?: string | undefined; create: boolean; progress: Progress },
): Promise<State> {
  const { root } = context;
  const chosen = chosenBackend(context);
  const env = chosen ? context.env : embeddedEnvironment(context, stack);
  const file = stackFile(root, stack);
  const before = readFileSync(file, 'utf8');
  const backend = chosen ?? embeddedBackend(root);
  removeHalfWritten(backend, { root, project, stack });
  const exists =
    isInFolder(backend, { root, project, stack }) || (await knownStacks({ root, env }, qualified)).includes(stack);
  if (!exists) {
    if (!create)
      throw new NotDeployed(`The stack ${stack} is not deployed. npm run up -- --stack ${stack} deploys it.`);
    progress(`creating the stack ${stack}`);
    await run('pulumi', ['stack', 'init', qualified, '--no-select'], { env, cwd: root });
  }
  const tidy = () => {
    const text = readFileSync(file, 'utf8');
    const bare = withoutSalt(text, before, project);
    if (bare !== text) writeFileSync(file, bare);
  };
  return {
    env,
    embedded: !chosen,
    backend,
    text: `${chosen ?? '.pulumi-state'}, stack ${stack}`,
    tidy: chosen ? () => {} : tidy,
  };
}

const choice = (root: string) => join(stateFolder(root), 'default-stack');

/** The default stack of earlier runs; undefined before the first. */
export const rememberedStack = (root: string): string | undefined =>
  existsSync(choice(root)) ? readFileSync(choice(root), 'utf8').trim() : undefined;

export function rememberStack(root: string, stack: string): void {
  mkdirSync(stateFolder(root), { recursive: true, mode: 0o700 });
  writeFileSync(choice(root), `${stack}\n`);
}
