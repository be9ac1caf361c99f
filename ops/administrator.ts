/** How a command signs in to Open WebUI, in each of the ways that Open WebUI has. */

import { RemoteError, UserError } from '../core/errors.mjs';
import { WEBUI_DATA, WEBUI_SECRETS } from '../core/webui.ts';
import type { Reachable } from './outputs.ts';
import { NextStep, Session, trustsHeader } from './webui.ts';

/** Nothing is wrong with the web UI as far as this tells: it just lets no command in with what is known here. */
export class CannotSignIn extends UserError {
  /** Whether another password would do. */
  readonly wantsPassword: boolean;
  /** Whether what was refused is what the environment gives, so that the caller expects it to work. */
  readonly wasGiven: boolean;

  /** Whether a token would do, as a password alone does not. */
  readonly wantsToken: boolean;

  constructor(message: string, next: string, { wantsPassword = false, wasGiven = false, wantsToken = false } = {}) {
    super(message, next);
    this.wantsToken = wantsToken;
    this.wantsPassword = wantsPassword;
    this.wasGiven = wasGiven;
  }
}

/** How the administrator signs in: as deployed, unless the environment says otherwise because it was changed in the page. */
export function credentials({ adminEmail, adminPassword }: Reachable): { email: string; password: string } {
  const { OPEN_WEBUI_EMAIL: email = adminEmail, OPEN_WEBUI_PASSWORD: password = adminPassword } = process.env;
  return { email, password };
}

const USE_TOKEN =
  "put the token of a signed-in browser (its cookie named token) into OPEN_WEBUI_TOKEN, which stands in for the administrator's password";

/** Why a sign-in with a password was refused; an error that says nothing of the password stays what it is. */
function refusal(error: unknown, email: string): unknown {
  if (error instanceof NextStep) {
    return error.step === 'pending'
      ? new CannotSignIn(`the account ${email} waits for approval`, 'name another one in OPEN_WEBUI_EMAIL')
      : new CannotSignIn(`Open WebUI asks ${email} for a second factor besides the password`, USE_TOKEN, {
          wantsToken: true,
        });
  }
  if (!(error instanceof RemoteError)) return error;
  switch (error.status) {
    case 400:
    case 401:
      return new CannotSignIn(
        `${email} cannot sign in: the password is not the one of this stack`,
        'if it was changed in the page, put the current one into OPEN_WEBUI_PASSWORD (and OPEN_WEBUI_EMAIL) and try again',
        { wantsPassword: true, wasGiven: process.env['OPEN_WEBUI_PASSWORD'] !== undefined },
      );
    case 403:
      return new CannotSignIn('Open WebUI accepts no passwords here (ENABLE_PASSWORD_AUTH)', USE_TOKEN, {
        wantsToken: true,
      });
    case 429:
      return new CannotSignIn(`Open WebUI accepts no more sign-ins of ${email} for now`, 'try again in three minutes');
    default:
      return error;
  }
}

/** @throws CannotSignIn with the reason. */
export async function signInWith(origin: string, email: string, password: string): Promise<Session> {
  try {
    return await Session.signIn(origin, email, password);
  } catch (error) {
    throw refusal(error, email);
  }
}

async function withToken(origin: string, token: string): Promise<Session> {
  try {
    return await Session.withToken(origin, token);
  } catch (error) {
    if (!(error instanceof RemoteError) || (error.status !== 401 && error.status !== 403)) throw error;
    throw new CannotSignIn(
      'OPEN_WEBUI_TOKEN is not, or no longer, a token that Open WebUI accepts',
      'sign in with a browser and use the current one (its cookie named token)',
      { wasGiven: true },
    );
  }
}

/** Prints the header that the web UI trusts and, where the users are in its own database file, whether there is one: yes or no. */
const LOOK = `[ ! -r "$1" ] || . "$1"
printf '%s\\n' "\${WEBUI_AUTH_TRUSTED_EMAIL_HEADER-}"
[ -z "\${DATABASE_URL-}\${DATABASE_TYPE-}" ] || exit 0
python3 - "$2" "$3" <<'END'
import sqlite3, sys
users = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)
found = users.execute('select 1 from user where lower(email) = ?', (sys.argv[2].lower(),)).fetchone()
print('yes' if found else 'no')
END`;

/** Signs in as a proxy does that the web UI trusts: with the name of the user in a header. */
async function byHeader({ docker, servers, adminEmail }: Reachable): Promise<Session> {
  const { container, publishedAt } = servers.webui;
  const { OPEN_WEBUI_EMAIL: named } = process.env;
  const email = named ?? adminEmail;
  const look = ['exec', container, 'sh', '-c', LOOK, 'sh', WEBUI_SECRETS, `${WEBUI_DATA}/webui.db`, email];
  const { stdout } = await docker.capture(look);
  const [header = '', exists = ''] = stdout.split('\n');
  if (!header) throw new RemoteError(`${container} does not say which header it trusts`);
  // Open WebUI creates a user for any address that signs in this way.
  if (exists === 'no' || (exists === '' && named === undefined)) {
    throw new CannotSignIn(
      exists
        ? `there is no user ${email}, and a sign-in with the header ${header} would create one`
        : `whether there is a user ${email} cannot be checked, and a sign-in with the header ${header} would create one`,
      'name a user of this page in OPEN_WEBUI_EMAIL',
    );
  }
  try {
    return await Session.signIn(publishedAt, email, 'not used', { [header]: email });
  } catch (error) {
    throw refusal(error, email);
  }
}

/**
 * Signs the administrator in, in the way that this web UI has: with `OPEN_WEBUI_TOKEN` if that is set, with the header of a trusted proxy, or
 * with the password.
 *
 * @throws CannotSignIn when what is known here does not suffice.
 */
export async function signIn(stack: Reachable): Promise<Session> {
  const { publishedAt } = stack.servers.webui;
  const { OPEN_WEBUI_TOKEN: token } = process.env;
  if (token) return withToken(publishedAt, token);
  if (await trustsHeader(publishedAt)) return byHeader(stack);
  const { email, password } = credentials(stack);
  return signInWith(publishedAt, email, password);
}
