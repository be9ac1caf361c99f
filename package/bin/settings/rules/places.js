import { posix } from 'node:path';
import { WEBUI_DATA } from '../../core/webui.js';
const DATABASE = posix.join(WEBUI_DATA, 'webui.db');
const START = posix.dirname(WEBUI_DATA);
const LOST = 'and everything outside of the data volume is lost with the container';
const FIXED = {
    DATA_DIR: { right: WEBUI_DATA, reason: `the data volume is mounted at ${WEBUI_DATA}, ${LOST}` },
    FROM_INIT_PY: { right: 'false', reason: `Open WebUI would move its data out of ${WEBUI_DATA}, ${LOST}` },
    HOST: {
        right: '0.0.0.0',
        reason: 'the published port reaches the container from outside, and the health check from inside',
        fix: 'remove it and set webui.publish.address',
    },
};
const ELSEWHERE = ['UVICORN_UDS', 'UVICORN_FD', 'UVICORN_SSL_KEYFILE', 'UVICORN_SSL_CERTFILE'];
function sqliteFile(url) {
    const [, path] = /^sqlite(?:\+\w+)?:(?:\/\/\/?)?([^?]*)/i.exec(url) ?? [];
    return path === undefined ? undefined : posix.resolve(START, path || ':memory:');
}
const isInVolume = (path) => posix.resolve(START, path).startsWith(`${WEBUI_DATA}/`);
const KEPT = {
    AUDIT_LOGS_FILE_PATH: (value) => !value.startsWith('/dev/'),
    MILVUS_URI: (value) => !value.includes('://'),
};
export const places = ({ webui: { env } }) => [
    ...Object.entries(FIXED).flatMap(([name, { right, reason, fix = 'remove it' }]) => {
        const value = env[name];
        if (value === undefined || value.toLowerCase() === right || posix.resolve(START, value) === right)
            return [];
        return [{ path: ['webui', 'env', name], reason, allowed: `nothing, or ${right}`, fix }];
    }),
    ...ELSEWHERE.flatMap((name) => env[name] === undefined
        ? []
        : [
            {
                path: ['webui', 'env', name],
                reason: 'the health check and the published port speak HTTP to one port of the container',
                allowed: 'nothing: leave it to the deployment',
                fix: 'remove it; put a TLS proxy in front of the page',
            },
        ]),
    ...[env['DATABASE_URL']].flatMap((url) => {
        const file = url === undefined ? undefined : sqliteFile(url);
        if (file === undefined || file === DATABASE)
            return [];
        return [
            {
                path: ['webui', 'env', 'DATABASE_URL'],
                reason: `with SQLite, only ${DATABASE} is in the data volume and in backups`,
                allowed: 'nothing, or the address of a Postgres database',
                fix: 'remove it',
            },
        ];
    }),
    ...Object.entries(KEPT).flatMap(([name, isFile]) => {
        const value = env[name];
        if (value === undefined || !isFile(value) || isInVolume(value))
            return [];
        return [
            {
                path: ['webui', 'env', name],
                reason: `the data volume is mounted at ${WEBUI_DATA}, ${LOST}`,
                allowed: `a path below ${WEBUI_DATA}`,
                fix: 'remove it',
            },
        ];
    }),
];
