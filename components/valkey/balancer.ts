/** What leads clients to the primary. */

import { BALANCER, FAILOVER_SECONDS, VALKEY_PORT } from '../../core/valkey.ts';

/** Port at which the balancer says whether there is a primary, inside its container. */
const HEALTH_PORT = 8404;

const label = (index: number): string => `valkey-${index + 1}`;

/**
 * The configuration of HAProxy. A server counts as the primary if it reports that role and has a replica that is not behind: a primary that was
 * cut off gets no connections. Connections to a lost server time out within seconds ({@link LOST}); the script beside a server that hangs, or has lost its role,
 * closes those to it. HAProxy does not (`on-marked-down shutdown-sessions`): version 3.0 leaves connections that are just opening hung forever.
 *
 * A new connection waits while there is no primary, longer than an election takes: a backup server that refuses every connection stands in, and
 * HAProxy retries the primary each second.
 *
 * @param servers host names of the servers.
 */
export const balancerConfiguration = (servers: readonly string[], password: string): string => `global
  # As many connections as Valkey takes, or as the engine allows.
  fd-hard-limit 20100
  # The image asks it to end when its clients have gone, which they do not by themselves.
  hard-stop-after 1s
  log stdout format raw local0 notice
defaults
  mode tcp
  log global
  timeout connect 1s
  retries ${FAILOVER_SECONDS}
  option redispatch 1
  # Of a connection that says nothing: those of subscribers are kept alive by the system.
  timeout client 7d
  timeout server 7d
  option clitcpka
  option srvtcpka
  srvtcpka-idle 2s
  srvtcpka-intvl 1s
  srvtcpka-cnt 3
resolvers engine
  nameserver dns 127.0.0.11:53
  accepted_payload_size 8192
  resolve_retries 2
  timeout resolve 1s
  timeout retry 1s
  hold valid 1s
  hold obsolete 1s
  # A server whose name is unknown for longer gets no checks, and counts as the primary for a moment when it is known again.
  hold other 7d
  hold nx 7d
  hold timeout 7d
  hold refused 7d
frontend valkey
  bind :${VALKEY_PORT}
  default_backend primary
backend primary
  balance first
  timeout check 2s
  option tcp-check
  tcp-check connect
  tcp-check send "AUTH ${BALANCER} ${password}\\r\\n"
  tcp-check expect string +OK
  tcp-check send "INFO replication\\r\\nQUIT\\r\\n"
  tcp-check expect string role:master
  tcp-check expect rstring min_slaves_good_slaves:[1-9]
  server waiting 127.0.0.1:1 backup
  default-server check inter 1s fastinter 300ms downinter 500ms fall 2 rise 1 resolvers engine init-addr last,libc,none
${servers.map((server, index) => `  server ${label(index)} ${server}:${VALKEY_PORT}`).join('\n')}
frontend health
  mode http
  bind 127.0.0.1:${HEALTH_PORT}
  monitor-uri /
${servers.map((_, index) => `  acl primary srv_is_up(primary/${label(index)})`).join('\n')}
  monitor fail if !primary
`;

/**
 * Has the kernel give up data that a lost server has not confirmed within 6 s: four repetitions, the first after 0.2 s. HAProxy's own `tcp-ut` has no
 * effect on a server whose name is not known when it reads its configuration.
 */
export const LOST = { 'net.ipv4.tcp_retries2': '4' };

/** Asks the balancer whether there is a primary: none is no reason to end it, silence is. */
export const ANSWERS = `wget -q -O - http://127.0.0.1:${HEALTH_PORT}/ 2> /dev/null | grep -q ready && echo well || echo 'no server is the primary'`;
