/** What no single setting can tell: combinations that are known to break at run time. */

import { toMebibytes } from '../components/units.ts';
import { valkeyUrl } from '../components/valkey.ts';
import { KEY_PREFIX } from '../components/valkeyAcl.ts';
import { EXACT, looseness } from './image.ts';
import { pageUrl } from './page.ts';
import type { Problem } from './problems.ts';
import { isProduction } from './production.ts';
import type { Checked } from './schema.ts';

/** What a rule may know besides the settings. */
interface Circumstances {
  project: string;
  stack: string;
  isSecret: (key: string) => boolean;
}

type Rule = (settings: Checked, circumstances: Circumstances) => Problem[];

/** Two settings that must not have the same value: the second one is the problem. */
function distinct(what: string, first: readonly string[], second: readonly string[], same: boolean): Problem[] {
  if (!same) return [];
  return [
    {
      path: second,
      reason: `${first.join('.')} has the same ${what}`,
      allowed: `another ${what} than that of ${first.join('.')}`,
      fix: `change one of the two`,
    },
  ];
}

const names: Rule = ({ valkey, webui }) => [
  ...distinct('name', ['valkey', 'name'], ['webui', 'name'], valkey.name === webui.name),
  ...distinct('volume', ['valkey', 'volume'], ['webui', 'volume'], valkey.volume === webui.volume),
  ...distinct(
    'port',
    ['valkey', 'publish', 'port'],
    ['webui', 'publish', 'port'],
    valkey.publish !== undefined && valkey.publish.port === webui.publish.port,
  ),
];

const network: Rule = ({ network: { name, internalName } }) => [
  ...Object.entries({ name, internalName }).flatMap(([key, given]) =>
    ['bridge', 'host', 'none'].includes(given)
      ? [
          {
            path: ['network', key],
            reason: "containers on Docker's own networks cannot find each other by name",
            allowed: 'a network that somebody made',
            fix: 'choose another name',
          },
        ]
      : [],
  ),
  ...distinct('name', ['network', 'name'], ['network', 'internalName'], name === internalName),
];

const hardening: Rule = ({ hardening, valkey }) =>
  hardening === 'strict' && valkey.publish !== undefined
    ? [
        {
          path: ['valkey', 'publish'],
          reason:
            'with hardening: strict Valkey is on a network without a way out or in, on which nothing can be published',
          allowed: 'nothing, or hardening: standard',
          fix: `remove it; docker exec -it ${valkey.name} valkey-cli reaches Valkey all the same`,
        },
      ]
    : [];

const exactImages: Rule = ({ valkey, webui }, { stack }) =>
  isProduction(stack)
    ? Object.entries({ valkey, webui }).flatMap(([section, { image }]) => {
        const reason = looseness(image, { production: true });
        if (reason === undefined) return [];
        return [
          {
            path: [section, 'image'],
            reason: `${reason}, and a stack whose name begins with prod runs what was tried`,
            allowed: EXACT,
            fix: 'write the release that was tried elsewhere',
          },
        ];
      })
    : [];

/** Variables that the wiring owns, with what it sets them to; undefined where no value in the stack file could be right. */
const wired = ({ valkey, webui }: Checked): Record<string, string | undefined> => ({
  ENABLE_WEBSOCKET_SUPPORT: 'true',
  WEBSOCKET_MANAGER: 'redis',
  WEBSOCKET_REDIS_URL: valkey.auth ? undefined : valkeyUrl(valkey.alias, 1),
  REDIS_URL: valkey.auth ? undefined : valkeyUrl(valkey.alias, 0),
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
  ENABLE_SIGNUP: String(webui.signup === 'open'),
  ENABLE_PERSISTENT_CONFIG: String(webui.configuration === 'page'),
  PORT: '8080',
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

const wiring: Rule = (settings) =>
  Object.entries(wired(settings)).flatMap(([name, right]) => {
    const value = settings.webui.env[name];
    if (value === undefined || value === right) return [];
    return [
      {
        path: ['webui', 'env', name],
        reason: against(name, value),
        allowed: right === undefined ? 'nothing: leave it to the deployment' : `nothing, or ${right}`,
        confidential: looksSecret(name, value),
        fix: instead[name] ?? 'remove it',
      },
    ];
  });

const cors: Rule = (settings) => {
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
        fix: `write it as "${own}"`,
      },
    ];
  }
  if (!origins.some((text) => new URL(text).origin === own)) {
    return [{ ...problem, reason: "the page's own websocket would be refused", fix: `add ${own}` }];
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
    // Told below.
  }
  return [{ ...problem, reason: 'Open WebUI would ignore it', fix: `write it as '{"socket_timeout": null}'` }];
};

const signup: Rule = ({ webui }) =>
  webui.signup === 'open' && webui.configuration === 'page'
    ? [
        {
          path: ['webui', 'signup'],
          reason: 'Open WebUI closes sign-up when it makes the first administrator, and from then on the page decides',
          allowed: 'closed, or open together with webui.configuration: file',
          fix: 'open it in the page (Admin Panel, Settings, General), or set webui.configuration to file',
        },
      ]
    : [];

const secretName = /(_KEYS?|_SECRET|_PASSWORD|_TOKEN)$/;
const urlWithPassword = /^[a-z][a-z0-9+.-]*:\/\/[^/@]*:[^/@]+@/i;

/** Whether a variable holds something that has no place in a file that is committed. */
const looksSecret = (name: string, value: string) =>
  (secretName.test(name) && !name.startsWith('ENABLE_') && !/^(true|false)?$/i.test(value)) ||
  urlWithPassword.test(value);

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

/** What Valkey may have on its way to subscribers before it cuts them off; see the server's limits. */
const BUFFER_MIB = 128;

const valkeyMemory: Rule = ({ valkey: { maxMemory, memory } }) => {
  const least = toMebibytes(maxMemory) + BUFFER_MIB;
  if (toMebibytes(memory) >= least) return [];
  return [
    {
      path: ['valkey', 'memory'],
      reason: `the engine would end Valkey before it has the ${maxMemory} of valkey.maxMemory`,
      allowed: `at least ${least} MiB with this valkey.maxMemory`,
      fix: 'raise it, or lower valkey.maxMemory',
    },
  ];
};

export const rules: readonly Rule[] = [
  names,
  network,
  hardening,
  exactImages,
  wiring,
  cors,
  workers,
  options,
  signup,
  secretsInClear,
  valkeyMemory,
];
