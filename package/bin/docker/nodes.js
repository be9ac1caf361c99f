import { RemoteError } from '../core/errors.mjs';
import { inspectServices } from './services.js';
const TIMEOUT = 20_000;
export async function inspectNode(docker, id) {
    const { code, stdout, stderr } = await docker.capture(['node', 'inspect', id], { timeout: TIMEOUT });
    if (code !== 0 && !/no such|not found/i.test(stderr))
        throw new RemoteError(`docker node inspect: ${stderr.trim()}`);
    return JSON.parse(stdout || '[]')[0];
}
export async function listNodes(docker) {
    const ids = (await docker.run(['node', 'ls', '--quiet'], { timeout: TIMEOUT })).split('\n').filter(Boolean);
    return ids.length === 0 ? [] : JSON.parse(await docker.run(['node', 'inspect', ...ids], { timeout: TIMEOUT }));
}
export async function servicesAt(docker, node) {
    const ids = (await docker.run(['service', 'ls', '--quiet'], { timeout: TIMEOUT })).split('\n').filter(Boolean);
    const all = (await inspectServices(docker, ids)).filter(({ Spec }) => Spec.EndpointSpec?.Ports?.length);
    const filters = ['--filter', `node=${node}`, '--filter', 'desired-state=running', '--quiet'];
    const here = await Promise.all(all.map(async ({ ID, Spec }) => {
        if (Spec.EndpointSpec?.Ports?.some(({ PublishMode }) => PublishMode !== 'host'))
            return true;
        return (await docker.run(['service', 'ps', ...filters, ID], { timeout: TIMEOUT })).trim() !== '';
    }));
    return all.filter((_, index) => here[index]);
}
