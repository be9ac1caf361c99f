import { createHash } from 'node:crypto';
import { APPLICATION, BALANCER, FAILOVER, KEY_PREFIX, OPERATOR, REPLICATION } from '../../core/valkey.js';
const socketio = ['&socketio', '&socketio#*'];
const commands = (...names) => ['-@all', ...names.map((name) => `+${name}`)];
const unauthenticated = ['on', 'nopass', 'resetkeys', 'resetchannels', ...commands('ping')];
export const APPLICATION_COMMANDS = [
    ...['auth', 'hello', 'ping', 'select', 'client|setinfo', 'client|setname'],
    ...['get', 'set', 'setex', 'del', 'exists', 'expire', 'pexpire', 'pttl', 'mget', 'append', 'strlen'],
    ...['incr', 'incrby', 'decrby'],
    ...['hset', 'hget', 'hgetall', 'hdel', 'hkeys', 'hvals', 'hlen', 'hexists', 'hscan', 'hmget', 'hincrby'],
    ...['rpush', 'lrange', 'llen', 'sadd', 'srem', 'smembers', 'scard'],
    ...['zadd', 'zrem', 'zcount', 'zrange', 'zrangebyscore', 'zremrangebyscore'],
    ...['publish', 'subscribe', 'unsubscribe', 'multi', 'exec', 'eval', 'evalsha', 'script|load'],
    ...['psubscribe', 'punsubscribe', 'scan'],
];
const application = [
    `~${KEY_PREFIX}:*`,
    'resetchannels',
    `&${KEY_PREFIX}:*`,
    ...socketio,
    ...commands(...APPLICATION_COMMANDS),
];
const operator = [
    'resetkeys',
    'resetchannels',
    ...socketio,
    ...commands('auth', 'hello', 'ping', 'pubsub|numsub', 'pubsub|channels', 'subscribe', 'publish', 'acl|log'),
    ...['+bgsave', '+info'],
];
const replication = ['resetkeys', 'resetchannels', ...commands('psync', 'replconf', 'ping')];
const HELLO = '&__sentinel__:hello';
const failover = [
    ...['resetkeys', '~failover:*', 'resetchannels', HELLO],
    ...commands('auth', 'hello', 'ping', 'info', 'role', 'replicaof', 'slaveof', 'multi', 'exec', 'subscribe', 'publish'),
    ...['+client|setname', '+client|kill', '+client|pause', '+config|rewrite', '+script|kill', '+get', '+set'],
];
const balancer = ['resetkeys', 'resetchannels', ...commands('info')];
const sentinel = [
    ...['resetkeys', 'resetchannels', HELLO],
    ...commands('auth', 'hello', 'ping', 'info', 'role', 'publish', 'subscribe', 'client|setname'),
    ...['get-master-addr-by-name', 'is-master-down-by-addr', 'replicas', 'failover'].map((name) => `+sentinel|${name}`),
];
const sentinelOperator = ['resetkeys', 'resetchannels', ...commands('auth', 'ping')].concat(['get-master-addr-by-name', 'replicas', 'sentinels', 'failover'].map((name) => `+sentinel|${name}`));
const hashed = (password) => `#${createHash('sha256').update(password).digest('hex')}`;
export function aclArguments({ application: forWebui, operator: forOperator, several }) {
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
export const sentinelUsers = (passwords) => [
    ['user', 'default', 'off'],
    ['user', FAILOVER, 'on', hashed(passwords.failover), ...sentinel],
    ['user', OPERATOR, 'on', hashed(passwords.operator), ...sentinelOperator],
]
    .map((words) => words.join(' '))
    .join('\n');
