/** Labels of what we make on an engine. Code that looks for one of our objects asks for its labels, never for its name. */

export const PROJECT_LABEL = 'com.pulumi.project';
export const STACK_LABEL = 'com.pulumi.stack';
export const ROLE_LABEL = 'com.pulumi.role';

/** Beginnings of labels that no stack file may set, each with what they mean to whom. */
const RESERVED: readonly (readonly [prefix: string, why: string])[] = [
  ['com.pulumi.', 'the deployment finds what it has made by such labels'],
  ['com.docker.compose.', 'Docker Compose takes a container with such a label for its own, and may remove it'],
];

/** Why a stack file may not set a label; undefined when it may. */
export const whyReserved = (label: string): string | undefined =>
  RESERVED.find(([prefix]) => label.startsWith(prefix))?.[1];

/** On a service: identifies the registry credentials that Swarm keeps for it. */
export const EDITION_LABEL = 'com.pulumi.registry';

/** On a service: identifies what its tasks are. */
export const REVISION_LABEL = 'com.pulumi.revision';

/** On a container of role `archive`: the operation that holds it. */
export const OPERATION_LABEL = 'com.pulumi.operation';
export type Operation = 'backup' | 'restore' | 'move';

/**
 * What an object is for. `server`: a container that serves; `init`: one that prepares volumes and exits; `archive`: one through which a
 * backup, a restore or a move of the database works. `data`: a volume with people's data; `scratch`: a volume that can be recreated at any time.
 */
export type Role = 'server' | 'init' | 'archive' | 'data' | 'scratch';

/** The stack that owns an object. */
export interface Owner {
  project: string;
  stack: string;
}

/** Labels of an object. Without a role: a network. */
export const labelsOf = ({ project, stack }: Owner, role?: Role): Record<string, string> => ({
  [PROJECT_LABEL]: project,
  [STACK_LABEL]: stack,
  ...(role && { [ROLE_LABEL]: role }),
});

/** The owner that labels name; undefined when they name none. */
export function ownerOf(labels: Readonly<Record<string, string>> | null | undefined): Owner | undefined {
  const { [PROJECT_LABEL]: project, [STACK_LABEL]: stack } = labels ?? {};
  return project && stack ? { project, stack } : undefined;
}

/** Whether labels name an owner. */
export const belongsTo = (labels: Readonly<Record<string, string>> | null | undefined, owner: Owner): boolean => {
  const found = ownerOf(labels);
  return found?.project === owner.project && found.stack === owner.stack;
};

/** Arguments by which the docker command lists only what belongs to an owner. */
export const filtersOf = (owner: Owner, role?: Role): string[] =>
  Object.entries(labelsOf(owner, role)).flatMap(([label, value]) => ['--filter', `label=${label}=${value}`]);
