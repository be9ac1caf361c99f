/** Which services of a deployment are the web UI and its Redis, and which merely stand beside them. */

import { UserError } from '../../core/errors.mjs';
import { imageName } from '../../core/images.ts';
import { looksSecret } from '../../core/secretPatterns.ts';
import { WEBUI_DATA } from '../../core/webui.ts';
import type { Service, Source } from './source.ts';

export interface Found {
  webui: Service;
  /** The Redis of the web UI, where it is the web UI's alone; undefined where there is none to move. */
  redis: Service | undefined;
  /** Host by which the web UI reaches its Redis today; undefined when it uses none. */
  redisHost: string | undefined;
  /** Services that use the same Redis, which therefore stays for them. */
  sharers: readonly Service[];
  /** Everything else. */
  beside: readonly Service[];
}

/** Images of Open WebUI and of its variant; forks put their own words before or behind. */
const isImage = ({ image }: Service) => /(^|[-_.])(open|sage)[-_]?webui([-_.]|$)/.test(imageName(image));
const hasData = ({ mounts }: Service) => mounts.some(({ target }) => target === WEBUI_DATA);
/** Variables that nothing but Open WebUI reads. */
const OWN_VARIABLES = ['ENABLE_WEBSOCKET_SUPPORT', 'WEBSOCKET_MANAGER', 'WEBUI_AUTH', 'WEBUI_SECRET_KEY', 'WEBUI_NAME'];
const hasVariables = ({ env }: Service) => OWN_VARIABLES.some((name) => name in env);

const isRedis = ({ image }: Service) => /redis|valkey|keydb|dragonfly/.test(imageName(image));

/** The command that takes a web UI from where it runs, for one that no file describes. */
const FROM_CONTAINERS = 'npm run new-stack -- NAME --from-containers WEBUI [VALKEY]';

function none(source: Source): UserError {
  const where = source.kind === 'compose' ? source.files.join(', ') : 'what was named';
  const profiled = Object.entries(source.inactive);
  const hints = [
    ...profiled.map(([name, profiles]) => `the service ${name} runs with --profile ${profiles[0]} only`),
    ...(source.services.some(isRedis)
      ? [
          'the Redis in it is moved together with the web UI that uses it, which in the tutorial was started by docker run',
        ]
      : []),
  ];
  const file = source.files.map((one) => `--from-compose ${one}`).join(' ');
  return new UserError(
    `There is no Open WebUI in ${where}: no service has its image, its data at ${WEBUI_DATA} or its variables${hints.map((hint) => `; ${hint}`).join('')}.`,
    source.kind === 'compose'
      ? `${profiled.length > 0 ? `name the profile that starts it: ${[...new Set(profiled.flatMap(([, profiles]) => profiles))].map((one) => `--profile ${one}`).join(' or ')}\n  ` : ''}if it was started by docker run, name its container (docker ps shows it), and its Redis:\n    ${FROM_CONTAINERS}\n  if another Compose file has it, name that file, too: ${file} --from-compose OTHER`
      : `name the container of the web UI: ${FROM_CONTAINERS}`,
  );
}

function findWebui(source: Source, named: string | undefined): Service {
  const { services } = source;
  if (named !== undefined) {
    const one = services.find(({ name, container }) => name === named || container === named);
    if (one) return one;
    throw new UserError(`There is no service ${named}. There are: ${services.map(({ name }) => name).join(', ')}.`);
  }
  const candidates = [isImage, hasData, hasVariables].map((is) => services.filter(is)).find(({ length }) => length > 0);
  const [webui, ...more] = candidates ?? [];
  if (!webui) throw none(source);
  if (more.length === 0) return webui;
  const names = [webui, ...more].map(({ name }) => name);
  throw new UserError(
    `${names.join(' and ')} may each be the web UI, and a stack has one.`,
    `say which: --service ${webui.name}; make a stack for each`,
  );
}

const hostOf = (url: string | undefined): string | undefined =>
  /^['"]?[a-z]+:\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/?'"]+)/i.exec(url ?? '')?.[1];

/** Names that Compose makes up for a container without one, today's first; none for a container that has a name. */
export const madeUpNames = ({ kind, project }: Source, { name, container }: Service): string[] =>
  kind === 'compose' && container === undefined ? [`${project}-${name}-1`, `${project}_${name}_1`] : [];

/** Names by which a service is reached on a network of the other. */
export function namesOn(service: Service, other: Service): string[] {
  const common = service.networks.filter(({ network }) => other.networks.some((one) => one.network === network));
  if (common.length === 0) return [];
  const own = [service.name, service.container, service.hostname].filter((name) => name !== undefined);
  const there = common.flatMap(({ aliases, ipv4, addresses = [] }) => [...aliases, ...addresses, ipv4 ?? []].flat());
  return [...new Set([...own, ...there])];
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

/** Variables in which a word alone is the kind of a program, an account, a database: `VECTOR_DB=qdrant`. */
const NO_HOST = /(^|_)(DB|TYPE|KIND|ENGINE|PROVIDER|MANAGER|DRIVER|SCHEMA)$|(USER|DATABASE|(?<!HOST|SERVER)_NAME)$/i;

/** Variables, and other words of a service, that name a host. */
export const mentions = ({ env, start = [] }: Service, hosts: readonly string[]): string[] => {
  if (hosts.length === 0) return [];
  // Whatever stands before an "@" is an account with its password.
  const host = new RegExp(`(^|//|[@,;=\\s"'])(${hosts.map(escaped).join('|')})(?=[:/,;\\s"']|$)(?!:[^\\s/@,;"']*@)`);
  const isOther = (name: string, value: string) =>
    hosts.includes(value) && (NO_HOST.test(name) || looksSecret(name, value));
  const variables = Object.entries(env).filter(([name, value]) => host.test(value) && !isOther(name, value));
  return [...variables.map(([name]) => name), ...(start.some((word) => host.test(word)) ? ['its command'] : [])];
};

/**
 * Takes a deployment apart.
 *
 * @param named the web UI and its Redis, where they were named. Default: they are found.
 * @throws UserError when it is not clear which service is the web UI.
 */
export function find(source: Source, named: { webui?: string | undefined; redis?: string | undefined } = {}): Found {
  const webui = findWebui(source, named.webui);
  const others = source.services.filter((one) => one !== webui);
  const { WEBSOCKET_REDIS_URL, REDIS_URL } = webui.env;
  const redisHost = hostOf(WEBSOCKET_REDIS_URL) ?? hostOf(REDIS_URL);
  const redis = others.find((one) =>
    named.redis === undefined
      ? redisHost !== undefined && namesOn(one, webui).includes(redisHost)
      : one.name === named.redis,
  );
  const sharers = redis ? others.filter((one) => one !== redis && mentions(one, namesOn(redis, one)).length > 0) : [];
  const moves = sharers.length === 0 ? redis : undefined;
  return { webui, redis: moves, redisHost, sharers, beside: others.filter((one) => one !== moves) };
}
