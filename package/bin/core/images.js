import { parseFamiliarName } from '@swimlane/docker-reference';
const MAX_LENGTH = 512;
function refusal(reference) {
    if (reference.length > MAX_LENGTH)
        return `a reference has at most ${MAX_LENGTH} characters`;
    try {
        parseFamiliarName(reference);
        return undefined;
    }
    catch (error) {
        return error.message;
    }
}
export function imageProblem(reference) {
    const reason = refusal(reference);
    if (reason === undefined)
        return undefined;
    const [, name = '', rest = ''] = /^([^:@]*(?::\d+\/[^:@]*)?)(.*)$/s.exec(reference.slice(0, MAX_LENGTH)) ?? [];
    const instead = name.toLowerCase() + rest;
    return instead !== reference && refusal(instead) === undefined ? { reason, instead } : { reason };
}
export function parseImage(reference) {
    const [named = '', digest] = reference.split('@');
    const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
    return {
        repository: colon < 0 ? named : named.slice(0, colon),
        tag: colon < 0 ? undefined : named.slice(colon + 1),
        digest: digest !== undefined,
    };
}
const ID = /^sha256:[0-9a-f]{64}$/;
export const DOCKER_HUB = 'docker.io';
export function registryOf(reference) {
    if (ID.test(reference))
        return undefined;
    try {
        return parseFamiliarName(reference).domain;
    }
    catch {
        return undefined;
    }
}
export const qualified = (reference) => registryOf(reference) === DOCKER_HUB ? parseFamiliarName(reference).toString() : reference;
export const imageName = (reference) => parseImage(reference).repository.split('/').at(-1) ?? '';
export const LOCAL = 'local/';
export const isBuiltHere = (reference) => reference.startsWith(LOCAL);
const FLOATING = ['latest', 'main', 'master', 'dev', 'edge', 'nightly', 'stable'];
export function looseness(reference, { production }) {
    if (isBuiltHere(reference))
        return undefined;
    const { tag, digest } = parseImage(reference);
    if (digest || ID.test(reference))
        return undefined;
    if (!tag)
        return 'no tag means latest';
    const floating = tag.split(/[-_.]/).find((word) => FLOATING.includes(word.toLowerCase()));
    if (floating)
        return `${floating} is whatever was pushed last`;
    if (!/\d/.test(tag))
        return 'its tag names no version';
    if (production && !/(^|[^\d.])v?\d+\.\d+\.\d+/.test(tag))
        return 'its tag names only a part of a version';
    return undefined;
}
export const EXACT = 'a digest, or a tag with all three numbers of a version';
