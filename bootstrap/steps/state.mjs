/** Where Pulumi keeps what it knows of the stacks: the user's own backend, else a folder in this checkout. */

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UserError } from '../../system/console.mjs';
import { run, which } from '../../system/exec.mjs';

const FOLDER = '.pulumi-state';

function login(env) {
  if (env.PULUMI_BACKEND_URL) return env.PULUMI_BACKEND_URL;
  try {
    const file = join(env.PULUMI_HOME ?? join(homedir(), '.pulumi'), 'credentials.json');
    const { current } = JSON.parse(readFileSync(file, 'utf8'));
    if (current) return current;
  } catch {
    // Nobody has logged in here.
  }
  return env.PULUMI_ACCESS_TOKEN ? 'Pulumi Cloud' : undefined;
}

export const stateFolder = (root) => join(root, FOLDER);

/** The passphrase of this checkout's stacks, made at first use. */
function passphraseFile(root, stack) {
  const file = join(stateFolder(root), 'passphrase');
  if (!existsSync(file)) {
    if (salt.test(readFileSync(stackFile(root, stack), 'utf8'))) {
      throw new UserError(
        `Pulumi.${stack}.yaml is bound to a passphrase (encryptionsalt), and ${file} does not exist.\n` +
          'Put the passphrase there (mode 0600) or into PULUMI_CONFIG_PASSPHRASE; or, if nothing of this stack is deployed, remove the line from the file.',
      );
    }
    mkdirSync(stateFolder(root), { recursive: true, mode: 0o700 });
    try {
      writeFileSync(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error; // another run was faster
    }
  }
  return file;
}

/** Name of the project, as Pulumi.yaml has it. */
export const projectName = (root) => /^name: (\S+)/m.exec(readFileSync(join(root, 'Pulumi.yaml'), 'utf8'))[1];

const stackFile = (root, stack) => join(root, `Pulumi.${stack}.yaml`);
const salt = /^encryptionsalt: .*\n?/m;

/** Stack files as they were before this command let Pulumi write into them. */
const before = new Map();

/**
 * Pulumi writes the salt of a passphrase into the stack file, and with it the project's name before each setting. With the state in
 * this checkout the salt stands there as well, so the file can stay as it is in git, unless somebody has put encrypted values into it.
 */
export function withoutSalt(root, stack) {
  const file = stackFile(root, stack);
  const text = readFileSync(file, 'utf8');
  if (!salt.test(text) || /^\s+secure: /m.test(text)) return;
  const bare = text.replace(salt, '');
  const own = before.get(file)?.replace(salt, '') ?? bare;
  const nameless = (yaml) => yaml.replaceAll(new RegExp(`^(\\s+)${projectName(root)}:`, 'gm'), '$1');
  writeFileSync(file, nameless(own) === nameless(bare) ? own : bare);
}

/** Refuses a stack that has no file, with those that have one. */
export function requireStackFile(root, stack) {
  if (existsSync(stackFile(root, stack))) return;
  const stacks = readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  throw new UserError(
    `There is no stack ${stack}, as there is no Pulumi.${stack}.yaml. There are: ${stacks.join(', ')}.`,
  );
}

async function knownStacks(env, root) {
  const listed = JSON.parse(await run(which('pulumi', env.PATH), ['stack', 'ls', '--json'], { env, cwd: root }));
  return listed.map(({ name }) => name.split('/').at(-1));
}

/** Whether a folder of this machine has the state of the stack; asking the CLI would take half a second. */
const kept = (backend, root, stack) =>
  backend.startsWith('file:///') &&
  existsSync(join(fileURLToPath(backend), '.pulumi', 'stacks', projectName(root), `${stack}.json`));

/** Whether there is a state of the stack anywhere; makes nothing. */
export async function hasState(env, root, stack) {
  if (login(env)) return (await knownStacks(env, root)).includes(stack);
  if (!existsSync(stateFolder(root))) return false;
  const embedded = { ...env, PULUMI_BACKEND_URL: pathToFileURL(stateFolder(root)).href };
  return (await knownStacks(embedded, root)).includes(stack);
}

/**
 * Points Pulumi to its state and makes sure that the stack exists there. `embedded` tells whether the state is in this checkout,
 * rather than where the user has put it.
 */
export async function stateStep(env, progress, root, stack, { create = true } = {}) {
  const where = login(env);
  if (!where) {
    env.PULUMI_BACKEND_URL = pathToFileURL(stateFolder(root)).href;
    if (!env.PULUMI_CONFIG_PASSPHRASE && !env.PULUMI_CONFIG_PASSPHRASE_FILE) {
      // Pulumi takes an empty variable for an empty passphrase.
      delete env.PULUMI_CONFIG_PASSPHRASE;
      env.PULUMI_CONFIG_PASSPHRASE_FILE = passphraseFile(root, stack);
    }
    mkdirSync(stateFolder(root), { recursive: true, mode: 0o700 });
    env.PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER = 'true';
  }
  before.set(stackFile(root, stack), readFileSync(stackFile(root, stack), 'utf8'));
  if (!(kept(where ?? env.PULUMI_BACKEND_URL, root, stack) || (await knownStacks(env, root)).includes(stack))) {
    if (!create) throw new UserError(`The stack ${stack} is not deployed. npm run up -- --stack ${stack} does it.`);
    progress(`making the stack ${stack}`);
    await run(which('pulumi', env.PATH), ['stack', 'init', stack, '--no-select'], { env, cwd: root });
  }
  return { embedded: !where, text: `${where ?? FOLDER}, stack ${stack}` };
}

const choice = (root) => join(stateFolder(root), 'default-stack');

/** The default stack of earlier runs; undefined before the first. */
export const rememberedStack = (root) =>
  existsSync(choice(root)) ? readFileSync(choice(root), 'utf8').trim() : undefined;

export function rememberStack(root, stack) {
  mkdirSync(stateFolder(root), { recursive: true, mode: 0o700 });
  writeFileSync(choice(root), `${stack}\n`);
}
