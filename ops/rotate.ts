/** Replaces a secret with a new one, everywhere at once. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { RemoteError, UserError } from '../core/errors.mjs';
import { COMPONENTS } from '../core/resourceTypes.ts';
import { WEBUI_DATA, WEBUI_SECRETS } from '../core/webui.ts';
import { CannotSignIn, credentials, signInWith } from './administrator.ts';
import { whileHeld } from './holding.ts';
import { type Reachable, readStack, type Stack } from './outputs.ts';
import { query } from './postgresCli.ts';
import { type Pulumi, pulumiOn, type Workspace } from './pulumi.ts';
import { withPage } from './relay.ts';
import { type Before, readNote, writeNote } from './rotationNote.ts';
import { trustsHeader } from './webui.ts';

/** What can be rotated: the ends of the resources' names below the component of the secrets, and what a rotation costs. */
export const SECRETS = {
  valkey: {
    resources: ['valkey-password', 'operator-password'],
    cost: 'Valkey and the web UI restart; browsers reconnect by themselves',
  },
  database: {
    resources: ['database-password', 'database-operations'],
    cost: 'Postgres and the web UI restart; browsers reconnect by themselves',
  },
  session: {
    resources: ['session-key'],
    cost: 'everyone is signed out, and what the web UI encrypted with the old key (OAuth sessions, valves) is lost',
  },
  admin: {
    resources: ['admin-password'],
    cost: 'the administrator is signed out, and the web UI restarts',
  },
} as const;

export type Secret = keyof typeof SECRETS;

/** Carries a rotation out; returns what people have to do afterwards, if anything. */
export type Rotation = () => Promise<string | undefined>;

export const isSecret = (name: string | undefined): name is Secret =>
  name !== undefined && Object.hasOwn(SECRETS, name);

/** A plain `pulumi up` that generates secrets again; whatever is made from them follows. */
async function replace(workspace: Workspace, secret: Secret): Promise<void> {
  const targets = SECRETS[secret].resources.flatMap((name) => ['--replace', `**${COMPONENTS.secrets}$**::*${name}`]);
  const code = await pulumiOn(workspace).attached(['up', '--yes', '--skip-preview', ...targets]);
  if (code !== 0) throw new RemoteError(`pulumi up exited with ${code}; see its output above`);
}

/** The same for what all web UIs have to agree on: requests wait in the gateway until the last of several has the new secret. */
const replaceForAll = (workspace: Workspace, secret: Secret, stack: Stack): Promise<void> =>
  whileHeld(stack, `rotation-${secret}`, () => replace(workspace, secret));

/** @throws RemoteError when an update has left a secret as it was. */
function requireNew(before: string, after: string): void {
  if (before === after) throw new RemoteError('pulumi up has generated no new secret: the old one is still in use');
}

/** Exists until page and state have the new password, so that a rotation that was killed can be finished. */
const noteOf = (folder: string, stack: string) => join(folder, `before-admin-rotation-${stack}.yaml`);

/**
 * The first of some passwords that the page takes.
 *
 * @throws CannotSignIn when it takes none.
 */
