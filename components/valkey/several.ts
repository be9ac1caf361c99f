/** A Valkey of several servers: a primary and its replicas, a Sentinel beside each, and a balancer that leads clients to the primary. */

import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { balancerDefaults, completed, STOP_GRACE } from '../../core/defaults.ts';
import { balancerNameOf, tasksHostOf } from '../../core/names.ts';
import { shellAssignments } from '../../core/shell.ts';
import type { Memory } from '../../core/units.ts';
import { SERVERS, serverNames, VALKEY_DATA, VALKEY_RUN, VALKEY_SECRETS, VALKEY_USER } from '../../core/valkey.ts';
import type { Exec } from '../../platform/healthcheck.ts';
import type { Instances } from '../../platform/platform.ts';
import { type CompleteServerArgs, type Product, type Running, serve } from '../server.ts';
import { sentinelUsers } from './acl.ts';
import { ANSWERS, balancerConfiguration, LOST } from './balancer.ts';

/** The balancer before several servers. A change replaces it, which cuts the connections of web UIs for a moment. */
export interface BalancerArgs {
  /**
   * Image of HAProxy 2.6 or newer.
   *
   * @default 'docker.io/library/haproxy:3.0.11-alpine'
   */
  image?: string | undefined;
  /**
   * Its memory. Changed in place.
   *
   * @default '128 MiB'
   */
  memory?: Memory | undefined;
  /**
   * On a Swarm with `nodes`: whether there is a balancer on each of three nodes. Otherwise two run on the node with the data. They suit a stack whose
   * web UIs need that node anyway, for Postgres or a gateway: losing another node then cuts no connection, which a web UI may notice only after 25 s.
   *
   * @default false
   */
  apart?: boolean | undefined;
}

/** Passwords of the servers among themselves and of the balancer: letters and digits only, as from {@link Secrets}. */
export interface SeveralPasswords {
  replication: pulumi.Output<string>;
  failover: pulumi.Output<string>;
  balancer: pulumi.Output<string>;
}

/** Its arguments stand in the file. Exported for tests. */
export const NODE = readFileSync(new URL('./node.sh', import.meta.url), 'utf8');

/** A folder in memory for the Sentinel's configuration and notes of a server. */
const TMPFS = 'rw,nosuid,nodev,noexec,size=16m,mode=1777';

/** The official image's user. */
const BALANCER_USER = { user: '99', group: '99' };

const BALANCER_FILE = '/run/haproxy/haproxy.cfg';

/** Time that a server may wait for the others to elect a primary, and to copy its data. */
const JOIN_SECONDS = 60;

/** A server is well when it answers and has joined once: the next one that an update replaces would otherwise take the data with it. */
const joined = (ping: Exec): Exec => ({
  ...ping,
  command: [
    ...['/bin/sh', '-c'],
    `[ -e ${VALKEY_RUN}/settled ] || { echo 'it has not joined the others yet'; exit; }; exec "$@"`,
    ...['check', ...ping.command],
  ],
});

/** Several servers that run; what they have in common with one is that of the first. */
export interface Several extends Running {
  servers: readonly (Running & { node?: string | undefined })[];
  balancer: pulumi.Output<Instances>;
  /** Number of balancers. */
  balancers: number;
}

/**
 * Registers the servers one after the other, so that a change replaces one when the one before has joined again, and the balancer.
 *
 * As ordinary users from their first process on, without any capability, on a read-only root, whatever `hardening` says: nothing here needs more.
 *
 * @param product the one server that there would be.
 */
