export const PROJECT_LABEL = 'com.pulumi.project';
export const STACK_LABEL = 'com.pulumi.stack';
export const ROLE_LABEL = 'com.pulumi.role';
const RESERVED = [
    ['com.pulumi.', 'the deployment finds what it has made by such labels'],
    ['com.docker.compose.', 'Docker Compose takes a container with such a label for its own, and may remove it'],
];
export const whyReserved = (label) => RESERVED.find(([prefix]) => label.startsWith(prefix))?.[1];
export const EDITION_LABEL = 'com.pulumi.registry';
export const REVISION_LABEL = 'com.pulumi.revision';
export const OPERATION_LABEL = 'com.pulumi.operation';
export const labelsOf = ({ project, stack }, role) => ({
    [PROJECT_LABEL]: project,
    [STACK_LABEL]: stack,
    ...(role && { [ROLE_LABEL]: role }),
});
export function ownerOf(labels) {
    const { [PROJECT_LABEL]: project, [STACK_LABEL]: stack } = labels ?? {};
    return project && stack ? { project, stack } : undefined;
}
export const belongsTo = (labels, owner) => {
    const found = ownerOf(labels);
    return found?.project === owner.project && found.stack === owner.stack;
};
export const filtersOf = (owner, role) => Object.entries(labelsOf(owner, role)).flatMap(([label, value]) => ['--filter', `label=${label}=${value}`]);
