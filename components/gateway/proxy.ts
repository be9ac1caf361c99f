/** A request on its way to the web UI, which waits while nothing accepts connections. */

import type { Configured, Json } from './configured.ts';

/** The time for which a websocket survives a new configuration: those of a day at work. */
const STREAMS_LIVE = '24h';

const CLIENT = '{http.vars.client_ip}';

/** One address, found from the right: whatever a client writes into these headers is gone. */
export const CLIENT_HEADERS = { 'X-Forwarded-For': [CLIENT], 'X-Real-Ip': [CLIENT] };

/** Connections to a server of which each is for one request: one that a stopping server closes would fail the request that is about to use it. */
export const TRANSPORT: Json = {
  protocol: 'http',
  dial_timeout: '1s',
  // Probes begin after 15 s of silence. After nine without an answer the connection to a lost node ends, and with it the request.
  keep_alive: { enabled: false, probe_interval: '1s' },
  // As the browser asked for it: nothing is unpacked to be packed again.
  compression: false,
};

/** How long a request of any method waits while nothing accepts connections, as none has been sent yet, and how often it asks. */
export interface Waiting {
  try_duration: string;
  try_interval: string;
}

/** The one web UI, or all that there are now. */
function upstreams({ upstream, several = false }: Configured, waiting: Waiting): Json {
  if (!several) return { upstreams: [{ dial: upstream }], load_balancing: waiting };
  const { hostname, port } = new URL(`http://${upstream}`);
  return {
    // Swarm takes a task out of DNS two seconds before it ends.
    dynamic_upstreams: { source: 'a', name: hostname, port, refresh: '500ms' },
    load_balancing: { ...waiting, selection_policy: { policy: 'least_conn' } },
    // One that refuses a connection is left out for a moment.
    health_checks: { passive: { fail_duration: '2s', max_fails: 1 } },
  };
}

/** By default each asks at its own moment, so that those that have waited do not all come at once; several web UIs share them. */
const usual = ({ waitTimeout, several = false }: Configured): Waiting => ({
  try_duration: waitTimeout,
  try_interval: several ? '100ms' : '500ms',
});

/** Passes a request on to the web UI. */
export const proxy = (
  gateway: Configured,
  waiting: Waiting = usual(gateway),
  forgotten: readonly string[] = [],
): Json => ({
  handler: 'reverse_proxy',
  ...upstreams(gateway, waiting),
  flush_interval: -1,
  stream_close_delay: STREAMS_LIVE,
  transport: TRANSPORT,
  headers: { request: { set: CLIENT_HEADERS, delete: ['Forwarded', ...forgotten] } },
});
