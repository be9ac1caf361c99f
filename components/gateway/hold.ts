/**
 * Requests wait in the gateway while a server that the web UI needs is replaced, such as its database: the web UI itself would answer them with an
 * error. core/hold.ts has how.
 */

import { FOLDER, holdProgram, releaseProgram, SOCKET } from '../../core/hold.ts';
import type { Duration } from '../../core/units.ts';
import type { Front, Workload } from '../../platform/workload.ts';
import type { ServerArgs } from '../server.ts';
import type { Configured, Json } from './configured.ts';
import { errors } from './errors.ts';
import { proxy } from './proxy.ts';
import { inOrder } from './queue.ts';

/**
 * The gateway as the front of a server behind the web UI.
 *
 * @param gateway its name.
 * @param server name of the one that is replaced.
 * @param waitTimeout for how long a request waits.
 */
export const frontOf = (gateway: string, server: string, waitTimeout: Duration): Front => ({
  name: gateway,
  hold: holdProgram(server, waitTimeout),
  release: releaseProgram(server),
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
