/** From the variables of the web UI to settings: those that have one of their own, those that the deployment sets, and all others. */

import { readFileSync } from 'node:fs';
import { looksSecret } from '../../../core/secretPatterns.ts';
import { KEY_PREFIX } from '../../../core/valkey.ts';
import { WEBUI_DATA, WEBUI_PORT } from '../../../core/webui.ts';
import type { Service } from '../source.ts';
import type { Draft } from './draft.ts';

type Env = Map<string, string>;

/** Variables that say what the deployment does anyway. */
const SAME: Readonly<Record<string, string>> = {
  WEBSOCKET_MANAGER: 'redis',
  WEBUI_AUTH: 'true',
  ENABLE_PERSISTENT_CONFIG: 'true',
  REDIS_KEY_PREFIX: KEY_PREFIX,
  WEBSOCKET_REDIS_CLUSTER: 'false',
  REDIS_CLUSTER: 'false',
  DATA_DIR: WEBUI_DATA,
  FROM_INIT_PY: 'false',
  HOST: '0.0.0.0',
  PORT: String(WEBUI_PORT),
  // As the image has them.
  OPENAI_API_KEY: '',
  WEBSOCKET_SENTINEL_HOSTS: '',
  REDIS_SENTINEL_HOSTS: '',
};

/** The deployment's own, whatever they say: the address of its Valkey, and what goes with it. */
const REDIS = /^(WEBSOCKET_)?REDIS_(URL|KEY_PREFIX|CLUSTER)$|^(WEBSOCKET|REDIS)_SENTINEL_/;

const isOn = (text: string | undefined) => bare(text ?? '').toLowerCase() === 'true';

/** Takes a variable out of those that are still to be moved. */
function take(env: Env, name: string): string | undefined {
  const value = env.get(name);
  env.delete(name);
  return value;
}

/** An address without path: what `webui.url` takes. */
function originOf(text: string | undefined): string | undefined {
  if (!text || !URL.canParse(text)) return undefined;
  const { protocol, pathname, origin } = new URL(text);
  return /^https?:$/.test(protocol) && pathname === '/' ? origin : undefined;
}

