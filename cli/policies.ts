/** Holds a deployment against the policy pack before anything is changed. */

import { UserError } from '../core/errors.mjs';
import type { Violation } from '../ops/preview/changes.ts';
import { preview } from '../ops/preview/preview.ts';
import type { Progress } from '../system/console.mjs';
import type { OpenStack } from './workspace.ts';

/** What a preview says of the policies, as one line. */
function policyText(hints: readonly Violation[]): string {
  if (hints.length === 0) return 'all hold';
  const rules = [...new Set(hints.map(({ policy }) => policy))].join(', ');
  return `all mandatory ones hold; advice: ${rules} (npm run preview shows it)`;
}

/** Options by which an update itself evaluates the policies. */
const PACK = ['--policy-pack', 'policy'];

/**
 * Refuses a deployment that violates a mandatory policy. A preview of its own, as an update finds a violation when other objects are changed
 * already. Where that preview fails, because something has to be repaired first for example, the update evaluates the policies.
 *
 * @returns what to show, and options for the update.
 * @throws UserError with every violation.
 */
export async function requirePolicies(
  stack: OpenStack,
  progress: Progress,
): Promise<{ text: string; options: readonly string[] }> {
  progress('previewing with the policy pack');
  const { violations, code } = await preview(stack, []);
  stack.tidy();
  const mandatory = violations.filter((one) => one.mandatory);
  if (mandatory.length === 0)
    return code === 0
      ? { text: policyText(violations), options: [] }
      : { text: 'not evaluated, as the preview fails: the update will do it', options: PACK };
  throw new UserError(
    `The stack ${stack.stack} violates the policies of this project. Nothing was created or changed.\n\n${mandatory
      .map(
        ({ policy, resource, message }) =>
          `  ${policy}${resource && ` (${resource})`}\n    ${message.trim().replaceAll('\n', '\n    ')}`,
      )
      .join('\n\n')}\n`,
  );
}
