import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { LOG_DRIVER } from '../../core/defaults.js';
import { initContainerOf, secretsVolumeOf } from '../../core/names.js';
import { confined, logged, mounted, REPLACE_ON, uploaded } from './containers.js';
import { createScratchVolume } from './networks.js';
const SCRIPT = readFileSync(new URL('./init.sh', import.meta.url), 'utf8');
const isOwned = ({ ownedFolder }) => ownedFolder !== undefined;
export const needsInit = ({ readOnlyRoot, secretFiles = [], mounts }) => (readOnlyRoot !== undefined && secretFiles.length > 0) || mounts.some(isOwned);
export function requireSuccess(server, task) {
    if (task.exitCode === 0)
        return true;
    throw new pulumi.RunError(`${server} was not started: ${task.name}, which prepares its volumes, exited with code ${task.exitCode}.\n` +
        `  why:    docker logs ${task.name}\n` +
        `  to do:  fix the cause, docker rm ${task.name}, and then pulumi up --refresh, which runs it again\n`);
}
function folderOf({ secretFiles = [] }) {
    const folders = new Set(secretFiles.map(({ path }) => posix.dirname(path)));
    if (folders.size > 1)
        throw new RangeError(`secret files of one server share a folder, got ${[...folders].join(', ')}`);
    return [...folders][0];
}
export function prepare(name, workload, { image, changes }, opts) {
    const folder = folderOf(workload);
    const secrets = folder === undefined
        ? []
        : [
            {
                name: createScratchVolume(`${name}-secrets`, secretsVolumeOf(workload.name), changes.volume, opts).name,
                path: folder,
            },
        ];
    const owned = [...workload.mounts.filter(isOwned), ...(workload.imageHasUser ? secrets : [])];
    const { user = '0', group = '0' } = owned.find(({ owner }) => owner)?.owner ?? workload.user ?? {};
    const log = { driver: LOG_DRIVER, maxSize: workload.log.maxSize, maxFiles: workload.log.maxFiles };
    const args = {
        name: initContainerOf(workload.name),
        image,
        ...confined('init', { capabilities: ['CHOWN', 'DAC_OVERRIDE'], memory: '256 MiB', log }),
        ...(workload.imageHasUser && { user: 'root' }),
        entrypoints: ['/bin/sh', '-c', SCRIPT, 'init'],
        command: [`${user}:${group}`, ...owned.flatMap(({ path, ownedFolder }) => [path, ownedFolder || '.'])],
        uploads: uploaded(workload.secretFiles, workload.user),
        ...mounted([...new Set([...owned, ...secrets])]),
        networkMode: 'none',
        restart: 'no',
        mustRun: false,
        attach: true,
    };
    const task = new docker.Container(`${name}-init-container`, changes.container(args, `${name}-init-container`), pulumi.mergeOptions(opts, { ...logged({ log }), deleteBeforeReplace: true, replaceOnChanges: REPLACE_ON }));
    const succeeded = pulumi
        .all([task.name, task.exitCode])
        .apply(([container, exitCode]) => requireSuccess(workload.name, { name: container, exitCode }));
    return {
        init: { task, succeeded },
        workload: {
            ...workload,
            secretFiles: [],
            mounts: [...workload.mounts, ...secrets.map((mount) => ({ ...mount, readOnly: true }))],
        },
    };
}
