import { readFileSync } from 'node:fs';
import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';
import { liveFilesOf } from '../../core/names.js';
import { connect } from '../../docker/client.js';
import { confined, logged, mounted, REPLACE_ON } from './containers.js';
import { createScratchVolume } from './networks.js';
import { endpointOf } from './provider.js';
const SCRIPT = readFileSync(new URL('./liveFiles.sh', import.meta.url), 'utf8');
const VOLUME = '/live';
const TIMEOUT = 60_000;
export function requireUsable(server, task) {
    if (task.exitCode === 0)
        return true;
    throw new pulumi.RunError(`${server} keeps the configuration that it has: ${task.name}, which checks the new one, exited with code ${task.exitCode}.\n` +
        `  why:    docker logs ${task.name}\n` +
        `  to do:  correct the setting, and update again\n`);
}
async function readAgain(near, name, { reload }) {
    const engine = connect(await endpointOf(near));
    const { code, stderr } = await engine.capture(['exec', name, ...reload], { timeout: TIMEOUT });
    if (code === 0)
        return name;
    throw new pulumi.RunError(`${name} keeps its old configuration: it rejects the new one.\n` +
        `  it says:  ${stderr.trim().split('\n').at(-1)}\n` +
        `  to do:    docker logs --tail 50 ${name} has more; the next update tries again\n`);
}
export function provideFiles(name, workload, { image, changes }, opts) {
    const { liveFiles: live } = workload;
    if (!live)
        return { workload, reload: (_, running) => running };
    const { user = '0', group = '0' } = workload.user ?? {};
    const own = liveFilesOf(workload.name);
    const volume = createScratchVolume(`${name}-files`, own, changes.volume, opts).name;
    const args = {
        name: own,
        image,
        ...confined('init', {
            capabilities: [...new Set(['CHOWN', 'DAC_OVERRIDE', ...(workload.capabilities ?? [])])],
            memory: '256 MiB',
            log: workload.log,
        }),
        user: '0:0',
        entrypoints: ['/bin/sh', '-c', SCRIPT, 'live-files'],
        command: [`${user}:${group}`, live.folder, VOLUME, ...live.check],
        uploads: live.files.apply((files) => Object.entries(files).map(([file, content]) => ({
            file: `${live.folder}/${file}`,
            content,
            permissions: '0400',
        }))),
        ...mounted([{ name: volume, path: VOLUME }]),
        networkMode: 'none',
        restart: 'no',
        mustRun: false,
        attach: true,
    };
    const task = new docker.Container(`${name}-files-container`, changes.container(args, `${name}-files-container`), pulumi.mergeOptions(opts, { ...logged(workload), deleteBeforeReplace: true, replaceOnChanges: REPLACE_ON }));
    const ready = pulumi
        .all([task.name, task.exitCode])
        .apply(([container, exitCode]) => requireUsable(workload.name, { name: container, exitCode }));
    return {
        workload: {
            ...workload,
            mounts: [...workload.mounts, { name: volume, path: live.folder, readOnly: true }],
        },
        ready,
        reload: (near, running) => pulumi
            .all([running, task.id, ready])
            .apply(async ([container]) => (pulumi.runtime.isDryRun() ? container : readAgain(near, container, live))),
    };
}
