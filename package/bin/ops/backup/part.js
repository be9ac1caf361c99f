import { InternalError } from '../../core/errors.mjs';
export function serverOf({ servers }, name) {
    const server = servers[name];
    if (!server)
        throw new InternalError(`the stack has no ${name}`);
    return server;
}
