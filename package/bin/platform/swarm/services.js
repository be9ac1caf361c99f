import { createHash } from 'node:crypto';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { ROTATING_DRIVERS } from '../../core/defaults.js';
import { ENV_PROGRAM } from '../../core/environment.js';
import { EDITION_LABEL, labelsOf, REVISION_LABEL } from '../../core/labels.js';
import { toLogSize, toMebibytes, toSeconds } from '../../core/units.js';
import { providerLabels } from '../docker/networks.js';
import { revisionOf } from './front.js';
import { healthcheckOf, shortDuration, spelled, usualPatience } from './healthcheck.js';
import { secretsOf } from './secrets.js';
const MONITOR = '5s';
const DELAY = '2s';
export const forceOf = (imageId) => imageId === undefined ? 0 : createHash('sha256').update(imageId).digest().readUInt32BE(0) >>> 1;
function inMemory(options) {
    const [, count, unit = ''] = /(?:^|,)size=(\d+)([kmg]?)/i.exec(options) ?? [];
    const power = ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
    return { mode: 0o777, ...(count !== undefined && { sizeBytes: Number(count) * 1024 ** power }) };
}
const mountsOf = (mounts, tmpfs = {}) => [
    ...mounts.map((one) => ({
        ...('source' in one ? { type: 'bind', source: one.source } : { type: 'volume', source: one.name }),
        target: one.path,
        readOnly: one.readOnly ?? false,
    })),
    ...Object.entries(tmpfs).map(([target, options]) => ({ type: 'tmpfs', target, tmpfsOptions: inMemory(options) })),
];
function requirePossible({ name, env, entrypoint, gpus, ulimits, networks }) {
    const missing = [
        ...(env && Object.keys(env).length > 0 && !entrypoint ? ['variables without an entrypoint'] : []),
        ...(gpus === undefined ? [] : ['GPUs']),
        ...(ulimits === undefined ? [] : ['ulimits']),
        ...(networks.some(({ ipv4, ipv6 }) => (ipv4 ?? ipv6) !== undefined) ? ['fixed addresses'] : []),
    ];
    if (missing.length > 0)
        throw new RangeError(`a service of Swarm has no ${missing.join(' and no ')}, got some for ${name}`);
}
const logOf = ({ driver, options, maxSize, maxFiles }) => ({
    name: driver,
    options: {
        ...options,
        ...(ROTATING_DRIVERS.includes(driver) && {
            'max-size': toLogSize(maxSize),
            'max-file': String(maxFiles),
            ...(maxFiles === 1 && { compress: 'false' }),
        }),
    },
});
const withVariables = ({ entrypoint, env = {} }) => pulumi.output(env).apply((variables) => {
    const pairs = Object.entries(variables).map(([key, value]) => `${key}=${value}`);
    return pairs.length === 0 ? [...(entrypoint ?? [])] : [ENV_PROGRAM, ...pairs.toSorted(), ...(entrypoint ?? [])];
});
const resourcesOf = ({ memory, cpus }) => ({
    ...(memory !== undefined && { memoryBytes: toMebibytes(memory) * 1024 ** 2 }),
    ...(cpus !== undefined && { nanoCpus: Math.round(cpus * 1e9) }),
});
export const rolloutSeconds = ({ replicas = 1, stopGrace }, start) => replicas * (start + toSeconds(stopGrace) + 10);
export function runService(name, workload, { image, force, fixed, constraints, edition, before }, opts) {
    requirePossible(workload);
    const { replicas = 1, apart = false, overlaps = false, user, publish = [] } = workload;
    const owner = { project: pulumi.getProject(), stack: pulumi.getStack() };
    const order = overlaps ? 'start-first' : 'stop-first';
    const change = { parallelism: 1, order, delay: overlaps ? DELAY : '0s', monitor: MONITOR, maxFailureRatio: '0.0' };
    const resources = {
        limits: resourcesOf(workload),
        ...(workload.reservation && { reservation: resourcesOf(workload.reservation) }),
    };
    const seconds = rolloutSeconds(workload, usualPatience(workload));
    const taskSpec = {
        containerSpec: {
            image,
            ...((workload.entrypoint ?? workload.env) && { commands: withVariables(workload) }),
            args: pulumi.output(workload.command).apply((words) => [...words]),
            ...(user && { user: `${user.user}:${user.group}` }),
            ...(workload.hostname !== undefined && { hostname: workload.hostname }),
            labels: providerLabels('server', workload.labels),
            capDrops: ['ALL'],
            capAdds: (workload.capabilities ?? []).map((capability) => `CAP_${capability}`),
            ...(workload.readOnlyRoot && { readOnly: true }),
            mounts: mountsOf(workload.mounts, workload.readOnlyRoot?.tmpfs),
            secrets: secretsOf(name, workload, opts),
            hosts: [...fixed.hosts],
            init: true,
            sysctl: fixed.sysctl,
            healthcheck: healthcheckOf(workload),
            stopGracePeriod: spelled(workload.stopGrace),
        },
        networksAdvanceds: [...fixed.networks],
        logDriver: logOf(workload.log),
        resources,
        restartPolicy: { condition: 'any', delay: '2s', maxAttempts: 0, window: '0s' },
        placement: { constraints: [...constraints], ...(apart && { maxReplicas: 1 }) },
        forceUpdate: force,
    };
    const revision = workload.front &&
        pulumi.unsecret(pulumi.output(taskSpec).apply(revisionOf)).apply(async (found) => {
            await before?.(found);
            return found;
        });
    const labels = {
        ...labelsOf(owner, 'server'),
        ...(edition !== undefined && { [EDITION_LABEL]: edition }),
        ...(revision !== undefined && { [REVISION_LABEL]: revision }),
    };
    return new docker.Service(`${name}-service`, {
        name: workload.name,
        labels: Object.entries(labels).map(([label, value]) => ({ label, value })),
        mode: { replicated: { replicas } },
        taskSpec,
        endpointSpec: {
            mode: 'dnsrr',
            ports: publish.map(({ port, targetPort }) => ({
                ...{ targetPort, publishedPort: port, publishMode: 'host', protocol: 'tcp' },
            })),
        },
        updateConfig: { ...change, failureAction: 'rollback' },
        rollbackConfig: { ...change, failureAction: 'pause' },
        convergeConfig: { delay: '1s', timeout: shortDuration(seconds) },
    }, pulumi.mergeOptions(opts, { deleteBeforeReplace: true, ignoreChanges: ['taskSpec.placement.platforms'] }));
}