export function serveSeveral(
  component: pulumi.ComponentResource,
  name: string,
  args: CompleteServerArgs & {
    alias?: string | undefined;
    balancer?: BalancerArgs | undefined;
    nodes?: readonly string[] | undefined;
  },
  product: Product & { check: Exec },
  passwords: SeveralPasswords & { operator: pulumi.Output<string> },
): Several {
  const { platform, nodes = [] } = args;
  if (nodes.length > 0 && !platform.several)
    throw new RangeError('one Docker host has no nodes for the servers of Valkey; only a Swarm has');
  const names = serverNames(args.name);
  const hostOf = platform.several ? tasksHostOf : (server: string) => server;
  const hosts = names.map(hostOf);
  const secrets = pulumi
    .all([passwords.failover, passwords.replication])
    .apply(([failover, replication]) =>
      shellAssignments({ FAILOVER_PASSWORD: failover, REPLICATION_PASSWORD: replication }),
    );
  // Hashes of long random passwords.
  const users = pulumi.unsecret(
    pulumi
      .all([passwords.operator, passwords.failover])
      .apply(([operator, failover]) => sentinelUsers({ operator, failover })),
  );
  const network = product.networks[0];
  if (!network) throw new RangeError('the servers of Valkey need a network');
  const servers: Running[] = [];
  for (const [index, server] of names.entries()) {
    const self = hostOf(server);
    const peers = hosts.filter((host) => host !== self).join(' ');
    servers.push(
      serve(
        component,
        index === 0 ? name : `${name}-${index + 1}`,
        { ...args, name: server, volume: index === 0 ? args.volume : `${args.volume}-${index + 1}`, publish: 'none' },
        {
          ...product,
          // What clients call Valkey leads to the balancer.
          networks: [{ name: network.name }],
          user: VALKEY_USER,
          capabilities: [],
          // On the way back to one server they go.
          copy: index > 0,
          node: index === 0 ? undefined : nodes[index - 1],
          readOnlyRoot: { tmpfs: { [VALKEY_RUN]: TMPFS } },
          command: pulumi.all([product.command, users]).apply(([command, sentinel]) => [
            ...['/bin/sh', '-c', NODE, 'node', self, peers, VALKEY_SECRETS, VALKEY_DATA, VALKEY_RUN, sentinel],
            ...command,
            // As in the official image's build; the networks decide who reaches the server.
            ...['--protected-mode', 'no'],
          ]),
          secretFiles: [{ path: VALKEY_SECRETS, content: pulumi.secret(secrets) }],
          check: joined(product.check),
          // By this alone: an input that followed from it would have the others deleted first.
          after: servers.slice(-1).map(({ resource }) => resource),
          extraStartTime: `${JOIN_SECONDS + Number.parseInt(product.extraStartTime ?? '0', 10)}s`,
        },
      ),
    );
  }
  const { apart: wanted = false, ...balancer } = completed(args.balancer ?? {}, balancerDefaults);
  const apart = wanted && nodes.length > 0;
  // A single one would be missed whenever it is replaced.
  const replicas = apart ? SERVERS : platform.several ? 2 : 1;
  const { host, instances } = platform.server(
    `${name}-balancer`,
    {
      ...balancerDefaults,
      ...balancer,
      name: balancerNameOf(args.name),
      ...(platform.several && { replicas, apart }),
      user: BALANCER_USER,
      imageHasUser: true,
      readOnlyRoot: { tmpfs: {} },
      entrypoint: ['haproxy'],
      command: ['-db', '-f', BALANCER_FILE],
      secretFiles: [
        {
          path: BALANCER_FILE,
          content: pulumi.secret(passwords.balancer.apply((password) => balancerConfiguration(hosts, password))),
        },
      ],
      // The first server has its own name to itself.
      networks: [
        { name: network.name, aliases: args.alias === undefined || args.alias === args.name ? [] : [args.alias] },
      ],
      mounts: [],
      sysctls: LOST,
      check: { kind: 'exec', command: ['/bin/sh', '-c', ANSWERS], well: 'well', hung: 'hung' },
      extraStartTime: `${JOIN_SECONDS}s`,
      stopGrace: STOP_GRACE,
    },
    { parent: component, dependsOn: servers.map(({ resource }) => resource) },
  );
  const [first] = servers as [Running];
  return {
    ...{ ...first, host, balancer: instances, balancers: replicas },
    servers: servers.map((server, index) => ({ ...server, node: index === 0 ? undefined : nodes[index - 1] })),
  };
}
