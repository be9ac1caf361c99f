/** The configuration of Caddy, as a value: nothing in it is put together from pieces of text. */

import {
  ADMIN_SOCKET,
  type Addressed,
  CONFIGURATION,
  GATEWAY_DATA,
  HEALTH_PORT,
  HEALTHY,
  HTTP_PORT,
  HTTPS_PORT,
  openedAt,
} from '../../core/gateway.ts';
import { toBytes } from '../../core/units.ts';
import type { Configured, Json } from './configured.ts';
import { errors, values } from './errors.ts';
import { held, release } from './hold.ts';
import { proxy } from './proxy.ts';
import { inOrder, queue } from './queue.ts';
import { tlsApp, tlsFiles } from './tls.ts';

/** Headers of answers, unless the stack file says otherwise. */
const usualHeaders = ({ tls }: Addressed): Record<string, string> => ({
  // Only for the domain itself: what runs below it is not this stack's to decide on.
  ...(tls !== 'off' && { 'Strict-Transport-Security': 'max-age=31536000' }),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'SAMEORIGIN',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
});

/** What shrinks. A streamed answer is not in it: nothing holds back a part of it. */
const COMPRESSED = [
  ...['text/html*', 'text/css*', 'text/plain*', 'text/javascript*', 'text/markdown*', 'image/svg+xml*'],
  ...['application/javascript*', 'application/json*', 'application/manifest+json*', 'application/wasm*', 'font/ttf*'],
];

/** A name that HTTP compares in any case, as Caddy writes it. */
const sameHeader = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

function responseHeaders(gateway: Configured): Record<string, string> {
  const given = Object.entries(gateway.headers);
  const usual = Object.entries(usualHeaders(gateway)).filter(([name]) => !given.some(([key]) => sameHeader(key, name)));
  return Object.fromEntries([...usual, ...given].filter((entry): entry is [string, string] => entry[1] !== false));
}

/** Sets headers of answers when they leave, whatever the web UI has set; `when` says of which. */
const onLeaving = (headers: Readonly<Record<string, string>>, when?: Json): Json => ({
  handler: 'headers',
  response: { deferred: true, set: values(headers), ...(when && { require: when }) },
});

const SUCCESS = { status_code: [2] };

/** Files whose names change with their content are kept for ever, and the page that names them never. */
const caching: readonly Json[] = [
  {
    match: [{ path: ['/_app/immutable/*'] }],
    handle: [onLeaving({ 'Cache-Control': 'public, max-age=31536000, immutable' }, SUCCESS)],
  },
  { handle: [onLeaving({ 'Cache-Control': 'no-store' }, { headers: { 'Content-Type': ['text/html*'] } })] },
];

/** Forgets what a stranger says of who he is. */
const untrusted = ({ trustedProxies, identityHeaders }: Configured): readonly Json[] =>
  identityHeaders.length === 0
    ? []
    : [
        {
          ...(trustedProxies.length > 0 && { match: [{ not: [{ remote_ip: { ranges: trustedProxies } }] }] }),
          handle: [{ handler: 'headers', request: { delete: identityHeaders } }],
        },
      ];

/** Everything between a client and the web UI, for the domains. */
const page = (gateway: Configured): Json => ({
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

/** For every other name: what is not said to be this stack's is not answered for. */
const stranger: Json = { handle: [{ handler: 'static_response', status_code: 421, close: true }] };

/** An address to which HTTP may lead. */
const overTls = (url: string | undefined) => (url?.startsWith('https:') ? url : undefined);

const redirects = (gateway: Configured): Json[] =>
  openedAt(gateway, overTls(gateway.url)).map((origin, index) => ({
    match: [{ host: [gateway.domain[index]] }],
    terminal: true,
    handle: [{ handler: 'static_response', status_code: 308, headers: { Location: [`${origin}{http.request.uri}`] } }],
  }));

const ACCESS = 'access';

const server = ({ trustedProxies }: Configured, port: number, more: Json): Json => ({
  listen: [`:${port}`],
  // Over UDP there would be another port to open, and with it another way in.
  protocols: ['h1', 'h2'],
  // It has said what it wants of both below.
  automatic_https: { disable_redirects: true },
  ...(trustedProxies.length > 0 && {
    trusted_proxies: { source: 'static', ranges: trustedProxies },
    trusted_proxies_strict: 1,
  }),
  logs: { default_logger_name: ACCESS },
  ...more,
});

const servers = (gateway: Configured): Json => {
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
      // The name in the certificate is the one that is asked for.
      strict_sni_host: true,
    }),
  };
};

/**
 * Lines of the log without credentials: no headers, cookies among them, and no queries, in which one-time codes and tokens stand. The
 * address in the path stays, and the browser's name is added.
 */
const ENCODER: Json = {
  format: 'filter',
  wrap: { format: 'json', time_format: 'rfc3339' },
  fields: {
    'request>headers': { filter: 'delete' },
    resp_headers: { filter: 'delete' },
    'request>uri': { filter: 'regexp', regexp: '\\?.*', value: '?…' },
  },
};

const logging: Json = {
  logs: {
    default: { writer: { output: 'stderr' }, encoder: ENCODER, exclude: [`http.log.access.${ACCESS}`] },
    [ACCESS]: { writer: { output: 'stdout' }, encoder: ENCODER, include: [`http.log.access.${ACCESS}`] },
  },
};

/** Caddy's configuration. */
export const configurationOf = (gateway: Configured): Json => ({
  // What is changed there by hand goes with the next start: the file decides.
  admin: { listen: `${ADMIN_SOCKET}|0600`, config: { persist: false } },
  logging,
  storage: { module: 'file_system', root: `${GATEWAY_DATA}/caddy` },
  apps: {
    http: { servers: servers(gateway) },
    ...tlsApp(gateway),
    // No authority of its own is put into the trust store of the container.
    ...(gateway.tls === 'internal' && { pki: { certificate_authorities: { local: { install_trust: false } } } }),
  },
});

/** The files that Caddy reads, by name: its configuration, and what that names. */
export const configurationFiles = (gateway: Configured): Record<string, string> => ({
  [CONFIGURATION]: `${JSON.stringify(configurationOf(gateway), null, 2)}\n`,
  ...tlsFiles(gateway),
});
