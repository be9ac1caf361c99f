/** Variables of Open WebUI that would break the deployment, or give a secret away. */

import { valkeyHostOf } from '../core/names.ts';
import { looksSecret } from '../core/secretPatterns.ts';
import { KEY_PREFIX, valkeyUrl } from '../core/valkey.ts';
import { WEBUI_PORT } from '../core/webui.ts';
import { pageUrl } from './page.ts';
import type { Rule } from './rule.ts';
import { loopback, ownAddress } from './rules/addresses.ts';
import { places } from './rules/places.ts';
import type { Checked } from './schema.ts';

/** Valkey's address, where it holds no password. */
const addressOf = ({ hardening, network, valkey }: Checked, database: number): string | undefined =>
  valkey.auth ? undefined : valkeyUrl(valkeyHostOf(valkey, { external: network.external, hardening }), database);

/** Variables that the wiring owns, with what it sets them to; undefined where no value in the stack file could be right. */
const wired = (settings: Checked): Record<string, string | undefined> => ({
  ENABLE_WEBSOCKET_SUPPORT: 'true',
  WEBSOCKET_MANAGER: 'redis',
  WEBSOCKET_REDIS_URL: addressOf(settings, 1),
  REDIS_URL: addressOf(settings, 0),
  REDIS_KEY_PREFIX: KEY_PREFIX,
  WEBSOCKET_SENTINEL_HOSTS: undefined,
  REDIS_SENTINEL_HOSTS: undefined,
  WEBSOCKET_REDIS_CLUSTER: 'false',
  REDIS_CLUSTER: 'false',
  WEBUI_SECRET_KEY: undefined,
  WEBUI_SECRET_KEY_FILE: undefined,
  WEBUI_ADMIN_EMAIL: undefined,
  WEBUI_ADMIN_NAME: undefined,
  WEBUI_ADMIN_PASSWORD: undefined,
  WEBUI_AUTH: 'true',
  ENABLE_SIGNUP: String(settings.webui.signup === 'open'),
  ENABLE_PERSISTENT_CONFIG: String(settings.webui.configuration === 'page'),
  PORT: String(WEBUI_PORT),
});

/** Why a value against the wiring would not work; no value is repeated here, as a URL may hold a password. */
function against(name: string, value: string): string {
  if (name === 'WEBSOCKET_MANAGER' && value.toLowerCase() === 'redis') {
    return 'Open WebUI knows only the lower-case "redis" and would silently do without Valkey';
  }
  if (name.endsWith('REDIS_URL')) {
    if (/^valkeys?:/i.test(value))
      return 'Open WebUI ends at its start with a valkey:// address: the scheme is redis://';
    const host = URL.canParse(value) ? new URL(value).hostname : '';
    if (/^(localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0)$/i.test(host)) {
      return 'inside the container that is the web UI itself, not Valkey';
    }
    return 'the deployment sets the address of its own Valkey';
  }
  if (name === 'ENABLE_WEBSOCKET_SUPPORT') return 'without websockets nothing would go through Valkey';
  if (name.includes('SENTINEL') || name.includes('CLUSTER')) return 'the deployment runs a single Valkey';
  if (name.startsWith('WEBUI_ADMIN')) return 'the deployment creates the administrator';
  if (name.startsWith('WEBUI_SECRET_KEY')) return 'the deployment generates the key and keeps it';
  if (name === 'REDIS_KEY_PREFIX')
    return "Open WebUI's user in Valkey may use no other keys, and this Valkey is this stack's alone";
  if (name === 'WEBUI_AUTH')
    return 'the deployment creates an administrator, and sign-in cannot be turned off once there is a user';
  return 'the deployment sets it';
}

const instead: Record<string, string> = {
  WEBUI_ADMIN_EMAIL: 'remove it and set webui.admin.email',
  WEBUI_ADMIN_NAME: 'remove it and set webui.admin.name',
  PORT: 'remove it and set webui.publish.port',
  ENABLE_SIGNUP: 'remove it and set webui.signup',
  ENABLE_PERSISTENT_CONFIG: 'remove it and set webui.configuration',
};

const wiring: Rule = (settings, { isSecret }) =>
  Object.entries(wired(settings)).flatMap(([name, right]) => {
    const value = settings.webui.env[name];
    if (value === undefined || value === right) return [];
    return [
      {
        path: ['webui', 'env', name],
        reason: against(name, value),
        allowed:
          right === undefined || (isSecret('valkey') && name.endsWith('REDIS_URL'))
            ? 'nothing: leave it to the deployment'
            : `nothing, or ${right}`,
        confidential: looksSecret(name, value),
        fix: instead[name] ?? 'remove it',
      },
    ];
  });

const cors: Rule = (settings, { isSecret }) => {
  const name = 'CORS_ALLOW_ORIGIN';
  const value = settings.webui.env[name];
  if (value === undefined || value === '*') return [];
  const own = pageUrl(settings);
  const origins = value.split(';').map((text) => text.trim());
  const wrong = origins.find((text) => !URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol));
  const problem = {
    path: ['webui', 'env', name],
    allowed: '* or a list of http:// and https:// addresses separated by ";"',
  };
  if (wrong !== undefined) {
    return [
      {
        ...problem,
        reason: 'Open WebUI ends at its start when one of them is no address',
        fix: isSecret('webui') ? 'correct it' : `write it as "${own}"`,
      },
    ];
  }
  if (!origins.some((text) => new URL(text).origin === own)) {
    return [
      {
        ...problem,
        reason: "the page's own websocket would be refused",
        fix: `add ${isSecret('webui') ? 'the address of the page' : own}`,
      },
    ];
  }
  return [];
};

const workers: Rule = ({ webui: { env } }) => {
  const { UVICORN_WORKERS: workers, DATABASE_URL: database = '' } = env;
  if (workers === undefined) return [];
  const problem = { path: ['webui', 'env', 'UVICORN_WORKERS'] };
  if (!/^[1-9]\d{0,2}$/.test(workers)) {
    return [{ ...problem, allowed: 'a whole number from 1 to 999', fix: 'write it as "1"' }];
  }
  if (workers !== '1' && !/^postgres(ql)?:/.test(database)) {
    return [
      {
        ...problem,
        reason: 'several processes would change the same SQLite file at their start, and all but one end',
        allowed: '1 without a Postgres DATABASE_URL',
        fix: 'write it as "1"',
      },
    ];
  }
  return [];
};

const options: Rule = ({ webui: { env } }) => {
  const { WEBSOCKET_REDIS_OPTIONS: text } = env;
  if (text === undefined) return [];
  const problem = { path: ['webui', 'env', 'WEBSOCKET_REDIS_OPTIONS'], allowed: 'a JSON object as text' };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return [];
  } catch {
    // Reported below.
  }
  return [{ ...problem, reason: 'Open WebUI would ignore it', fix: `write it as '{"socket_timeout": null}'` }];
};

const secretsInClear: Rule = (settings, { project, isSecret }) => {
  if (isSecret('webui')) return [];
  const owned = wired(settings);
  return Object.entries(settings.webui.env).flatMap(([name, value]) =>
    !looksSecret(name, value) || name in owned
      ? []
      : [
          {
            path: ['webui', 'env', name],
            reason: 'in clear it would show in the stack file, in previews and in docker inspect',
            allowed: 'an encrypted value',
            fix: `remove it from the file and set it with pulumi config set --secret --path ${project}:webui.env.${name}`,
            confidential: true,
          },
        ],
  );
};

export const environmentRules: readonly Rule[] = [
  wiring,
  places,
  loopback,
  ownAddress,
  cors,
  workers,
  options,
  secretsInClear,
];
