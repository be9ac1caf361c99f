import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { ROTATING_DRIVERS } from '../../core/defaults.js';
import { gpuText, ulimitList } from '../../core/limits.js';
import { toLogSize, toMebibytes, toSeconds } from '../../core/units.js';
import { canonical } from '../../core/urls.js';
import { HOST_GATEWAY } from '../../core/webui.js';
import { checkCommand, checkTimeout, engineInterval, patience } from '../healthcheck.js';
import { providerLabels } from './networks.js';
export const INIT_ERROR = '#initerror';
export const REPLACE_ON = [INIT_ERROR, 'healthcheck', 'init', 'mounts', 'tmpfs'];
export function goDuration(duration) {
    const total = toSeconds(duration);
    const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
    if (hours > 0)
        return `${hours}h${minutes}m${seconds}s`;
    return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
export const cpuText = (cpus) => (Number.isInteger(cpus) ? cpus.toFixed(1) : String(cpus));
const logOptions = ({ driver, options, maxSize, maxFiles }) => ({
    ...options,
    ...(ROTATING_DRIVERS.includes(driver) && {
        'max-size': toLogSize(maxSize),
        'max-file': String(maxFiles),
        ...(maxFiles === 1 && { compress: 'false' }),
    }),
});
const replacedBy = (trigger, ignored) => ({
    ignoreChanges: ignored,
    replacementTrigger: trigger,
});
export const logged = ({ log }) => replacedBy({ log: logTrigger(log) }, ['logOpts']);
const logTrigger = ({ maxSize, maxFiles, options }) => [
    toLogSize(maxSize),
    maxFiles,
    ...(options ? [options] : []),
];
const hostsOf = ({ hostAliases = [], extraHosts = {} }) => [
    ...hostAliases.map((host) => ({ host, ip: HOST_GATEWAY })),
    ...Object.entries(extraHosts).map(([host, address]) => ({ host, ip: canonical(address) })),
];
export const confined = (role, { capabilities = [], memory, log, labels }) => ({
    capabilities: { drops: ['ALL'], adds: capabilities.map((name) => `CAP_${name}`) },
    securityOpts: ['no-new-privileges:true'],
    memory: toMebibytes(memory),
    memorySwap: toMebibytes(memory),
    logDriver: log.driver,
    logOpts: logOptions(log),
    labels: providerLabels(role, labels),
});
export function mounted(all) {
    const readOnlyOf = ({ readOnly }) => readOnly && { readOnly };
    const mounts = all.flatMap((one) => 'source' in one ? [{ type: 'bind', source: one.source, target: one.path, ...readOnlyOf(one) }] : []);
    return {
        volumes: all.flatMap((one) => 'source' in one ? [] : [{ volumeName: one.name, containerPath: one.path, ...readOnlyOf(one) }]),
        ...(mounts.length > 0 && { mounts }),
    };
}
export const uploaded = (files = [], owner) => files.map(({ path, content }) => ({
    file: path,
    content,
    permissions: '0400',
    ...(owner && { owner: owner.user, group: owner.group }),
}));
function steady(workload, ports) {
    const { log, imageId, publish = [], gpus } = workload;
    const several = publish.length > 1;
    const hosts = hostsOf(workload);
    const isIPv6 = hosts.some(({ ip }) => ip.includes(':'));
    return replacedBy({
        log: logTrigger(log),
        ...(several && { ports }),
        ...(imageId !== undefined && { imageId }),
        ...(isIPv6 && { hosts }),
        ...(gpus !== undefined && { gpus }),
    }, [
        ...['logOpts', 'waitTimeout'],
        ...(several ? ['ports'] : []),
        ...(isIPv6 ? ['hosts'] : []),
        ...(gpus === undefined ? [] : ['gpus']),
    ]);
}
export function runContainer(name, workload, { image, init, ready, change, }, opts) {
    const { check, healthcheck, stopGrace } = workload;
    const args = {
        name: workload.name,
        image,
        ...confined('server', workload),
        ...(workload.user && { user: `${workload.user.user}:${workload.user.group}` }),
        ...(workload.readOnlyRoot && { readOnly: true, tmpfs: { ...workload.readOnlyRoot.tmpfs } }),
        ...(workload.entrypoint && { entrypoints: [...workload.entrypoint] }),
        command: pulumi.output(workload.command).apply((words) => [...words]),
        envs: Object.entries(workload.env ?? {}).map(([key, value]) => pulumi.interpolate `${key}=${value}`),
        uploads: uploaded(workload.secretFiles),
        networksAdvanced: workload.networks.map(({ name, aliases = [], ipv4, ipv6 }) => ({
            name,
            aliases: [...aliases],
            ...(ipv4 !== undefined && { ipv4Address: ipv4 }),
            ...(ipv6 !== undefined && { ipv6Address: ipv6 }),
        })),
        ...mounted(workload.mounts),
        ports: (workload.publish ?? []).map((p) => ({ internal: p.targetPort, external: p.port, ip: p.address })),
        hosts: hostsOf(workload),
        ...(workload.hostname !== undefined && { hostname: workload.hostname }),
        ...(workload.ulimits && { ulimits: ulimitList(workload.ulimits) }),
        ...(workload.sysctls && { sysctls: { ...workload.sysctls } }),
        ...(workload.gpus !== undefined && { gpus: gpuText(workload.gpus) }),
        ...(workload.cpus !== undefined && { cpus: cpuText(workload.cpus) }),
        init: true,
        healthcheck: {
            tests: ['CMD', ...checkCommand(check, healthcheck, stopGrace)],
            startPeriod: goDuration(healthcheck.startPeriod),
            interval: goDuration(engineInterval(healthcheck)),
            timeout: goDuration(checkTimeout(check, healthcheck, stopGrace)),
            retries: healthcheck.retries,
        },
        restart: 'unless-stopped',
        stopTimeout: toSeconds(stopGrace),
        destroyGraceSeconds: toSeconds(stopGrace),
        ...(init || ready
            ? { start: pulumi.all([init?.succeeded ?? true, ready ?? true]).apply((all) => all.every(Boolean)) }
            : {}),
        wait: true,
        waitTimeout: patience(check, healthcheck, workload.extraStartTime),
    };
    const changed = change(args, `${name}-container`);
    return new docker.Container(`${name}-container`, changed, pulumi.mergeOptions(opts, {
        ...steady(workload, changed.ports),
        deleteBeforeReplace: true,
        replaceOnChanges: REPLACE_ON,
        ...(init && { dependsOn: init.task, replaceWith: [init.task] }),
    }));
}
