import * as pulumi from '@pulumi/pulumi';
import { inventory } from '../docker/inventory.js';
import { resolved } from '../platform/output.js';
import { ALONE, refusalsFor } from './neighbours.js';
import { ofStackFile } from './origin.js';
import { readOwnState } from './state.js';
async function inState({ owns }) {
    return new Set((await readOwnState()).flatMap(({ urn, type, outputs: { name } }) => {
        if (!owns(urn))
            return [];
        const kind = /:index\/(container|network|volume):/.exec(type)?.[1];
        return kind ? [`${kind} ${name}`] : [];
    }));
}
function conflictOf(claim, object, mine) {
    const { kind, owner } = object;
    const { toDo } = claim;
    const isMine = owner?.project === mine.project && owner.stack === mine.stack;
    const why = owner ? `of ${owner.project}/${owner.stack}` : 'which this program did not create';
    const taken = kind === 'volume' && (claim.adopt || isMine);
    if (!taken && !isMine)
        return { claim, why, toDo, doubtful: kind === 'volume' && owner === undefined };
    return kind === 'volume' ? undefined : { claim, why: `${why}, in another checkout or state`, toDo, doubtful: true };
}
async function startedClean(free, { nameOf, opts }) {
    const stash = new pulumi.Stash(nameOf('names'), { input: free ? 'free' : 'unknown' }, { ...opts, ignoreChanges: ['input'] });
    return (await resolved(stash.output)) === 'free';
}
function once(run) {
    let result;
    return () => {
        result ??= { value: run() };
        return result.value;
    };
}
async function shares({ claims, objects, isMine, known, docker, sharing, replaced, scratch, }) {
    const isClaimed = ({ kind, name }) => claims.some((claim) => claim.kind === kind && claim.name === name);
    const unclaimed = objects.filter((one) => one.kind !== 'volume' && isMine(one) && !isClaimed(one));
    const others = unclaimed.filter(({ role, service }) => role !== 'archive' && service === undefined);
    const ours = others.length > 0 && !scratch ? await known() : undefined;
    const isOurs = (one) => ours?.has(`${one.kind} ${one.name}`) ?? true;
    return refusalsFor(docker, {
        ...{ objects, sharing },
        isOwn: (one) => isClaimed(one) ||
            (isMine(one) && one.service !== undefined) ||
            (unclaimed.includes(one) && (one.role === 'archive' || isOurs(one))),
        data: new Map([
            ...claims.flatMap(({ kind, name, setting }) => (kind === 'volume' && setting ? [[name, setting]] : [])),
            ...sharing.folders,
        ]),
        leaving: scratch
            ? []
            : [...replaced, ...others.filter((one) => one.kind === 'network' && isOurs(one)).map(({ name }) => name)],
    });
}
export async function requireNames(claims, docker, { scratch = false, sharing = ALONE, replaced = [], subject = ofStackFile(), } = {}) {
    const mine = { project: pulumi.getProject(), stack: pulumi.getStack() };
    const isMine = ({ owner }) => owner?.project === mine.project && owner.stack === mine.stack;
    const objects = await inventory(docker).catch((error) => error);
    if (objects instanceof Error) {
        await startedClean(false, subject);
        await pulumi.log.warn(`Could not check for name conflicts: ${objects.message}.`);
        return [];
    }
    const present = claims.flatMap((claim) => objects.filter(({ kind, name }) => kind === claim.kind && name === claim.name).map((object) => ({ claim, object })));
    const conflicts = present
        .flatMap(({ claim, object }) => conflictOf(claim, object, mine) ?? [])
        .filter(({ doubtful }) => !doubtful || !scratch);
    const labelled = present.some(({ object }) => object.kind !== 'volume' && isMine(object));
    const known = once(() => inState(subject));
    const shared = await shares({ claims, objects, isMine, known, docker, sharing, replaced, scratch });
    const certain = shared.length > 0 || conflicts.some(({ doubtful }) => !doubtful);
    const clean = !certain && (await startedClean(!labelled, subject));
    const open = conflicts.filter(({ claim, doubtful }) => !doubtful || claim.kind === 'volume' || !clean);
    const ours = open.some(({ doubtful }) => doubtful) ? await known() : new Set();
    const taken = open.filter(({ claim, doubtful }) => !doubtful || !ours.has(`${claim.kind} ${claim.name}`));
    if (taken.length + shared.length === 0)
        return objects.filter((one) => isMine(one) || present.some(({ object }) => object === one));
    throw new pulumi.RunError(`Some names of the stack ${mine.stack} are in use on this engine. Nothing was created or changed.\n${[
        ...taken.map(({ claim: { kind, name }, why, toDo }) => ({ what: `the ${kind} ${name}, ${why}`, toDo })),
        ...shared,
    ]
        .map(({ what, toDo }) => `  ${what}\n    to do: ${toDo}\n`)
        .join('')}`);
}
