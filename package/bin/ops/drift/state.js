import { RemoteError } from '../../core/errors.mjs';
import { COMPONENTS } from '../../core/resourceTypes.js';
import { hostOf, partsOf } from '../component.js';
import { boundEngine } from '../engine.js';
const SIGNATURE = '4dabf18193072939515e22adb298388d';
export function reveal(value) {
    if (typeof value !== 'object' || value === null)
        return { value, secret: false };
    if (SIGNATURE in value)
        return { value: JSON.parse(value.plaintext ?? 'null'), secret: true };
    let secret = false;
    const inner = (one) => {
        const opened = reveal(one);
        secret ||= opened.secret;
        return opened.value;
    };
    const opened = Array.isArray(value)
        ? value.map(inner)
        : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)]));
    return { value: opened, secret };
}
const inside = (value) => (typeof value === 'object' && value !== null ? Object.values(value) : []);
const textsIn = (value) => (typeof value === 'string' ? [value] : inside(value).flatMap(textsIn));
export const secretTexts = (value) => typeof value === 'object' && value !== null && SIGNATURE in value
    ? textsIn(reveal(value).value)
    : inside(value).flatMap(secretTexts);
export const nameOf = (urn) => urn.split('::').at(-1) ?? urn;
function guestState(resources, component) {
    const parts = partsOf(resources, component);
    return {
        resources: parts,
        host: hostOf(resources, parts),
        engine: boundEngine(resources, `${component}-engine`),
        outputs: reveal(parts.find(({ type }) => type === COMPONENTS.deployment)?.outputs ?? {}).value,
    };
}
export async function readState(pulumi) {
    const { code, stdout, stderr } = await pulumi.capture(['stack', 'export', '--show-secrets']);
    if (code !== 0)
        throw new RemoteError(`could not read the state of the stack ${pulumi.workspace.stack}: ${stderr.trim()}`);
    const { resources = [], pending_operations: pending = [] } = JSON.parse(stdout).deployment;
    const present = resources.filter((one) => !one.delete);
    const updating = pending.length > 0 || resources.some(({ pendingReplacement }) => pendingReplacement);
    const { guest } = pulumi.workspace;
    if (guest)
        return { ...guestState(present, guest.component), updating };
    const outputs = resources.find(({ type }) => type === 'pulumi:pulumi:Stack')?.outputs ?? {};
    return {
        resources: present,
        host: (outputs['host'] ?? {}),
        engine: boundEngine(resources),
        updating,
        outputs: reveal(outputs).value,
    };
}
