import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { balancerDefaults, completed, STOP_GRACE } from '../../core/defaults.js';
import { balancerNameOf, tasksHostOf } from '../../core/names.js';
import { shellAssignments } from '../../core/shell.js';
import { SERVERS, serverNames, VALKEY_DATA, VALKEY_RUN, VALKEY_SECRETS, VALKEY_USER } from '../../core/valkey.js';
import { serve } from '../server.js';
import { sentinelUsers } from './acl.js';
import { ANSWERS, balancerConfiguration, LOST } from './balancer.js';
export const NODE = readFileSync(new URL('./node.sh', import.meta.url), 'utf8');
const TMPFS = 'rw,nosuid,nodev,noexec,size=16m,mode=1777';
const BALANCER_USER = { user: '99', group: '99' };
const BALANCER_FILE = '/run/haproxy/haproxy.cfg';
const JOIN_SECONDS = 60;
const joined = (ping) => ({
    ...ping,
    command: [
        ...['/bin/sh', '-c'],
        `[ -e ${VALKEY_RUN}/settled ] || { echo 'it has not joined the others yet'; exit; }; exec "$@"`,
        ...['check', ...ping.command],
    ],
});
export function serveSeveral(component, name, args, product, passwords) {
    const { platform, nodes = [] } = args;
    if (nodes.length > 0 && !platform.several)
        throw new RangeError('one Docker host has no nodes for the servers of Valkey; only a Swarm has');
    const names = serverNames(args.name);
    const hostOf = platform.several ? tasksHostOf : (server) => server;
    const hosts = names.map(hostOf);
    const secrets = pulumi
        .all([passwords.failover, passwords.replication])
        .apply(([failover, replication]) => shellAssignments({ FAILOVER_PASSWORD: failover, REPLICATION_PASSWORD: replication }));
    const users = pulumi.unsecret(pulumi
        .all([passwords.operator, passwords.failover])
        .apply(([operator, failover]) => sentinelUsers({ operator, failover })));
    const network = product.networks[0];
    if (!network)
        throw new RangeError('the servers of Valkey need a network');
    const servers = [];
    for (const [index, server] of names.entries()) {
        const self = hostOf(server);
        const peers = hosts.filter((host) => host !== self).join(' ');
        servers.push(serve(component, index === 0 ? name : `${name}-${index + 1}`, { ...args, name: server, volume: index === 0 ? args.volume : `${args.volume}-${index + 1}`, publish: 'none' }, {
            ...product,
            networks: [{ name: network.name }],
            user: VALKEY_USER,
            capabilities: [],
            copy: index > 0,
            node: index === 0 ? undefined : nodes[index - 1],
            readOnlyRoot: { tmpfs: { [VALKEY_RUN]: TMPFS } },
            command: pulumi.all([product.command, users]).apply(([command, sentinel]) => [
                ...['/bin/sh', '-c', NODE, 'node', self, peers, VALKEY_SECRETS, VALKEY_DATA, VALKEY_RUN, sentinel],
                ...command,
                ...['--protected-mode', 'no'],
            ]),
            secretFiles: [{ path: VALKEY_SECRETS, content: pulumi.secret(secrets) }],
            check: joined(product.check),
            after: servers.slice(-1).map(({ resource }) => resource),
            extraStartTime: `${JOIN_SECONDS + Number.parseInt(product.extraStartTime ?? '0', 10)}s`,
        }));
    }
    const { apart: wanted = false, ...balancer } = completed(args.balancer ?? {}, balancerDefaults);
    const apart = wanted && nodes.length > 0;
    const replicas = apart ? SERVERS : platform.several ? 2 : 1;
    const { host, instances } = platform.server(`${name}-balancer`, {
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
        networks: [
            { name: network.name, aliases: args.alias === undefined || args.alias === args.name ? [] : [args.alias] },
        ],
        mounts: [],
        sysctls: LOST,
        check: { kind: 'exec', command: ['/bin/sh', '-c', ANSWERS], well: 'well', hung: 'hung' },
        extraStartTime: `${JOIN_SECONDS}s`,
        stopGrace: STOP_GRACE,
    }, { parent: component, dependsOn: servers.map(({ resource }) => resource) });
    const [first] = servers;
    return {
        ...{ ...first, host, balancer: instances, balancers: replicas },
        servers: servers.map((server, index) => ({ ...server, node: index === 0 ? undefined : nodes[index - 1] })),
    };
}
