import { QUEUE_PORT } from '../../core/gateway.js';
import { toSeconds } from '../../core/units.js';
import { errors } from './errors.js';
import { CLIENT_HEADERS, proxy, TRANSPORT } from './proxy.js';
const AT_A_TIME = 16;
const AT_A_TIME_OF_SEVERAL = 64;
const SHORT = 1_000_000;
const READ = [
    ...['/api/config', '/api/version', '/api/v1/auths/', '/api/v1/configs/banners'],
    ...['chats', 'folders', 'groups', 'notes', 'prompts', 'users'].map((name) => `/api/v1/${name}/*`),
];
const LONG = ['/api/v1/chats/all*', '/api/v1/chats/stats/*'];
const WRITTEN = '^/api/v1/(chats/[^/]+(/messages/[^/]+)?|(folders|notes|prompts|users/user)/.+)$';
const SINCE = 'X-Waiting-Since';
export const inOrder = ({ waitTimeout, several = false }) => ({
    match: [
        { method: ['GET', 'HEAD'], path: READ, not: [{ path: LONG }] },
        {
            method: ['POST'],
            path_regexp: { pattern: WRITTEN },
            header_regexp: { 'Content-Length': { pattern: '^\\d{1,6}$' } },
        },
    ],
    handle: [
        { handler: 'request_body', max_size: SHORT },
        {
            handler: 'reverse_proxy',
            upstreams: [{ dial: `127.0.0.1:${QUEUE_PORT}` }],
            load_balancing: { try_duration: waitTimeout, try_interval: '100ms' },
            transport: { ...TRANSPORT, max_conns_per_host: several ? AT_A_TIME_OF_SEVERAL : AT_A_TIME },
            request_buffers: SHORT + 1,
            response_buffers: SHORT,
            headers: { request: { set: { ...CLIENT_HEADERS, [SINCE]: ['{time.now.unix_ms}'] } } },
        },
    ],
});
const PARTS = 12;
export function queue(gateway) {
    const part = Math.ceil((toSeconds(gateway.waitTimeout) * 1000) / PARTS);
    const youngerThan = (age) => ({
        expression: `int({time.now.unix_ms}) - int({http.request.header.${SINCE}}) < ${age}`,
    });
    return {
        listen: [`127.0.0.1:${QUEUE_PORT}`],
        protocols: ['h1'],
        automatic_https: { disable: true },
        trusted_proxies: { source: 'static', ranges: ['127.0.0.1/32'] },
        trusted_proxies_strict: 1,
        routes: [
            ...Array.from({ length: PARTS }, (_, number) => ({
                match: [youngerThan(part * (number + 1))],
                handle: [proxy(gateway, { try_duration: `${part * (PARTS - number)}ms`, try_interval: '100ms' }, [SINCE])],
                terminal: true,
            })),
            { handle: [{ handler: 'error', status_code: 503 }] },
        ],
        errors: errors(gateway),
    };
}
