import * as pulumi from '@pulumi/pulumi';
import { limitsOf, readInfo } from '../docker/info.js';
export function missingLimits(info) {
    const { memory, processes } = limitsOf(info);
    const missing = [...(memory ? [] : ['memory']), ...(processes ? [] : ['the number of processes'])];
    if (missing.length === 0)
        return undefined;
    return (`This engine cannot limit ${missing.join(' and ')}, so the containers run unlimited: its kernel lacks the control groups. ` +
        'docs/troubleshooting.md, "Limits that the engine does not support", says how to enable them.');
}
export function suspicion({ DockerRootDir = '', InitBinary, InitCommit }) {
    if (DockerRootDir.startsWith('/var/snap/'))
        return 'it is installed from snap, whose AppArmor profile may forbid --init and no-new-privileges';
    if (InitCommit?.ID === 'N/A')
        return `it cannot run ${InitBinary || 'its init program'}, which --init needs`;
    return undefined;
}
const TIMEOUT = 300_000;
export async function tryStart(docker, image, options = []) {
    const has = (await docker.capture(['image', 'inspect', '--format', '{{.Id}}', image])).code === 0;
    if (!has && (await docker.capture(['pull', '--quiet', image], { timeout: TIMEOUT })).code !== 0)
        return undefined;
    const { code, stderr } = await docker.capture([
        ...[
            'run',
            '--rm',
            '--init=true',
            '--security-opt',
            'no-new-privileges:true',
            '--cap-drop',
            'ALL',
            '--network',
            'none',
        ],
        ...options,
        ...['--entrypoint', '/bin/sh', image, '-c', ':'],
    ], { timeout: TIMEOUT });
    if (code === 0)
        return undefined;
    const lines = stderr.split('\n').filter((line) => line.trim() && !line.includes("'docker run --help'"));
    return lines.slice(0, 3).join(' ') || `it exited with ${code}`;
}
export async function requireCapabilities(docker, { gateway, valkey, webui }, present) {
    const info = await readInfo(docker).catch(() => undefined);
    if (!info)
        return;
    const missing = missingLimits(info);
    if (missing)
        await pulumi.log.warn(missing);
    if (!info.CpuCfsQuota && [gateway, valkey, webui].some(({ cpus }) => cpus !== undefined)) {
        throw new pulumi.RunError('This engine cannot limit processors: its kernel lacks CPU CFS quotas. Nothing was created or changed.\n' +
            '  to do: remove valkey.cpus, webui.cpus and gateway.cpus\n');
    }
    const why = suspicion(info);
    if (!why || present.some(({ kind, role, runs }) => kind === 'container' && role === 'server' && runs))
        return;
    if (pulumi.runtime.isDryRun()) {
        await pulumi.log.warn(`Containers may not start on this engine: ${why}. The update tests it first.`);
        return;
    }
    const said = await tryStart(docker, valkey.image);
    if (said === undefined)
        return;
    throw new pulumi.RunError(`This engine cannot start the containers of this program: ${why}. Nothing was created or changed.\n` +
        `  the engine says:  ${said}\n` +
        "  to do:            use Docker's own packages (https://docs.docker.com/engine/install/) or those of your distribution, with docker-init\n");
}
