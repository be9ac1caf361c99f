/** What a rule is, what it learns about a resource, and how its findings read. */

import type * as docker from '@pulumi/docker';
import type * as pulumi from '@pulumi/pulumi';
import { COMPONENTS } from '../core/resourceTypes.ts';

/** A volume as the provider gets it. */
export type Volume = pulumi.Unwrap<docker.VolumeArgs>;

/** What a rule may know about a resource besides its arguments. */
export interface Resource {
  /** Name in the program, as previews show it. */
  name: string;
  project: string;
  stack: string;
  /** Part of the stack file that configures the resource; undefined for what no component of this project has made. */
  section: 'gateway' | 'valkey' | 'webui' | undefined;
  /** Whether Pulumi refuses to delete it. */
  protect: boolean;
}

/** One thing that is wrong. Never with the value of a secret: previews are printed and commented on. */
export interface Violation {
  /** What was found, as the rest of a sentence that starts with the resource. */
  found: string;
  allowed: string;
  fix: string;
}

/** One requirement on one kind of resource. */
export interface Rule<Args> {
  name: string;
  description: string;
  check(args: Args, resource: Resource): Violation[];
}

/** The components whose resources the stack file configures. */
const SECTIONS = new Map<string, 'gateway' | 'valkey' | 'webui'>([
  [COMPONENTS.gateway, 'gateway'],
  [COMPONENTS.valkey, 'valkey'],
  [COMPONENTS.openWebUI, 'webui'],
]);

/** Reads a URN: `urn:pulumi:STACK::PROJECT::GRANDPARENT$PARENT$TYPE::NAME`. */
export function resourceOf(urn: string, { protect }: { protect: boolean }): Resource {
  const [start = '', project = '', types = '', ...name] = urn.split('::');
  const parents = types.split('$').slice(0, -1);
  return {
    name: name.join('::'),
    project,
    stack: start.split(':').at(-1) ?? '',
    section: parents.map((type) => SECTIONS.get(type)).findLast((section) => section !== undefined),
    protect,
  };
}

/** Where to change a value: in the setting of this project, or in the argument of what no setting configures. */
export const place = ({ project, stack, section }: Resource, setting: string, argument: string): string =>
  section ? `${project}:${section}.${setting} in Pulumi.${stack}.yaml` : `its argument ${argument}`;

/** Names as a list in a sentence; `nothing` when there are none. */
export const listed = (names: readonly string[], nothing = 'nothing'): string => names.join(', ') || nothing;

/** The message that Pulumi shows. */
export const message = ({ name }: Resource, { found, allowed, fix }: Violation): string =>
  `${name} ${found}.\nAllowed: ${allowed}.\nTo do:   ${fix}.`;
