/** The rules as Pulumi takes them. */

import * as docker from '@pulumi/docker';
import { type ResourceValidationPolicy, validateResourceOfType } from '@pulumi/policy';
import { isProduction } from '../core/stacks.ts';
import { clearSecrets, valkeyPort } from './exposure.ts';
import { exactImage, vulnerable } from './images.ts';
import { capabilities, hostAccess } from './isolation.ts';
import { healthcheck, log, memory } from './operation.ts';
import { type Container, message, type Rule, resourceOf, type Volume } from './rule.ts';
import { dataVolumes } from './volumes.ts';

const policy = (
  { name, description }: Pick<Rule<never>, 'name' | 'description'>,
  validateResource: NonNullable<ResourceValidationPolicy['validateResource']>,
): ResourceValidationPolicy => ({ name, description, enforcementLevel: 'mandatory', validateResource });

/** Holds a resource's arguments against a rule and reports what it finds. */
const held =
  <Args>(rule: Rule<Args>) =>
  (args: Args, { urn, opts }: { urn: string; opts: { protect: boolean } }, report: (message: string) => void) => {
    const resource = resourceOf(urn, opts);
    for (const violation of rule.check(args, resource)) report(message(resource, violation));
  };

const onContainers = (rule: Rule<Container>) =>
  policy(rule, validateResourceOfType(docker.Container, held<Container>(rule)));

const onVolumes = (rule: Rule<Volume>) => policy(rule, validateResourceOfType(docker.Volume, held<Volume>(rule)));

/** Limits a rule to some stacks: the level of a policy is fixed before it knows the stack, so one rule may take two policies. */
const onlyWhere = (applies: (stack: string) => boolean, rule: Rule<Container>): Rule<Container> => ({
  ...rule,
  check: (container, resource) => (applies(resource.stack) ? rule.check(container, resource) : []),
});

export const policies: readonly ResourceValidationPolicy[] = [
  ...[capabilities, hostAccess, healthcheck, log, memory, valkeyPort, clearSecrets, vulnerable].map(onContainers),
  onVolumes(dataVolumes),
  onContainers(onlyWhere(isProduction, exactImage)),
  {
    ...onContainers(onlyWhere((stack) => !isProduction(stack), { ...exactImage, name: `${exactImage.name}-advice` })),
    enforcementLevel: 'advisory',
  },
];
