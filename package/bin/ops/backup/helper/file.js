import { once } from 'node:events';
import { RemoteError } from '../../../core/errors.mjs';
export async function readFile(helper, path) {
    const { child, ended } = helper.start('read.py', path);
    child.stdin.end();
    const said = once(child.stderr, 'data').then(([text]) => String(text));
    const first = await Promise.race([said, ended.then(() => said)]);
    if (!first.startsWith('{'))
        await ended;
    const { size, modified, error } = JSON.parse(first);
    if (error !== undefined || size === null) {
        child.stdout.resume();
        await ended;
        return undefined;
    }
    async function* content() {
        let left = size;
        for await (const chunk of child.stdout) {
            left -= chunk.length;
            yield chunk;
        }
        await ended;
        if (left !== 0)
            throw new RemoteError(`${path} could not be read completely`);
    }
    return { size, modified: new Date(modified * 1000), content: content() };
}
