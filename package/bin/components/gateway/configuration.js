import { ADMIN_SOCKET, CONFIGURATION, GATEWAY_DATA, HEALTH_PORT, HEALTHY, HTTP_PORT, HTTPS_PORT, openedAt, } from '../../core/gateway.js';
import { toBytes } from '../../core/units.js';
import { errors, values } from './errors.js';
import { held, release } from './hold.js';
import { proxy } from './proxy.js';
import { inOrder, queue } from './queue.js';
import { tlsApp, tlsFiles } from './tls.js';
const usualHeaders = ({ tls }) => ({
    ...(tls !== 'off' && { 'Strict-Transport-Security': 'max-age=31536000' }),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'SAMEORIGIN',
    'Referrer-Policy': 'strict-origin-when-cross-origin',
});
const COMPRESSED = [
    ...['text/html*', 'text/css*', 'text/plain*', 'text/javascript*', 'text/markdown*', 'image/svg+xml*'],
    ...['application/javascript*', 'application/json*', 'application/manifest+json*', 'application/wasm*', 'font/ttf*'],
];
const sameHeader = (one, other) => one.toLowerCase() === other.toLowerCase();
function responseHeaders(gateway) {
    const given = Object.entries(gateway.headers);
    const usual = Object.entries(usualHeaders(gateway)).filter(([name]) => !given.some(([key]) => sameHeader(key, name)));
    return Object.fromEntries([...usual, ...given].filter((entry) => entry[1] !== false));
}
const onLeaving = (headers, when) => ({
    handler: 'headers',
    response: { deferred: true, set: values(headers), ...(when && { require: when }) },
});
const SUCCESS = { status_code: [2] };
const caching = [
    {
        match: [{ path: ['/_app/immutable/*'] }],
        handle: [onLeaving({ 'Cache-Control': 'public, max-age=31536000, immutable' }, SUCCESS)],
    },
    { handle: [onLeaving({ 'Cache-Control': 'no-store' }, { headers: { 'Content-Type': ['text/html*'] } })] },
];
const untrusted = ({ trustedProxies, identityHeaders }) => identityHeaders.length === 0
    ? []
    : [
        {
            ...(trustedProxies.length > 0 && { match: [{ not: [{ remote_ip: { ranges: trustedProxies } }] }] }),
            handle: [{ handler: 'headers', request: { delete: identityHeaders } }],
        },
    ];
const page = (gateway) => ({
    match: [{ host: gateway.domain }],
    terminal: true,
    handle: [
        {
            handler: 'subroute',
            routes: [
                {
                    handle: [
                        { handler: 'log_append', key: 'user_agent', value: '{http.request.header.User-Agent}' },
                        { handler: 'request_body', max_size: toBytes(gateway.maxRequestSize) },
                        {
                            handler: 'encode',
                            encodings: { zstd: {}, gzip: {} },
                            prefer: ['zstd', 'gzip'],
                            minimum_length: 512,
                            match: { headers: { 'Content-Type': COMPRESSED } },
                        },
                        onLeaving(responseHeaders(gateway)),
                    ],
                },
                ...caching,
                ...untrusted(gateway),
                ...(gateway.several ? [held(gateway)] : []),
                inOrder(gateway),
                { handle: [proxy(gateway)] },
            ],
        },
    ],
});
const stranger = { handle: [{ handler: 'static_response', status_code: 421, close: true }] };
const overTls = (url) => (url?.startsWith('https:') ? url : undefined);
const redirects = (gateway) => openedAt(gateway, overTls(gateway.url)).map((origin, index) => ({
    match: [{ host: [gateway.domain[index]] }],
    terminal: true,
    handle: [{ handler: 'static_response', status_code: 308, headers: { Location: [`${origin}{http.request.uri}`] } }],
}));
const ACCESS = 'access';
const server = ({ trustedProxies }, port, more) => ({
    listen: [`:${port}`],
    protocols: ['h1', 'h2'],
    automatic_https: { disable_redirects: true },
    ...(trustedProxies.length > 0 && {
        trusted_proxies: { source: 'static', ranges: trustedProxies },
        trusted_proxies_strict: 1,
    }),
    logs: { default_logger_name: ACCESS },
    ...more,
});
const servers = (gateway) => {
    const inside = {
        health: {
            listen: [`127.0.0.1:${HEALTH_PORT}`],
            automatic_https: { disable: true },
            routes: [{ handle: [{ handler: 'static_response', body: HEALTHY }] }],
        },
        queue: queue(gateway),
        ...(gateway.several && { release: release(gateway) }),
    };
    const routes = [page(gateway), stranger];
    if (gateway.tls === 'off')
        return {
            ...inside,
            page: server(gateway, HTTP_PORT, { automatic_https: { disable: true }, routes, errors: errors(gateway) }),
        };
    return {
        ...inside,
        redirect: server(gateway, HTTP_PORT, { routes: [...redirects(gateway), stranger] }),
        page: server(gateway, HTTPS_PORT, {
            routes,
            errors: errors(gateway),
            tls_connection_policies: [{}],
            strict_sni_host: true,
        }),
    };
};
const ENCODER = {
    format: 'filter',
    wrap: { format: 'json', time_format: 'rfc3339' },
    fields: {
        'request>headers': { filter: 'delete' },
        resp_headers: { filter: 'delete' },
        'request>uri': { filter: 'regexp', regexp: '\\?.*', value: '?…' },
    },
};
const logging = {
    logs: {
        default: { writer: { output: 'stderr' }, encoder: ENCODER, exclude: [`http.log.access.${ACCESS}`] },
        [ACCESS]: { writer: { output: 'stdout' }, encoder: ENCODER, include: [`http.log.access.${ACCESS}`] },
    },
};
export const configurationOf = (gateway) => ({
    admin: { listen: `${ADMIN_SOCKET}|0600`, config: { persist: false } },
    logging,
    storage: { module: 'file_system', root: `${GATEWAY_DATA}/caddy` },
    apps: {
        http: { servers: servers(gateway) },
        ...tlsApp(gateway),
        ...(gateway.tls === 'internal' && { pki: { certificate_authorities: { local: { install_trust: false } } } }),
    },
});
export const configurationFiles = (gateway) => ({
    [CONFIGURATION]: `${JSON.stringify(configurationOf(gateway), null, 2)}\n`,
    ...tlsFiles(gateway),
});
