import { RemoteError } from '../core/errors.mjs';
export async function inspect(docker, kind, names) {
    if (names.length === 0)
        return [];
    const { stdout, stderr } = await docker.capture([kind, 'inspect', ...names]);
    const unexpected = stderr.split('\n').find((line) => line && !/no such|not found/i.test(line));
    if (unexpected)
        throw new RemoteError(`docker ${kind} inspect: ${unexpected}`);
    return JSON.parse(stdout);
}
export const inspectContainer = async (docker, name) => (await inspect(docker, 'container', [name]))[0];
