import * as pulumi from '@pulumi/pulumi';
import { hostText, otherEngine } from '../core/endpoint.js';
import { connect } from '../docker/client.js';
import { nameOfEndpoint, resolveHost } from '../docker/contexts.js';
import { authenticated } from '../docker/credentials.js';
import { identify } from '../docker/identity.js';
import { remembering } from '../docker/remembering.js';
import { createProvider, networkExists } from '../platform/docker/provider.js';
import { resolved } from '../platform/output.js';
import { ofStackFile } from './origin.js';
import { readOwnState } from './state.js';
async function requireAnswer(endpoint, provider) {
    try {
        if (await networkExists('none', { provider }))
            return;
        throw new Error('not a Docker engine');
    }
    catch (error) {
        const [, reason] = /(?:'_ping' endpoint\. Error: |returned an error: )(.*)/s.exec(error.message) ?? [];
        throw new pulumi.RunError(`${nameOfEndpoint(endpoint)} does not answer: ${(reason ?? error.message).trim()}\nNothing was created or changed. Does docker version answer there?\n`);
    }
}
const HOST = 'host';
const ENGINE = 'engine';
async function readBound({ nameOf }) {
    const known = (await readOwnState()).find(({ urn, type }) => type === 'pulumi:index:Stash' && urn.endsWith(`::${nameOf(ENGINE)}`));
    return known?.outputs['output'];
}
function refusal(wrong, { file, nameOf, commands }) {
    return new pulumi.RunError(`${wrong} Nothing was created or changed: what runs on the first would keep running, unknown to Pulumi.\n` +
        `  To deploy there:             select it again (host in ${file}, DOCKER_HOST, docker context use)\n` +
        `  To move:                     on the first, ${commands.backup} and ${commands.down} (the volumes stay there);\n` +
        `                               on the second, ${commands.up} and ${commands.restore('FILE')}\n` +
        `  If both are the same engine: pulumi up --replace '**::${nameOf(HOST)}'\n`);
}
async function isFirstAddress({ address = '' }, { nameOf, opts }) {
    const stash = new pulumi.Stash(nameOf('address'), { input: address }, { ...opts, ignoreChanges: ['input'] });
    return (await resolved(stash.output)) === address;
}
async function requireBound(endpoint, asked, subject) {
    if (pulumi.runtime.isDryRun())
        return;
    const [bound, found] = await Promise.all([readBound(subject), asked]);
    if (bound?.id && found && bound.id !== found.id)
        throw refusal(otherEngine(pulumi.getStack(), bound, found, nameOfEndpoint(endpoint)), subject);
}
export async function requireEngine(host, subject = ofStackFile(), registries = {}) {
    let endpoint;
    try {
        endpoint = resolveHost(host, subject.file);
    }
    catch (error) {
        throw new pulumi.RunError(error.message);
    }
    const docker = authenticated(connect(endpoint), registries);
    const look = remembering(docker);
    const found = identify(look);
    if (!(await isFirstAddress(endpoint, subject)))
        await requireBound(endpoint, found, subject);
    const provider = subject.provider ?? createProvider(subject.nameOf('engine'), endpoint, registries, subject.opts);
    const update = !pulumi.runtime.isDryRun();
    if (endpoint.address !== undefined && update)
        await requireAnswer(endpoint, provider);
    const manager = endpoint.manager && createProvider(subject.nameOf('manager'), endpoint.manager, registries, subject.opts);
    if (endpoint.manager && manager && update)
        await requireAnswer(endpoint.manager, manager);
    return { endpoint, docker, look, opts: { provider }, manager, found };
}
export async function bindToEngine(host, { endpoint, found: asked }, subject = ofStackFile()) {
    const stack = pulumi.getStack();
    const text = hostText(host);
    const found = await asked;
    const preview = pulumi.runtime.isDryRun();
    const stash = new pulumi.Stash(subject.nameOf(HOST), { input: text }, subject.opts);
    const deployedOn = await resolved(stash.output);
    if (deployedOn !== text) {
        const bound = await readBound(subject);
        const unclear = `The stack ${stack} is deployed on ${deployedOn}, and ${subject.file} now says ${text}.`;
        if (!found && preview && bound)
            await pulumi.log.warn(`${unclear} Could not check whether that is the same engine.`);
        else if (!bound || !found)
            throw refusal(unclear, subject);
        else if (bound.id !== found.id)
            throw refusal(otherEngine(stack, bound, found, nameOfEndpoint(endpoint)), subject);
    }
    if (!found && !preview && !(await readBound(subject)))
        return undefined;
    const input = found ?? { id: '', name: '' };
    const opts = { ...subject.opts, replaceWith: [stash], ...((preview || !found) && { ignoreChanges: ['input'] }) };
    const bound = await resolved(new pulumi.Stash(subject.nameOf(ENGINE), { input }, opts).output);
    if (!found || !bound.id || bound.id === found.id)
        return bound;
    const wrong = otherEngine(stack, bound, found, nameOfEndpoint(endpoint));
    if (!preview)
        throw refusal(wrong, subject);
    await pulumi.log.warn(`${wrong} This preview inspects the second one; an update would be refused.`);
    return bound;
}
