/** `npm run rotate -- --secret valkey|session|admin`: puts a new secret in the place of an old one, everywhere in one go. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { accepts, credentials, signIn } from '../ops/administrator.ts';
import { show } from '../ops/command.ts';
import { Failure } from '../core/errors.ts';
import { withPage } from '../ops/relay.ts';
import { readStack } from '../ops/outputs.ts';
import { Session } from '../ops/webui.ts';

/** What each name on the command line stands for in the program, and what its rotation costs. */
const SECRETS = {
  valkey: {
    resources: ['secrets-valkey-password', 'secrets-operator-password'],
    cost: 'Valkey and the web UI start anew; browsers reconnect by themselves',
  },
  session: {
    resources: ['secrets-session-key'],
    cost: 'everybody is signed out, and what the web UI has encrypted with the old key (OAuth sessions, valves) is lost',
  },
  admin: {
    resources: ['secrets-admin-password'],
    cost: 'the administrator is signed out, and the web UI starts anew',
  },
} as const;

type Name = keyof typeof SECRETS;

const isName = (name: string | undefined): name is Name => name !== undefined && Object.hasOwn(SECRETS, name);

/** A plain `pulumi up` that generates these anew; whatever is made from them follows. */
const replace = (stack: string, resources: readonly string[]) =>
  show('pulumi', [
    ...['up', '--yes', '--skip-preview', '--stack', stack],
    ...resources.flatMap((name) => ['--replace', `**::${name}`]),
  ]);

/**
 * What the web UI and Pulumi held before a rotation of the administrator's password. It stands in the state's folder until both have
 * the new one, so that a run that was killed in between can be finished.
 */
const before = (stack: string) => join('.pulumi-state', `before-admin-rotation-${stack}`);

async function rotateAdmin(name: string): Promise<void> {
  const file = before(name);
  if (!existsSync(file)) {
    const stack = await readStack(name);
    // Refused here, before anything has changed, when somebody has changed the password in the page.
    await withPage(stack, signIn);
    mkdirSync('.pulumi-state', { recursive: true, mode: 0o700 });
    writeFileSync(file, JSON.stringify({ ...credentials(stack), generated: stack.adminPassword }), { mode: 0o600 });
  }
  const { email, password, generated } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  if ((await readStack(name)).adminPassword === generated) await replace(name, SECRETS.admin.resources);
  await withPage(await readStack(name), async ({ publishedAt, adminPassword }) => {
    if (await accepts(publishedAt, String(email), adminPassword)) return;
    const session = await Session.signIn(publishedAt, String(email), String(password));
    await session.request('POST', '/api/v1/auths/update/password', { password, new_password: adminPassword });
  });
  rmSync(file);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { stack: { type: 'string' }, secret: { type: 'string' } } });
  const { stack: name, secret } = values;
  const names = Object.keys(SECRETS).join('|');
  if (!name || !isName(secret)) {
    throw new Error(`which secret${secret ? `, as there is no ${secret}` : ''}? npm run rotate -- --secret ${names}`);
  }
  console.log(`${secret}: ${SECRETS[secret].cost}.`);
  if (secret === 'admin') await rotateAdmin(name);
  else await replace(name, SECRETS[secret].resources);
  console.log(`\nThe new secret is in use, and the old one is refused: ${secret}.`);
}

try {
  await main();
} catch (error) {
  console.error(`✘ ${(error as Error).message}${error instanceof Failure ? `\n  next: ${error.next}` : ''}`);
  process.exitCode = 1;
}
