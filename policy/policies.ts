/** The rules as Pulumi takes them. */

import type { ReportViolation, ResourceValidationArgs, ResourceValidationPolicy } from '@pulumi/policy';
import { VOLUME } from '../core/resourceTypes.ts';
import { isProduction } from '../core/stacks.ts';
import { clearSecrets, gatewayAdmin, postgresPort, valkeyPort } from './exposure.ts';
import { exactImage, vulnerable } from './images.ts';
import { capabilities, hostAccess } from './isolation.ts';
import { healthcheck, log, memory } from './operation.ts';
import { message, type Rule, resourceOf, type Volume } from './rule.ts';
import { type Server, serverOf } from './server.ts';
import { dataVolumes } from './volumes.ts';

/**
 * A rule as a policy on the resources that `subjectOf` describes; it returns undefined for every other one. One policy for all types of
 * resources: Pulumi refuses two of one name.
 */
const policy = <Subject>(
  rule: Rule<Subject>,
  subjectOf: (type: string, props: unknown) => Subject | undefined,
): ResourceValidationPolicy => ({
  name: rule.name,
  description: rule.description,
  enforcementLevel: 'mandatory',
  validateResource({ type, props, urn, opts }: ResourceValidationArgs, report: ReportViolation) {
    const subject = subjectOf(type, props);
    if (subject === undefined) return;
    const resource = resourceOf(urn, opts);
    for (const violation of rule.check(subject, resource)) report(message(resource, violation));
  },
});

const onServers = (rule: Rule<Server>) => policy(rule, serverOf);

const onVolumes = (rule: Rule<Volume>) =>
  policy(rule, (type, props) => (type === VOLUME ? (props as Volume) : undefined));

/** Limits a rule to some stacks: the level of a policy is fixed before it knows the stack, so one rule may take two policies. */
const onlyWhere = (applies: (stack: string) => boolean, rule: Rule<Server>): Rule<Server> => ({
  ...rule,
  check: (server, resource) => (applies(resource.stack) ? rule.check(server, resource) : []),
});

export const policies: readonly ResourceValidationPolicy[] = [
  ...[
    capabilities,
    hostAccess,
    healthcheck,
    log,
    memory,
    valkeyPort,
    postgresPort,
    gatewayAdmin,
    clearSecrets,
    vulnerable,
  ].map(onServers),
  onVolumes(dataVolumes),
  onServers(onlyWhere(isProduction, exactImage)),
  {
    ...onServers(onlyWhere((stack) => !isProduction(stack), { ...exactImage, name: `${exactImage.name}-advice` })),
    enforcementLevel: 'advisory',
  },
];
