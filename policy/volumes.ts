/** What happens to people's data. */

import { ROLE_LABEL, type Role } from '../core/labels.ts';
import { isProduction } from '../core/stacks.ts';
import { place, type Rule, type Volume } from './rule.ts';

const SCRATCH: Role = 'scratch';

/**
 * Data volumes of production stacks are protected: a change that would put an empty volume in the place of a full one is refused in
 * the preview, and takes two steps.
 *
 * The other half, `retainOnDelete` on every stack, is no part of this pack: the engine tells policies about `protect` and not about
 * `retainOnDelete`, so no rule could see it. A unit test runs the program with every stack file and looks at both
 * (tests/unit/policy.test.ts).
 */
export const dataVolumes: Rule<Volume> = {
  name: 'data-volume-protected',
  description: 'In production, Pulumi refuses to delete or replace a volume.',
  check({ labels }, resource) {
    const { protect, stack } = resource;
    // Its label says that it can be recreated at any time.
    const scratch = (labels ?? []).some(({ label, value }) => label === ROLE_LABEL && value === SCRATCH);
    if (protect || scratch || !isProduction(stack)) return [];
    return [
      {
        found: `is a volume without protection in the production stack ${stack}`,
        allowed: 'volumes with the option protect',
        fix: `set ${place(resource, 'protectData', 'protect')} to true`,
      },
    ];
  },
};
