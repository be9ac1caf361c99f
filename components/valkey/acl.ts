/** Who may do what in Valkey. */

import { createHash } from 'node:crypto';

/** Prefix of Open WebUI's keys and of all of its channels but Socket.IO's. */
export const KEY_PREFIX = 'open-webui';

/** Channels of Socket.IO, which have no prefix: one for all processes, and one for each room. */
const socketio = ['&socketio', '&socketio#*'];

const commands = (...names: string[]) => ['-@all', ...names.map((name) => `+${name}`)];

/** Anybody on the network: enough for a healthcheck that holds no secret, and for the tutorial's `valkey-cli ping`. */
const everybody = ['on', 'nopass', 'resetkeys', 'resetchannels', ...commands('ping')];

/** The commands that Open WebUI 0.12 sends in sign-in, sockets, channels, notes, chat, tasks, sessions and locks; measured. */
const application = [
  `~${KEY_PREFIX}:*`,
  'resetchannels',
  `&${KEY_PREFIX}:*`,
  ...socketio,
  ...commands(
    ...['auth', 'hello', 'ping', 'select', 'client|setinfo', 'client|setname'],
    ...['get', 'set', 'setex', 'del', 'exists', 'expire', 'mget', 'append', 'strlen'],
    ...['incr', 'incrby', 'decrby'],
    ...['hset', 'hget', 'hgetall', 'hdel', 'hkeys', 'hvals', 'hlen', 'hexists', 'hscan', 'hmget'],
    ...['rpush', 'lrange', 'llen', 'sadd', 'srem', 'smembers', 'scard'],
    ...['zadd', 'zrem', 'zcount', 'zrange', 'zrangebyscore', 'zremrangebyscore'],
    ...['publish', 'subscribe', 'unsubscribe', 'multi', 'exec', 'eval', 'evalsha', 'script|load'],
  ),
];

/** Whoever runs the deployment: looks at what is subscribed, takes part in the events, sees what was refused, has a snapshot made; no key. */
const operator = [
  'resetkeys',
  'resetchannels',
  ...socketio,
  ...commands('auth', 'hello', 'ping', 'pubsub|numsub', 'pubsub|channels', 'subscribe', 'publish', 'acl|log'),
  // For a backup: a snapshot, and how far it is.
  ...['+bgsave', '+info'],
];

/** Names of the users that sign in with a password. */
export const APPLICATION = 'openwebui';
export const OPERATOR = 'operator';

/**
 * Arguments of `valkey-server` that set up its users. They show in `docker inspect`, so they hold a hash of each password: of no use to
 * whoever reads it, as the passwords are long and random.
 */
export function aclArguments(passwords: { application: string; operator: string }): string[] {
  const hashed = (password: string) => `#${createHash('sha256').update(password).digest('hex')}`;
  return [
    ...['--user', 'default', ...everybody],
    ...['--user', APPLICATION, 'on', hashed(passwords.application), ...application],
    ...['--user', OPERATOR, 'on', hashed(passwords.operator), ...operator],
  ];
}
