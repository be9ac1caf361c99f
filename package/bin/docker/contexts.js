import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../core/errors.mjs';
const expandHome = (path) => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path);
const configFolder = (env) => env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
function contextEndpoint(name, env) {
    const contexts = join(configFolder(env), 'contexts');
    const id = createHash('sha256').update(name).digest('hex');
    const file = join(contexts, 'meta', id, 'meta.json');
    if (!existsSync(file)) {
        throw new UserError(`There is no Docker context "${name}" on this machine; docker context ls lists them.`);
    }
    const { Endpoints } = JSON.parse(readFileSync(file, 'utf8'));
    const certificates = join(contexts, 'tls', id, 'docker');
    return { address: Endpoints.docker.Host, ...(existsSync(certificates) && { certificates }) };
}
function presentContext(env) {
    const { DOCKER_CONTEXT: named } = env;
    if (named)
        return named === 'default' ? undefined : named;
    try {
        const { currentContext } = JSON.parse(readFileSync(join(configFolder(env), 'config.json'), 'utf8'));
        return currentContext && currentContext !== 'default' ? currentContext : undefined;
    }
    catch {
        return undefined;
    }
}
export function ambientEndpoint(env = process.env) {
    const { DOCKER_HOST: address, DOCKER_CERT_PATH: certificates, DOCKER_TLS_VERIFY: verify } = env;
    if (address)
        return { by: 'DOCKER_HOST', address, ...(verify && { certificates: certificates || configFolder(env) }) };
    const context = presentContext(env);
    return context === undefined ? {} : { by: `the Docker context "${context}"`, ...contextEndpoint(context, env) };
}
export const nameOfEndpoint = ({ by, address }) => address === undefined ? "this machine's default engine" : by === undefined ? address : `${by} (${address})`;
export function resolveHost({ manager, ...host }, file = 'the stack file', env = process.env) {
    const engine = resolvePlace(host, 'host', file, env);
    return manager ? { ...engine, manager: resolvePlace(manager, 'host.manager', file, env) } : engine;
}
function resolvePlace({ address, certificates, context }, setting, file, env) {
    if (context !== undefined)
        return { by: `${file} (the Docker context ${context})`, ...contextEndpoint(context, env) };
    if (address === undefined)
        return ambientEndpoint(env);
    if (certificates === undefined)
        return { by: file, address };
    const folder = expandHome(certificates);
    const missing = ['ca.pem', 'cert.pem', 'key.pem'].filter((name) => !existsSync(join(folder, name)));
    if (missing.length > 0)
        throw new UserError(`${folder} lacks ${missing.join(', ')}; ${setting}.certificates is a folder with all three.`);
    return { by: file, address, certificates: folder };
}