async function accepted(origin: string, email: string, passwords: readonly string[]): Promise<string> {
  let refusal: unknown;
  for (const password of new Set(passwords)) {
    try {
      await signInWith(origin, email, password);
      return password;
    } catch (error) {
      if (!(error instanceof CannotSignIn)) throw error;
      if (error.wantsToken)
        throw new UserError(`${error.message}: a command cannot change the password`, 'change it in the page');
      if (!error.wantsPassword) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** The administrator's password in the page, and whose it is. */
async function presentPassword(
  stack: Reachable,
  noted: Before | undefined,
): Promise<{ email: string; password: string }> {
  const { publishedAt } = stack.servers.webui;
  const { email, password } = credentials({ ...stack, adminEmail: noted?.email ?? stack.adminEmail });
  if (await trustsHeader(publishedAt)) {
    throw new CannotSignIn(
      'Open WebUI trusts a header of a proxy (WEBUI_AUTH_TRUSTED_EMAIL_HEADER): it asks for no password, and changes none',
      'change passwords where the proxy has them',
    );
  }
  const known = [password, stack.adminPassword, ...(noted ? [noted.password] : [])];
  return { email, password: await accepted(publishedAt, email, known) };
}

async function prepareAdmin(workspace: Workspace, folder: string): Promise<Rotation> {
  const file = noteOf(folder, workspace.stack);
  const [stack, noted] = await Promise.all([readStack(workspace), readNote(workspace, file)]);
  // Refused here, before anything has changed, when the page does not take what is known.
  const { email, password } = await withPage(stack, (reachable) => presentPassword(reachable, noted));
  return async () => {
    if (noted === undefined || noted.generated === stack.adminPassword) {
      await writeNote(workspace, file, { email, password, generated: stack.adminPassword });
      await replace(workspace, 'admin');
    }
    await withPage(await readStack(workspace), async ({ servers, adminPassword }) => {
      requireNew(noted?.generated ?? stack.adminPassword, adminPassword);
      if (password === adminPassword) return;
      const session = await signInWith(servers.webui.publishedAt, email, password);
      await session.request('POST', '/api/v1/auths/update/password', { password, new_password: adminPassword });
    });
    rmSync(file, { force: true });
    return undefined;
  };
}

async function prepareValkey(workspace: Workspace): Promise<Rotation> {
  const stack = await readStack(workspace);
  const { operatorPassword: before } = stack.servers.valkey;
  if (!before) {
    throw new UserError(
      `Valkey of the stack ${workspace.stack} has no password (valkey.auth: false): there is nothing to rotate`,
      'remove valkey.auth from the stack file and run npm run up, which generates passwords',
    );
  }
  return async () => {
    await replaceForAll(workspace, 'valkey', stack);
    requireNew(before, (await readStack(workspace)).servers.valkey.operatorPassword);
    return undefined;
  };
}

/** A hash of the database's address as the web UI has it: no output has its password. */
const HASH = `. "$1" && printf %s "$DATABASE_URL" | sha256sum`;

async function prepareDatabase(workspace: Workspace): Promise<Rotation> {
  const seen = async () => {
    const stack = await readStack(workspace);
    const { docker, servers } = stack;
    const hash = await docker.run(['exec', servers.webui.container, 'sh', '-c', HASH, 'sh', WEBUI_SECRETS]);
    return { stack, hash };
  };
  const before = await seen();
  if (!before.stack.servers.database) {
    throw new UserError(
      `the stack ${workspace.stack} deploys no Postgres: there is nothing to rotate`,
      'the password of a Postgres of your own is part of database.url: pulumi config set --secret --path database.url, and npm run up',
    );
  }
  return async () => {
    await replaceForAll(workspace, 'database', before.stack);
    requireNew(before.hash, (await seen()).hash);
    return undefined;
  };
}

/** Prints how many users have a second factor that the session key encrypts, where the users are in the web UI's own database file. */
const SECOND_FACTORS = `[ ! -r "$1" ] || . "$1"
[ -z "\${MFA_ENCRYPTION_KEY-}\${DATABASE_URL-}\${DATABASE_TYPE-}" ] || exit 0
python3 - "$2" <<'END'
import sqlite3, sys
users = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)
print(users.execute("select count(*) from auth where json_extract(mfa, '$.secret') is not null").fetchone()[0])
END`;

/** Succeeds where second factors have a key of their own. */
const OWN_KEY = `[ ! -r "$1" ] || . "$1"; [ -n "\${MFA_ENCRYPTION_KEY-}" ]`;

/** How many users have a second factor that the session key encrypts, as far as the database can be seen. */
async function secondFactors({ docker, servers }: Pick<Stack, 'docker' | 'servers'>): Promise<number> {
  const { webui, database } = servers;
  // A release without second factors has no such column.
  if (database) {
    const key = await docker.capture(['exec', webui.container, 'sh', '-c', OWN_KEY, 'sh', WEBUI_SECRETS]);
    if (key.code === 0) return 0;
    const rows = await query(
      docker,
      database.container,
      "select count(*) from auth where mfa->>'secret' is not null",
    ).catch(() => []);
    return Number(rows[0]?.[0] ?? 0);
  }
  const look = ['exec', webui.container, 'sh', '-c', SECOND_FACTORS, 'sh', WEBUI_SECRETS];
  return Number((await docker.capture([...look, `${WEBUI_DATA}/webui.db`])).stdout);
}

/** The setting by which a stack has the session key of before. */
const GIVEN_KEY = ['--path', 'webui.sessionKey'];

/** Whether the stack has a session key of its own; Pulumi's answer counts, as it may come from elsewhere than the stack file. */
const hasGivenKey = async (pulumi: Pulumi): Promise<boolean> =>
  (await pulumi.capture(['config', 'get', ...GIVEN_KEY])).code === 0;

/**
 * Removes the session key from the stack file, so that the generated one counts.
 *
 * @returns what people have to do about it.
 * @throws UserError when it comes from elsewhere.
 */
async function removeGivenKey(pulumi: Pulumi): Promise<string> {
  const file = `Pulumi.${pulumi.workspace.stack}.yaml`;
  await pulumi.run(['config', 'rm', ...GIVEN_KEY]);
  if (await hasGivenKey(pulumi)) {
    throw new UserError(
      `webui.sessionKey is not in ${file}, but in Pulumi.yaml or in an environment of Pulumi ESC: nothing was rotated`,
      'remove it there, and run this again',
    );
  }
  return `webui.sessionKey was removed from ${file}: the generated key is used from now on. Commit the file, or the next update from another checkout brings the old key back.`;
}

async function prepareSession(workspace: Workspace): Promise<Rotation> {
  const pulumi = pulumiOn(workspace);
  const stack = await readStack(workspace);
  const count = await secondFactors(stack);
  if (count > 0) {
    throw new UserError(
      `${count === 1 ? 'one user has' : `${count} users have`} a second factor, which the session key encrypts: with another key Open WebUI would not start`,
      'remove the second factors in the page first',
    );
  }
  const given = await hasGivenKey(pulumi);
  return async () => {
    const note = given ? await removeGivenKey(pulumi) : undefined;
    await replaceForAll(workspace, 'session', stack);
    return note;
  };
}

/**
 * Prepares the rotation of a secret, and returns what carries it out.
 *
 * @param folder where a note lies meanwhile, with the old password in it, encrypted.
 * @throws UserError when there is no such secret, or the administrator cannot sign in; nothing has changed then. What is returned throws a
 *   RemoteError when Pulumi fails.
 */
export async function prepareRotation(workspace: Workspace, secret: Secret, folder: string): Promise<Rotation> {
  if (secret === 'admin') return prepareAdmin(workspace, folder);
  if (secret === 'valkey') return prepareValkey(workspace);
  if (secret === 'database') return prepareDatabase(workspace);
  return prepareSession(workspace);
}
