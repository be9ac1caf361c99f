/** From the Redis that the web UI uses to the Valkey of a stack. */

import { valkeyDefaults } from '../../../core/defaults.ts';
import { imageName, isBuiltHere, parseImage } from '../../../core/images.ts';
import { toMebibytes } from '../../../core/units.ts';
import { VALKEY_DATA, VALKEY_PORT } from '../../../core/valkey.ts';
import { BUFFER_MIB } from '../../../settings/rules.ts';
import { toBytes, wordsOf } from '../file/quantities.ts';
import type { Found } from '../find.ts';
import type { Service } from '../source.ts';
import type { Draft } from './draft.ts';
import { bytes } from './quantities.ts';
import { data, server } from './server.ts';

/** Options that the deployment has in its own way, or that have a setting. */
const KNOWN = new Set([
  ...['save', 'appendonly', 'appendfsync', 'maxmemory', 'maxmemory-policy', 'requirepass', 'aclfile', 'loglevel'],
  ...['port', 'bind', 'protected-mode', 'dir', 'timeout', 'tcp-keepalive', 'daemonize', 'databases'],
]);

/** Options of the server's command line: `--save 30 1`, `--appendonly yes`, as lists of words. */
function optionsOf({ start = [] }: Service): Map<string, string[]> {
  const words = start[0]?.endsWith('sh') && start[1] === '-c' ? wordsOf(start.slice(2).join(' ')) : start;
  const options = new Map<string, string[]>();
  let values: string[] = [];
  for (const word of words) {
    if (!word.startsWith('--')) values.push(word);
    else {
      values = [];
      options.set(word.slice(2).toLowerCase(), values);
    }
  }
  return options;
}

/** Whether a release of Valkey is one that the default image replaces without a loss: older, or of the same line. */
function isReplaced(image: string): boolean {
  const [, major, minor] = /^v?(\d+)(?:\.(\d+))?/.exec(parseImage(image).tag ?? '') ?? [];
  return major !== undefined && (Number(major) < 8 || (Number(major) === 8 && minor === '0'));
}

function image(draft: Draft, service: Service): void {
  const { image, name, release } = service;
  const present = image.split('/').at(-1) ?? image;
  const asked = draft.asked(['valkey', 'image']);
  const instead = parseImage(typeof asked === 'string' ? asked : valkeyDefaults.image).tag;
  if (imageName(image) !== 'valkey') {
    draft.say(
      'better',
      `${name}: Valkey ${instead} in place of ${present}, with a new volume: the old one holds sessions and locks, and users stay signed in without them`,
    );
  } else if (asked !== undefined && asked !== image) {
    draft.say('differs', `${name}: ${asked}, as asked, in place of ${image}`);
  } else if (!isBuiltHere(image) && isReplaced(release === undefined ? image : `valkey:${release}`)) {
    draft.say('better', `${name}: Valkey ${instead} in place of ${present}, which has known vulnerabilities`);
  } else {
    draft.set(['valkey', 'image'], image);
    draft.say('moves', `${name}: its image ${image}`);
  }
}

/** Persistence, limits and access as the command line has them. */
function options(draft: Draft, service: Service): void {
  const given = optionsOf(service);
  const [after, changes] = given.get('save') ?? [];
  if (Number(after) > 0 && Number(changes) > 0)
    draft.set(['valkey', 'snapshot'], { after: `${Number(after)}s`, changes: Number(changes) });
  if (given.get('appendonly')?.[0] !== 'yes')
    draft.say('better', `${service.name}: a crash loses at most a second, thanks to an append-only file`);
  const max = toBytes(given.get('maxmemory')?.[0]);
  if (max) draft.set(['valkey', 'maxMemory'], bytes(max));
  const policy = given.get('maxmemory-policy')?.[0];
  if (policy !== undefined && policy !== 'noeviction')
    draft.say(
      'better',
      `${service.name}: ${policy} would throw sessions away when memory is short; this Valkey refuses new ones instead`,
    );
  const own = 'its own users and generated passwords, each with the fewest permissions';
  draft.say(
    'better',
    `${service.name}: ${given.has('requirepass') || given.has('aclfile') ? `${own}, in place of the password in the file` : `a password: ${own}`}`,
  );
  const others = [...given.keys()].filter((name) => !KNOWN.has(name));
  if (others.length > 0)
    draft.say(
      'differs',
      `${service.name}: the options ${others.map((name) => `--${name}`).join(', ')}; the deployment has its own`,
    );
}

/** Enough memory for the data that it may hold. */
function memory(draft: Draft, { name }: Service): void {
  const max = (draft.get(['valkey', 'maxMemory']) ?? valkeyDefaults.maxMemory) as typeof valkeyDefaults.maxMemory;
  const limit = (draft.get(['valkey', 'memory']) ?? valkeyDefaults.memory) as typeof valkeyDefaults.memory;
  const least = toMebibytes(max) + BUFFER_MIB;
  if (toMebibytes(limit) >= least) return;
  draft.set(['valkey', 'memory'], least > toMebibytes(valkeyDefaults.memory) ? `${least} MiB` : valkeyDefaults.memory);
  draft.say('differs', `${name}: its memory limit of ${limit}, which is too little for ${max} of data`);
}

function publication(draft: Draft, { name, ports }: Service): void {
  const [port] = ports.filter(({ target }) => target === VALKEY_PORT);
  if (!port) return;
  if (draft.get(['hardening']) === 'strict')
    draft.say('differs', `${name}: its published port; hardening: strict publishes none. docker exec reaches it`);
  else {
    draft.set(['valkey', 'publish'], { port: port.published ?? VALKEY_PORT });
    draft.say(
      'differs',
      `${name}: its port ${port.published ?? VALKEY_PORT} is published only on 127.0.0.1, and requires a password`,
    );
  }
}

/** The data, where this Valkey can read it. */
function dataOf(draft: Draft, service: Service): void {
  const mount = service.mounts.find(({ target }) => target === VALKEY_DATA);
  const others = service.mounts.filter((one) => one !== mount);
  if (mount && imageName(service.image) === 'valkey') data(draft, 'valkey', service, mount);
  if (others.length > 0)
    draft.say(
      'differs',
      `${service.name}: mounts at ${others.map(({ target }) => target).join(', ')}; the deployment configures Valkey itself`,
    );
}

/** Settings of Valkey. */
export function valkey(draft: Draft, { redis, redisHost, sharers, webui }: Found): void {
  if (!redis) {
    const users = sharers.map(({ name }) => name).join(', ');
    draft.say(
      'better',
      sharers.length > 0
        ? `its own Valkey: the existing Redis also serves ${users}, and stays for that. Of the web UI it holds only sessions and locks`
        : redisHost !== undefined
          ? `its own Valkey instead of ${redisHost}, which stays as it is. Of the web UI it holds only sessions and locks`
          : `a Valkey, and with it websockets that several processes share and a sign-out that takes effect at once; ${webui.name} had none`,
    );
    return;
  }
  server(draft, 'valkey', redis);
  image(draft, redis);
  options(draft, redis);
  memory(draft, redis);
  publication(draft, redis);
  dataOf(draft, redis);
}
