import * as pulumi from '@pulumi/pulumi';
import { isBuiltHere } from '../core/images.js';
import { inspect } from '../docker/inspect.js';
export async function tryInside(docker, { image, networks, args = [] }, program, input) {
    const [images, present] = await Promise.all([
        inspect(docker, 'image', [image]),
        inspect(docker, 'network', networks),
    ]);
    const names = new Set(present.map(({ Name }) => Name));
    const [first = 'bridge', ...others] = networks.filter((name) => names.has(name));
    if (images.length === 0) {
        if (pulumi.runtime.isDryRun() || isBuiltHere(image))
            return undefined;
        await docker.run(['pull', '--quiet', image]);
    }
    const id = (await docker.run([
        ...['create', '--rm', '--interactive', '--no-healthcheck', '--read-only', '--user', '65534:65534'],
        ...['--network', first, '--add-host', 'host.docker.internal:host-gateway'],
        ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--memory', '256m'],
        ...args,
        ...['--entrypoint', 'python3', image, '-I', '-c', program],
    ])).trim();
    for (const name of others)
        await docker.run(['network', 'connect', name, id]);
    const { stdout, stderr } = await docker.capture(['start', '--attach', '--interactive', id], {
        input,
        timeout: 60_000,
    });
    await docker.capture(['rm', '--force', id]);
    const line = stdout.trim().split('\n').at(-1) ?? '';
    return line.startsWith('{')
        ? { seen: JSON.parse(line) }
        : { failure: stderr.trim().split('\n').at(-1) || 'no answer within a minute' };
}
