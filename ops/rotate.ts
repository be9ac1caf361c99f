/** Puts a new secret in the place of an old one, everywhere at once. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemoteError } from '../core/errors.mjs';
import { COMPONENTS } from '../core/resourceTypes.ts';
import { accepts, credentials, signIn } from './administrator.ts';
import { readStack } from './outputs.ts';
import { pulumiOn, type Workspace } from './pulumi.ts';
import { withPage } from './relay.ts';
import { Session } from './webui.ts';

/** What can be rotated: the ends of the resources' names below the component of the secrets, and what a rotation costs. */
export const SECRETS = {
  valkey: {
    resources: ['valkey-password', 'operator-password'],
    cost: 'Valkey and the web UI restart; browsers reconnect by themselves',
  },
  session: {
    resources: ['session-key'],
    cost: 'everybody is signed out, and what the web UI has encrypted with the old key (OAuth sessions, valves) is lost',
  },
  admin: {
    resources: ['admin-password'],
    cost: 'the administrator is signed out, and the web UI restarts',
  },
} as const;

export type Secret = keyof typeof SECRETS;

export const isSecret = (name: string | undefined): name is Secret =>
  name !== undefined && Object.hasOwn(SECRETS, name);

/** A plain `pulumi up` that generates secrets again; whatever is made from them follows. */
async function replace(workspace: Workspace, secret: Secret): Promise<void> {
  const targets = SECRETS[secret].resources.flatMap((name) => ['--replace', `**${COMPONENTS.secrets}$**::*${name}`]);
  const code = await pulumiOn(workspace).attached(['up', '--yes', '--skip-preview', ...targets]);
  if (code !== 0) throw new RemoteError(`pulumi up ended with ${code}; what it says above tells why`);
}

/** What the web UI and Pulumi held before a rotation of the administrator's password. */
interface Before {
  email: string;
  password: string;
  generated: string;
}

/** Exists until both have the new password, so that a rotation that was killed can be finished. */
const noteOf = (folder: string, stack: string) => join(folder, `before-admin-rotation-${stack}`);

async function rotateAdmin(workspace: Workspace, folder: string): Promise<void> {
  const file = noteOf(folder, workspace.stack);
  if (!existsSync(file)) {
    const stack = await readStack(workspace);
    // Refused here, before anything has changed, when the password was changed in the page.
    await withPage(stack, signIn);
    const before: Before = { ...credentials(stack), generated: stack.adminPassword };
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify(before), { mode: 0o600 });
  }
  const { email, password, generated } = JSON.parse(readFileSync(file, 'utf8')) as Before;
  if ((await readStack(workspace)).adminPassword === generated) await replace(workspace, 'admin');
  await withPage(await readStack(workspace), async ({ servers, adminPassword }) => {
    const { publishedAt } = servers.webui;
    if (await accepts(publishedAt, email, adminPassword)) return;
    const session = await Session.signIn(publishedAt, email, password);
    await session.request('POST', '/api/v1/auths/update/password', { password, new_password: adminPassword });
  });
  rmSync(file);
}

/**
 * Rotates a secret.
 *
 * @param folder where a note lies meanwhile, with the old password in it.
 * @throws UserError when the administrator cannot sign in; nothing has changed then. @throws RemoteError when Pulumi fails.
 */
export async function rotate(workspace: Workspace, secret: Secret, folder: string): Promise<void> {
  if (secret === 'admin') await rotateAdmin(workspace, folder);
  else await replace(workspace, secret);
}
