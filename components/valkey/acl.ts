/** Who may do what in Valkey. */

import { createHash } from 'node:crypto';
import { APPLICATION, BALANCER, FAILOVER, KEY_PREFIX, OPERATOR, REPLICATION } from '../../core/valkey.ts';

/** Channels of Socket.IO, which have no prefix: one for all processes, and one for each room. */
const socketio = ['&socketio', '&socketio#*'];

const commands = (...names: string[]) => ['-@all', ...names.map((name) => `+${name}`)];

/** Clients without a password: enough for a health check that holds no secret, and for the tutorial's `valkey-cli ping`. */
const unauthenticated = ['on', 'nopass', 'resetkeys', 'resetchannels', ...commands('ping')];

/**
 * What clients of Open WebUI send: the commands of its source, those inside of its Lua scripts, and what its libraries send by themselves.
 * A test reads them from the source of the release. Releases from 0.9.0 on need no others.
 */
export const APPLICATION_COMMANDS = [
  ...['auth', 'hello', 'ping', 'select', 'client|setinfo', 'client|setname'],
  ...['get', 'set', 'setex', 'del', 'exists', 'expire', 'pexpire', 'pttl', 'mget', 'append', 'strlen'],
  ...['incr', 'incrby', 'decrby'],
  ...['hset', 'hget', 'hgetall', 'hdel', 'hkeys', 'hvals', 'hlen', 'hexists', 'hscan', 'hmget', 'hincrby'],
  ...['rpush', 'lrange', 'llen', 'sadd', 'srem', 'smembers', 'scard'],
  ...['zadd', 'zrem', 'zcount', 'zrange', 'zrangebyscore', 'zremrangebyscore'],
  ...['publish', 'subscribe', 'unsubscribe', 'multi', 'exec', 'eval', 'evalsha', 'script|load'],
  // Before 0.12.3 and before 0.11.0. Neither reaches more than the channels and keys below, and this server is one web UI's alone.
  ...['psubscribe', 'punsubscribe', 'scan'],
] as const;

const application = [
  `~${KEY_PREFIX}:*`,
  'resetchannels',
  `&${KEY_PREFIX}:*`,
  ...socketio,
  ...commands(...APPLICATION_COMMANDS),
];

/** The operator of the deployment: sees subscriptions and refusals, takes part in events, has a snapshot made; reaches no key. */
const operator = [
  'resetkeys',
  'resetchannels',
  ...socketio,
  ...commands('auth', 'hello', 'ping', 'pubsub|numsub', 'pubsub|channels', 'subscribe', 'publish', 'acl|log'),
  // For a backup: a snapshot, and how far it is.
  ...['+bgsave', '+info'],
];

/** A replica of the primary. */
const replication = ['resetkeys', 'resetchannels', ...commands('psync', 'replconf', 'ping')];

/** Where Sentinels find each other. */
const HELLO = '&__sentinel__:hello';

/**
 * Sentinels, and the script that starts them: roles, and the one key in which the primary notes the time. What Sentinels send is in Valkey's
 * documentation.
 */
const failover = [
  ...['resetkeys', '~failover:*', 'resetchannels', HELLO],
  ...commands('auth', 'hello', 'ping', 'info', 'role', 'replicaof', 'slaveof', 'multi', 'exec', 'subscribe', 'publish'),
  ...['+client|setname', '+client|kill', '+client|pause', '+config|rewrite', '+script|kill', '+get', '+set'],
];

/** The balancer asks who is the primary. */
const balancer = ['resetkeys', 'resetchannels', ...commands('info')];

/** Sentinels among themselves, and the script beside each. */
const sentinel = [
  ...['resetkeys', 'resetchannels', HELLO],
  ...commands('auth', 'hello', 'ping', 'info', 'role', 'publish', 'subscribe', 'client|setname'),
  ...['get-master-addr-by-name', 'is-master-down-by-addr', 'replicas', 'failover'].map((name) => `+sentinel|${name}`),
];

/** For `verify` and restores: what a Sentinel knows, and planned failovers. */
const sentinelOperator = ['resetkeys', 'resetchannels', ...commands('auth', 'ping')].concat(
  ['get-master-addr-by-name', 'replicas', 'sentinels', 'failover'].map((name) => `+sentinel|${name}`),
);

/** Passwords of the users of Valkey; those of `several` servers, where there are. */
export interface Passwords {
  application: string;
  operator: string;
  several?: { replication: string; failover: string; balancer: string } | undefined;
}

const hashed = (password: string) => `#${createHash('sha256').update(password).digest('hex')}`;

/**
 * Arguments of `valkey-server` that set up its users. They show in `docker inspect`, so they hold only a hash of each password:
 * useless to a reader, as the passwords are long and random.
 */
export function aclArguments({ application: forWebui, operator: forOperator, several }: Passwords): string[] {
  return [
    ...['--user', 'default', ...unauthenticated],
    ...['--user', APPLICATION, 'on', hashed(forWebui), ...application],
    ...['--user', OPERATOR, 'on', hashed(forOperator), ...operator],
    ...(several
      ? [
          ...['--user', REPLICATION, 'on', hashed(several.replication), ...replication],
          ...['--user', FAILOVER, 'on', hashed(several.failover), ...failover],
          ...['--user', BALANCER, 'on', hashed(several.balancer), ...balancer],
        ]
      : []),
  ];
}

/** Lines of a Sentinel's configuration that set up its users. */
export const sentinelUsers = (passwords: { operator: string; failover: string }): string =>
  [
    ['user', 'default', 'off'],
    ['user', FAILOVER, 'on', hashed(passwords.failover), ...sentinel],
    ['user', OPERATOR, 'on', hashed(passwords.operator), ...sentinelOperator],
  ]
    .map((words) => words.join(' '))
    .join('\n');
