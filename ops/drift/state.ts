/** What Pulumi has noted of a stack, as `pulumi stack export` gives it. */

import type { EngineId, Host } from '../../core/endpoint.ts';
import { RemoteError } from '../../core/errors.mjs';
import { COMPONENTS } from '../../core/resourceTypes.ts';
import { hostOf, partsOf } from '../component.ts';
import { boundEngine } from '../engine.ts';
import type { Pulumi } from '../pulumi.ts';

/** One resource of the state. Values may be secret: {@link reveal} opens them. */
export interface Resource {
  urn: string;
  type: string;
  parent?: string;
  /** The URN and the id of its provider. */
  provider?: string;
  /** Id on the engine; components have none. */
  id?: string;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  /** Why it was made and does not work. */
  initErrors?: string[];
  /** On its way out, after its replacement was made. */
  delete?: boolean;
  /** Removed by an update that has not yet made its replacement: one that is in progress, or was killed. */
  pendingReplacement?: boolean;
}

/** How Pulumi marks a secret in a state. */
const SIGNATURE = '4dabf18193072939515e22adb298388d';

/** A value without the marks of secrets, and whether there was one in it. */
export function reveal(value: unknown): { value: unknown; secret: boolean } {
  if (typeof value !== 'object' || value === null) return { value, secret: false };
  if (SIGNATURE in value)
    return { value: JSON.parse((value as { plaintext?: string }).plaintext ?? 'null'), secret: true };
  let secret = false;
  const inner = (one: unknown) => {
    const opened = reveal(one);
    secret ||= opened.secret;
    return opened.value;
  };
  const opened = Array.isArray(value)
    ? value.map(inner)
    : Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)]));
  return { value: opened, secret };
}

const inside = (value: unknown): unknown[] => (typeof value === 'object' && value !== null ? Object.values(value) : []);

/** Every text in a value. */
const textsIn = (value: unknown): string[] => (typeof value === 'string' ? [value] : inside(value).flatMap(textsIn));

/** Every text in a value that is marked as secret. */
export const secretTexts = (value: unknown): string[] =>
  typeof value === 'object' && value !== null && SIGNATURE in value
    ? textsIn(reveal(value).value)
    : inside(value).flatMap(secretTexts);

/** A resource's name in the program. */
export const nameOf = (urn: string): string => urn.split('::').at(-1) ?? urn;

export interface State {
  resources: Resource[];
  host: Host;
  /** The engine by what it says of itself; undefined in what an earlier release has deployed. */
  engine: EngineId | undefined;
  /** Whether an update is in progress, or was killed. */
  updating: boolean;
  outputs: Record<string, unknown>;
}

/** The deployment of a program that is not this project's own: other resources of its stack are none of ours. */
function guestState(resources: readonly Resource[], component: string): Omit<State, 'updating'> {
  const parts = partsOf(resources, component);
  return {
    resources: parts,
    host: hostOf(resources, parts),
    engine: boundEngine(resources, `${component}-engine`),
    outputs: reveal(parts.find(({ type }) => type === COMPONENTS.deployment)?.outputs ?? {}).value as State['outputs'],
  };
}

/**
 * Resources of a stack, the engine that it is on, and its outputs; for use in memory only, as secrets are among it.
 *
 * @throws Error when the stack does not exist, or its secrets cannot be opened.
 */
export async function readState(pulumi: Pulumi): Promise<State> {
  const { code, stdout, stderr } = await pulumi.capture(['stack', 'export', '--show-secrets']);
  if (code !== 0)
    throw new RemoteError(`could not read the state of the stack ${pulumi.workspace.stack}: ${stderr.trim()}`);
  const { resources = [], pending_operations: pending = [] } = JSON.parse(stdout).deployment as {
    resources?: Resource[];
    pending_operations?: unknown[];
  };
  const present = resources.filter((one) => !one.delete);
  const updating = pending.length > 0 || resources.some(({ pendingReplacement }) => pendingReplacement);
  const { guest } = pulumi.workspace;
  if (guest) return { ...guestState(present, guest.component), updating };
  const outputs = resources.find(({ type }) => type === 'pulumi:pulumi:Stack')?.outputs ?? {};
  return {
    resources: present,
    host: (outputs['host'] ?? {}) as Host,
    engine: boundEngine(resources),
    updating,
    outputs: reveal(outputs).value as Record<string, unknown>,
  };
}
