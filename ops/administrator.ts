import { RemoteError, UserError } from '../core/errors.mjs';
import type { Stack } from './outputs.ts';
import { Session } from './webui.ts';

/** How the administrator signs in: as the deployment has it, unless somebody has changed it in the page and says so here. */
export function credentials({ adminEmail, adminPassword }: Stack): { email: string; password: string } {
  const { OPEN_WEBUI_EMAIL: email = adminEmail, OPEN_WEBUI_PASSWORD: password = adminPassword } = process.env;
  return { email, password };
}

/** Whether the web UI takes a password for that of a user. */
export async function accepts(origin: string, email: string, password: string): Promise<boolean> {
  try {
    await Session.signIn(origin, email, password);
    return true;
  } catch (error) {
    if (error instanceof RemoteError && error.status === 400) return false;
    throw error;
  }
}

/** @throws UserError when the password is not the administrator's. */
export async function signIn(stack: Stack): Promise<Session> {
  const { email, password } = credentials(stack);
  try {
    return await Session.signIn(stack.servers.webui.publishedAt, email, password);
  } catch (error) {
    if (!(error instanceof RemoteError) || error.status !== 400) throw error;
    throw new UserError(
      `${email} cannot sign in: the password is not the one of this stack`,
      'if it was changed in the page, put the present one into OPEN_WEBUI_PASSWORD (and OPEN_WEBUI_EMAIL) and try again',
    );
  }
}
