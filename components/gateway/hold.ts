/**
 * Requests wait in the gateway while a server that the web UI needs is replaced, such as its database: the web UI itself would answer them with an
 * error. Nothing is reloaded for that, as a reload ends the requests that wait.
 *
 * The gateway has a second way to the web UI, over a socket. While a file says that requests are held, new ones go that way, and wait: the socket
 * is moved away until nothing holds them any more.
 */

import { type Duration, toSeconds } from '../../core/units.ts';
import type { Front, Workload } from '../../platform/workload.ts';
import type { ServerArgs } from '../server.ts';
import type { Configured, Json } from './configured.ts';
import { errors } from './errors.ts';
import { proxy } from './proxy.ts';
import { inOrder } from './queue.ts';

/** In memory that every container has, for its own user alone. */
const FOLDER = '/dev/shm';
const SOCKET = 'held.sock';
const AWAY = 'away.sock';

/** Time for requests that the web UI already has to be answered, in seconds. */
const DRAIN = 2;

/** Brings the socket back when nothing holds requests any more. */
const RESTORE = `ls hold-* > /dev/null 2>&1 || { [ ! -S ${AWAY} ] || mv ${AWAY} ${SOCKET}; }`;

/**
 * Holds requests for the server `$1`, for `$2` seconds at most: an update that was killed releases nothing. Two servers may be replaced at the same
 * time, and each has a file of its own.
 */
const HOLD = `
cd ${FOLDER} || exit
[ -S ${SOCKET} ] || [ -S ${AWAY} ] || exit 0
echo $$ > "hold-$1"
[ ! -S ${SOCKET} ] || mv ${SOCKET} ${AWAY}
{ sleep "$2"; [ "$(cat "hold-$1")" != $$ ] || rm -f "hold-$1"; ${RESTORE}; } > /dev/null 2>&1 &
sleep ${DRAIN}
`;

const RELEASE = `
cd ${FOLDER} || exit
rm -f "hold-$1"
${RESTORE}
`;

/**
 * The gateway as the front of a server behind the web UI.
 *
 * @param gateway its name.
 * @param server name of the one that is replaced.
 * @param waitTimeout for how long a request waits.
 */
export const frontOf = (gateway: string, server: string, waitTimeout: Duration): Front => ({
  name: gateway,
  hold: ['/bin/sh', '-c', HOLD, 'hold', server, String(toSeconds(waitTimeout))],
  release: ['/bin/sh', '-c', RELEASE, 'release', server],
});

/** Arguments of a server whose clients are behind a front. */
export const behind = <Args extends Pick<ServerArgs, 'transform'>>(front: Front | undefined, args: Args): Args =>
  front === undefined
    ? args
    : {
        ...args,
        transform: {
          ...args.transform,
          server: (workload: Workload) => ({ ...(args.transform?.server?.(workload) ?? workload), front }),
        },
      };

/** The way of all requests while they are held. By the files: Caddy finds no socket. */
export const held = (gateway: Configured): Json => ({
  match: [{ file: { root: FOLDER, try_files: ['/hold-*'] } }],
  handle: [
    proxy(
      { ...gateway, several: false, upstream: `unix/${FOLDER}/${SOCKET}` },
      {
        try_duration: gateway.waitTimeout,
        try_interval: '250ms',
      },
    ),
  ],
  terminal: true,
});

/** Where they arrive once they are released. */
export const release = (gateway: Configured): Json => ({
  listen: [`unix/${FOLDER}/${SOCKET}|0600`],
  protocols: ['h1'],
  automatic_https: { disable: true },
  // What the page says of the client is passed on as it is.
  trusted_proxies_unix: true,
  trusted_proxies_strict: 1,
  routes: [inOrder(gateway), { handle: [proxy(gateway)] }],
  errors: errors(gateway),
});
