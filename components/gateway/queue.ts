/**
 * Short requests wait for the web UI in the order in which they came, and a few of them go at a time. While it is replaced, hundreds gather; if all
 * of them went to its one process at once, each would wait for all others, and new ones would push in.
 *
 * Caddy has no queue of its own, but its client has one: requests beyond `max_conns_per_host` wait for a connection, first come, first served. So
 * the page passes short requests on to a second server of the same Caddy, which only its own container reaches, over a few connections; it
 * is there that the first of them wait for the web UI to accept any.
 */

import { QUEUE_PORT } from '../../core/gateway.ts';
import { toSeconds } from '../../core/units.ts';
import type { Configured, Json } from './configured.ts';
import { errors } from './errors.ts';
import { CLIENT_HEADERS, proxy, TRANSPORT } from './proxy.ts';

/** How many of them the web UI has at a time. Enough for all processors: each of its processes works on one request at a time. */
const AT_A_TIME = 16;

/** The same for several web UIs. One that hangs keeps but a few of these: new ones go to where the fewest are under way. */
const AT_A_TIME_OF_SEVERAL = 64;

/** What such a request may bring, in bytes; an answer is taken from the web UI up to there, however slowly its reader is. */
const SHORT = 1_000_000;

/**
 * What only reads the database: of the page when it opens, and of people who read. Nothing that waits for a model, another server or a file
 * belongs here, as it would hold up all others.
 */
const READ = [
  ...['/api/config', '/api/version', '/api/v1/auths/', '/api/v1/configs/banners'],
  ...['chats', 'folders', 'groups', 'notes', 'prompts', 'users'].map((name) => `/api/v1/${name}/*`),
];

/** All chats of a person or of everybody in one answer. */
const LONG = ['/api/v1/chats/all*', '/api/v1/chats/stats/*'];

/** What only writes the database: chats and their messages, folders, notes, prompts, and a user's own settings. */
const WRITTEN = '^/api/v1/(chats/[^/]+(/messages/[^/]+)?|(folders|notes|prompts|users/user)/.+)$';

/** When a request came, in milliseconds since 1970. It replaces whatever a client says. */
const SINCE = 'X-Waiting-Since';

/** The way of short requests. Those whose client has gone leave the queue. */
export const inOrder = ({ waitTimeout, several = false }: Configured): Json => ({
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
      // The queue is in the same program, which may be too busy to accept a connection within a second.
      load_balancing: { try_duration: waitTimeout, try_interval: '100ms' },
      transport: { ...TRANSPORT, max_conns_per_host: several ? AT_A_TIME_OF_SEVERAL : AT_A_TIME },
      // A connection is not taken before the request is there as a whole, nor kept for a client that reads slowly.
      request_buffers: SHORT + 1,
      response_buffers: SHORT,
      headers: { request: { set: { ...CLIENT_HEADERS, [SINCE]: ['{time.now.unix_ms}'] } } },
    },
  ],
});

/** Parts of the time for which a request waits: the queue is left at most one of them too late. */
const PARTS = 12;

/** Where the first in the queue wait for the web UI: as long as is left of their time. */
export function queue(gateway: Configured): Json {
  const part = Math.ceil((toSeconds(gateway.waitTimeout) * 1000) / PARTS);
  const youngerThan = (age: number) => ({
    expression: `int({time.now.unix_ms}) - int({http.request.header.${SINCE}}) < ${age}`,
  });
  return {
    listen: [`127.0.0.1:${QUEUE_PORT}`],
    protocols: ['h1'],
    automatic_https: { disable: true },
    // What the page says of the client is passed on as it is.
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
