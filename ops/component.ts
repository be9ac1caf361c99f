/** A deployment in the state of any program: one component, with what it consists of. */

import type { Host, Place } from '../core/endpoint.ts';
import { COMPONENTS, CONTAINER, SERVICE, VOLUME } from '../core/resourceTypes.ts';

/** A resource of a state, as far as it is read. */
export interface Placed {
  urn: string;
  type: string;
  parent?: string;
  /** The URN and the id of its provider. */
  provider?: string;
  inputs?: Record<string, unknown>;
}

const nameOf = (urn: string): string => urn.split('::').at(-1) ?? urn;

/** Names of the deployments in a state. */
export const deploymentsIn = (resources: readonly Pick<Placed, 'urn' | 'type'>[]): string[] =>
  resources.flatMap(({ type, urn }) => (type === COMPONENTS.deployment ? [nameOf(urn)] : []));

/** The component of a deployment, and all that stands below it; nothing where there is none of that name. */
export function partsOf<Resource extends Placed>(resources: readonly Resource[], component: string): Resource[] {
  const parents = new Map(resources.map(({ urn, parent }) => [urn, parent]));
  const top = resources.find(({ type, urn }) => type === COMPONENTS.deployment && nameOf(urn) === component)?.urn;
  const isBelow = (urn: string | undefined): boolean => urn !== undefined && (urn === top || isBelow(parents.get(urn)));
  return resources.filter(({ urn }) => isBelow(urn));
}

/** The provider of the first part that is of one of some types. */
const providerOf = (parts: readonly Placed[], ...types: readonly string[]): string | undefined =>
  parts.find(({ type }) => types.includes(type))?.provider?.match(/^.*(?=::)/)?.[0];

/** The engine of a provider; the default one where that has no address. */
function placeOf(resources: readonly Placed[], provider: string | undefined): Place {
  const { host, certPath } = (resources.find(({ urn }) => urn === provider)?.inputs ?? {}) as Record<
    string,
    string | undefined
  >;
  return { ...(host && { address: host }), ...(host && certPath && { certificates: certPath }) };
}

/** The engine that a deployment is on, by the provider of its volumes and containers, and the manager by that of its services. */
export function hostOf(resources: readonly Placed[], parts: readonly Placed[]): Host {
  const [engine, manager] = [providerOf(parts, CONTAINER, VOLUME), providerOf(parts, SERVICE)];
  const isApart = engine !== undefined && manager !== undefined && manager !== engine;
  return { ...placeOf(resources, engine), ...(isApart && { manager: placeOf(resources, manager) }) };
}
