import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { bucketSecrets, bucketVariables } from '../../core/bucket.js';
import { completed, STOP_GRACE, webuiDefaults } from '../../core/defaults.js';
import { MIGRATION } from '../../core/postgres.js';
import { COMPONENTS } from '../../core/resourceTypes.js';
import { RESTORE_AREA } from '../../core/restore.js';
import { shellAssignments } from '../../core/shell.js';
import { FAILOVER_SECONDS, pooled } from '../../core/valkey.js';
import { HOST_ALIAS, HOST_GATEWAY, WEBUI_DATA, WEBUI_PORT, WEBUI_SECRETS, WEBUI_USER } from '../../core/webui.js';
import { attachmentOf, serve } from '../server.js';
const WRITABLE = {
    tmpfs: { '/tmp': 'rw,nosuid,nodev,noexec,size=1g,mode=1777' },
    env: { HOME: '/tmp/home', STATIC_DIR: '/tmp/static' },
};
const addressed = (url) => ({
    ...(url !== undefined && { WEBUI_URL: url }),
    ...(url?.startsWith('https://') && { WEBUI_SESSION_COOKIE_SECURE: 'true', WEBUI_AUTH_COOKIE_SECURE: 'true' }),
});
function hostsOf(extraHosts = {}) {
    const isHost = ([, address]) => address === HOST_GATEWAY;
    const entries = Object.entries(extraHosts);
    const names = entries.filter(isHost).map(([name]) => name);
    return {
        hostAliases: [...new Set([HOST_ALIAS, ...names])],
        extraHosts: Object.fromEntries(entries.filter((entry) => !isHost(entry))),
    };
}
const poolOf = (prefix, connections) => ({
    [`${prefix}_POOL_SIZE`]: String(Math.ceil(connections / 2)),
    [`${prefix}_POOL_MAX_OVERFLOW`]: String(Math.floor(connections / 2)),
});
const proxied = (proxy) => proxy === undefined
    ? {}
    : {
        CORS_ALLOW_ORIGIN: proxy.origins.join(';'),
        FORWARDED_ALLOW_IPS: pulumi.output(proxy.addresses).apply((all) => all.join(',')),
        ENABLE_COMPRESSION_MIDDLEWARE: 'false',
    };
const START = readFileSync(new URL('./start.sh', import.meta.url), 'utf8');
const MIGRATE = readFileSync(new URL('./migrate.py', import.meta.url), 'utf8');
const MIGRATION_TIME = '3m';
const COMMAND = ['bash', 'start.sh'];
const MIGRATED = [
    '/bin/sh',
    '-c',
    'python3 -c "$1" && shift && ENABLE_DB_MIGRATIONS=false exec "$@"',
    MIGRATION,
    MIGRATE,
];
export const READY = { kind: 'httpGet', port: WEBUI_PORT, ready: '/ready', live: '/health' };
export class OpenWebUI extends pulumi.ComponentResource {
    instances;
    volumeName;
    constructor(name, given, opts) {
        const args = completed(given, webuiDefaults);
        super(COMPONENTS.openWebUI, name, {}, opts);
        const { admin, bucket, database, env, secretEnv, pidsLimit } = args;
        const strict = args.hardening === 'strict';
        const extraStartTime = args.extraStartTime ?? (database && MIGRATION_TIME);
        const wired = {
            ENABLE_WEBSOCKET_SUPPORT: 'true',
            WEBSOCKET_MANAGER: 'redis',
            ENABLE_PERSISTENT_CONFIG: String(args.configuration === 'page'),
            ENABLE_SIGNUP: String(args.signup === 'open'),
            WEBUI_ADMIN_EMAIL: admin.email,
            WEBUI_ADMIN_NAME: admin.name,
            ...(bucket && bucketVariables(bucket)),
        };
        const secrets = {
            ...Object.fromEntries(Object.entries(secretEnv).filter(([key]) => !Object.hasOwn(wired, key))),
            WEBUI_SECRET_KEY: args.sessionKey,
            WEBUI_ADMIN_PASSWORD: admin.password,
            WEBSOCKET_REDIS_URL: pulumi.output(args.websocketRedisUrl).apply(pooled),
            REDIS_URL: pulumi.output(args.redisUrl).apply(pooled),
            ...(database && { DATABASE_URL: database.url, PGVECTOR_DB_URL: database.url }),
            ...(bucket && { ...bucketVariables(bucket), ...bucketSecrets(bucket) }),
        };
        const server = serve(this, name, args, {
            data: { path: WEBUI_DATA, ...(strict && { ownedFolder: 'uploads' }) },
            networks: args.networkNames.map(attachmentOf),
            port: WEBUI_PORT,
            ...(strict
                ? { user: WEBUI_USER, readOnlyRoot: { tmpfs: WRITABLE.tmpfs } }
                :
                    { capabilities: ['DAC_OVERRIDE'] }),
            entrypoint: ['/bin/sh', '-c', START, 'open-webui', WEBUI_SECRETS, `${WEBUI_DATA}/${RESTORE_AREA}`],
            command: [...(database ? MIGRATED : []), ...(args.command ?? COMMAND)],
            env: {
                REDIS_HEALTH_CHECK_INTERVAL: '60',
                REDIS_SOCKET_KEEPALIVE: 'true',
                ...(args.failover && { REDIS_SOCKET_TIMEOUT: String(FAILOVER_SECONDS) }),
                ...(strict && WRITABLE.env),
                ...addressed(args.url),
                ...(database && {
                    VECTOR_DB: 'pgvector',
                    ...poolOf('DATABASE', database.pools.database),
                    ...poolOf('PGVECTOR', database.pools.vectors),
                    UVICORN_TIMEOUT_WORKER_HEALTHCHECK: '60',
                }),
                ...(!database && { DATABASE_SQLITE_PRAGMA_BUSY_TIMEOUT: '60000' }),
                ...(bucket && { STORAGE_LOCAL_CACHE: 'false' }),
                ...proxied(args.proxy),
                ...env,
                ...wired,
            },
            secretFiles: [{ path: WEBUI_SECRETS, content: pulumi.secret(pulumi.all(secrets).apply(shellAssignments)) }],
            ...hostsOf(args.extraHosts),
            gpus: args.gpus,
            replicas: args.replicas,
            overlaps: database !== undefined,
            check: READY,
            ...(extraStartTime && { extraStartTime }),
            stopGrace: STOP_GRACE,
        });
        this.instances = server.instances;
        this.volumeName = server.volume;
        this.registerOutputs({ instances: this.instances, pidsLimit, volumeName: this.volumeName });
    }
}