/** A value without quotes of its own, which a list entry such as `- NAME="x"` has: what was meant, for a name that is not passed on. */
const bare = (value: string) => /^(["'])(.*)\1$/s.exec(value)?.[2] ?? value;

function sessionKey(draft: Draft, env: Env, service: Service): void {
  const file = take(env, 'WEBUI_SECRET_KEY_FILE');
  const [given, older] = ['WEBUI_SECRET_KEY', 'WEBUI_JWT_SECRET_KEY'].map((name) => take(env, name));
  // Quotes around it are a part of the key that is in use.
  const key = given || older || (file ? keyFrom(file, service) : undefined);
  if (!key) return;
  draft.secret(['webui', 'sessionKey'], key);
  draft.say('moves', 'the session key, encrypted: users stay signed in, and what was encrypted with it can be read');
}

/** The key in a file that is mounted from this machine. */
function keyFrom(file: string, { mounts, rest }: Service): string | undefined {
  const secret = ((rest['secrets'] ?? []) as { source?: string; target?: string; file?: string }[]).find(
    ({ source, target }) => file === `/run/secrets/${target ?? source}` || file === target,
  );
  const mount = mounts.find((one) => one.kind === 'folder' && one.target === file);
  const path = secret?.file ?? (mount?.kind === 'folder' ? mount.folder : undefined);
  try {
    return path === undefined ? undefined : readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Where people open the page: from the web UI's own variable, nginx-proxy's, or the origins that it accepts. */
function url(draft: Draft, env: Env): void {
  const given = bare(env.get('WEBUI_URL') ?? '');
  // One with a path has no setting, and stays a variable.
  if (given !== '' && originOf(given) === undefined) return;
  const host = env.get('VIRTUAL_HOST')?.split(',')[0];
  const proxied = host ? `${env.has('LETSENCRYPT_HOST') ? 'https' : 'http'}://${host}` : undefined;
  const accepted = env
    .get('CORS_ALLOW_ORIGIN')
    ?.split(';')
    .map((text) => originOf(text.trim()));
  const [origin] = [given, proxied]
    .map(originOf)
    .concat(accepted?.filter((one) => one?.startsWith('https:')) ?? [])
    .filter(Boolean);
  if (origin === undefined) return;
  draft.set(['webui', 'url'], origin);
  env.delete('WEBUI_URL');
  draft.say('moves', `the address that people open, ${origin}`);
}

/** Open WebUI compares origins as texts. */
function origins(env: Env): void {
  const value = env.get('CORS_ALLOW_ORIGIN');
  if (value === undefined || value === '*') return;
  const list = value.split(';').map((text) => text.trim());
  if (list.every((text) => originOf(text) !== undefined)) env.set('CORS_ALLOW_ORIGIN', list.map(originOf).join(';'));
}

function administrator(draft: Draft, env: Env): void {
  draft.set(['webui', 'admin', 'email'], take(env, 'WEBUI_ADMIN_EMAIL') || undefined);
  draft.set(['webui', 'admin', 'name'], take(env, 'WEBUI_ADMIN_NAME') || undefined);
  if (take(env, 'WEBUI_ADMIN_PASSWORD'))
    draft.say('differs', 'WEBUI_ADMIN_PASSWORD: used only on the first start; people keep their passwords');
}

function panel(draft: Draft, env: Env): void {
  const fromFile = bare(take(env, 'ENABLE_PERSISTENT_CONFIG') ?? '').toLowerCase() === 'false';
  const signup = take(env, 'ENABLE_SIGNUP');
  if (fromFile) {
    draft.set(['webui', 'configuration'], 'file');
    if (isOn(signup)) draft.set(['webui', 'signup'], 'open');
    else if (signup === undefined)
      draft.say('better', 'sign-up is closed; webui.signup: open lets strangers ask for an account');
  } else if (isOn(signup)) {
    draft.say('moves', 'sign-up: the admin panel decides, as before (Admin Panel, Settings, General)');
  }
}

/** Labels by which Traefik learns the port, as their value alone. */
const TELLS_PORT = /\.loadbalancer\.server\.port$/;

/** Inside its container the web UI listens on one port; whatever tells a proxy another one follows. */
function port(draft: Draft, env: Env, { labels }: Service): void {
  const given = bare(take(env, 'PORT') ?? '');
  if (given === '') return;
  const moved = Object.keys(labels).filter((label) => TELLS_PORT.test(label) && labels[label] === given);
  for (const label of moved) draft.set(['webui', 'labels', label], String(WEBUI_PORT));
  if (env.get('VIRTUAL_PORT') === given) {
    env.set('VIRTUAL_PORT', String(WEBUI_PORT));
    moved.push('VIRTUAL_PORT');
  }
  const corrected = moved.length > 0 ? `, as ${moved.join(' and ')} now ${moved.length > 1 ? 'say' : 'says'}` : '';
  draft.say(
    'differs',
    `PORT ${given}: inside its container the web UI listens on ${WEBUI_PORT}${corrected}; a proxy that names the port elsewhere needs the new one`,
  );
}

function websockets(draft: Draft, env: Env): void {
  const given = take(env, 'ENABLE_WEBSOCKET_SUPPORT');
  if (given && bare(given).toLowerCase() === 'false')
    draft.say('better', 'websockets, which were off: a proxy before the page has to let them through');
}

/** Without sign-in, Open WebUI signs everybody in as one account, whose password is in its source. */
function signIn(draft: Draft, env: Env): void {
  if (bare(env.get('WEBUI_AUTH') ?? '').toLowerCase() !== 'false') return;
  env.delete('WEBUI_AUTH');
  draft.say(
    'differs',
    'sign-in, which was off, is on: sign in as admin@localhost with the password admin, which everyone knows, and change it at once (Settings, Account)',
  );
}

/** All that the variables of the web UI say. */
export function variables(draft: Draft, service: Service): void {
  const env: Env = new Map(Object.entries(service.env));
  for (const [name, value] of [...env])
    if (SAME[name] !== undefined && (bare(value).toLowerCase() === SAME[name] || value === '')) env.delete(name);
  for (const name of [...env.keys()]) if (REDIS.test(name)) env.delete(name);
  // The mount has moved with it, and the port is the deployment's.
  for (const name of ['DATA_DIR', 'HOST']) env.delete(name);
  port(draft, env, service);
  websockets(draft, env);
  signIn(draft, env);
  sessionKey(draft, env, service);
  administrator(draft, env);
  panel(draft, env);
  url(draft, env);
  origins(env);
  if (env.has('NVIDIA_VISIBLE_DEVICES') && service.gpus !== undefined) env.delete('NVIDIA_VISIBLE_DEVICES');
  for (const [name, value] of env) {
    const path = ['webui', 'env', name];
    if (looksSecret(name, value)) draft.secret(path, value);
    else draft.set(path, value);
  }
}

/** Says which variables have moved: those that no rule has refused. */
export function sayVariables(draft: Draft): void {
  const names = Object.keys(draft.get(['webui', 'env']) ?? {});
  const isSecret = (name: string) => draft.isSecret(['webui', 'env', name]);
  const secrets = names.filter(isSecret);
  if (secrets.length > 0) draft.say('better', `encrypted, and out of docker inspect: ${secrets.join(', ')}`);
  const plain = names.filter((name) => !isSecret(name));
  if (plain.length > 0) draft.say('moves', `variables: ${plain.join(', ')}`);
}
