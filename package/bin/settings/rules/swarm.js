import { isSwarm, platformOf } from '../../core/platform.js';
import { deploysPostgres } from '../../core/postgres.js';
import { toMebibytes } from '../../core/units.js';
import { addressList } from '../../core/urls.js';
const onSwarm = (rule) => (settings, circumstances) => isSwarm(settings) ? rule(settings, circumstances) : [];
const init = ({ platform }) => {
    const { kind, init: makes } = platformOf(platform);
    return kind === 'docker' && makes
        ? [
            {
                path: ['platform', 'init'],
                reason: 'platform.kind is docker, which needs no Swarm',
                allowed: 'absent, or platform.kind: swarm',
                fix: 'set platform.kind to swarm, or remove it',
            },
        ]
        : [];
};
const WAY = 'platform: { kind: swarm, init: true } and database: { kind: postgres }';
const replicas = (settings) => {
    const { database, gateway, webui } = settings;
    if (webui.replicas === 1)
        return [];
    const problem = { path: ['webui', 'replicas'] };
    const swarm = isSwarm(settings);
    const needs = [
        ...(swarm ? [] : ['platform: swarm']),
        ...(database.kind === 'postgres' ? [] : ['database.kind: postgres']),
        ...(gateway.domain ? [] : ['gateway.domain']),
    ];
    if (needs.length === 0)
        return [];
    const reason = !swarm
        ? 'plain Docker runs one web UI; only Swarm replaces several without downtime'
        : database.kind === 'postgres'
            ? 'the gateway has to distribute the requests'
            : 'several web UIs would corrupt one SQLite file';
    return [
        {
            ...problem,
            reason,
            allowed: `1, or more together with ${needs.join(', ')}`,
            fix: swarm
                ? `set ${needs.join(' and ')}, or write 1`
                : `add the lines ${WAY}${gateway.domain ? '' : ', and name the page in gateway.domain'} (docs/scaling.md says how to move the data), or write 1`,
        },
    ];
};
const EVERYWHERE = '0.0.0.0';
const NO_ADDRESS = 'Swarm publishes a port on every address of its node, never on a single one';
const published = ({ gateway, valkey, webui }) => [
    ...(webui.publish === 'none' || gateway.domain
        ? []
        : [
            {
                path: ['webui', 'publish'],
                reason: NO_ADDRESS,
                allowed: 'none, or a gateway, which is published instead',
                fix: 'name the page in gateway.domain, or write none for a proxy on one of its networks',
            },
        ]),
    ...(valkey.publish === undefined
        ? []
        : [
            {
                path: ['valkey', 'publish'],
                reason: NO_ADDRESS,
                allowed: 'absent with platform: swarm',
                fix: 'remove it; docker exec reaches valkey-cli in the container of its task',
            },
        ]),
    ...(gateway.domain === undefined || addressList(gateway.publish.address).every((one) => one === EVERYWHERE)
        ? []
        : [
            {
                path: ['gateway', 'publish', 'address'],
                reason: NO_ADDRESS,
                allowed: `${EVERYWHERE} with platform: swarm`,
                fix: 'remove it; restrict access with a firewall in front of the node',
            },
        ]),
];
const missing = (settings) => {
    const { database, gateway, valkey, webui } = settings;
    const servers = {
        ...{ valkey, webui },
        ...(deploysPostgres(database) && { database }),
        ...(gateway.domain && { gateway }),
    };
    const gone = (path) => ({
        path,
        reason: 'Swarm services do not support it',
        allowed: 'absent with platform: swarm',
        fix: 'remove it',
    });
    return [
        ...Object.entries(servers).flatMap(([section, { ulimits }]) => (ulimits ? [gone([section, 'ulimits'])] : [])),
        ...(webui.gpus === undefined ? [] : [gone(['webui', 'gpus'])]),
        ...Object.entries({ valkey, webui }).flatMap(([section, { networks }]) => Object.entries(networks).flatMap(([network, place]) => ['ipv4', 'ipv6'].flatMap((family) => place[family] === undefined ? [] : [gone([section, 'networks', network, family])]))),
    ];
};
const reservations = (settings) => {
    const { database, gateway, valkey, webui } = settings;
    return Object.entries({ valkey, webui, database, gateway }).flatMap(([section, { reservation, memory, cpus }]) => {
        if (reservation === undefined)
            return [];
        const path = [section, 'reservation'];
        if (!isSwarm(settings))
            return [
                {
                    path,
                    reason: 'one Docker host runs every server; only Swarm chooses a node by what is left on it',
                    allowed: 'absent, or platform: swarm',
                    fix: 'remove it',
                },
            ];
        const beyond = (key, limit) => ({
            path: [...path, key],
            reason: `the limit of an instance is ${limit}`,
            allowed: `at most ${limit}`,
            fix: `lower it, or raise ${section}.${key}`,
        });
        return [
            ...(reservation.memory !== undefined && toMebibytes(reservation.memory) > toMebibytes(memory)
                ? [beyond('memory', memory)]
                : []),
            ...(reservation.cpus !== undefined && cpus !== undefined && reservation.cpus > cpus
                ? [beyond('cpus', String(cpus))]
                : []),
        ];
    });
};
export const swarmRules = [init, replicas, reservations, onSwarm(published), onSwarm(missing)];
export const swarmWarnings = (settings) => isSwarm(settings)
    ? [
        `Swarm does not limit the number of processes (pidsLimit)${settings.hardening === 'strict' ? '' : ' or keep a program from gaining privileges (no-new-privileges); hardening: strict runs every server without root and without capabilities instead'}.`,
    ]
    : [];
