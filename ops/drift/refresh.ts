/** What Pulumi itself finds when it looks at the engine; nothing is changed by that. */

import { RemoteError } from '../../core/errors.mjs';
import { CONTAINER } from '../../core/resourceTypes.ts';
import type { Pulumi } from '../pulumi.ts';
import type { Difference } from './compare.ts';
import { nameOf } from './state.ts';

interface Step {
  op: string;
  urn: string;
  detailedDiff?: Record<string, unknown> | null;
}

/**
 * What the provider takes for a change and the comparison by facts judges: log options that the engine's configuration adds, and limits that
 * an engine cannot set.
 */
const isJudged = (field: string) => /^(logOpts|memory$|memorySwap$)/.test(field);

/** Whether a step is all about what is judged elsewhere. */
const isKnown = ({ urn, detailedDiff }: Step) => {
  const fields = Object.keys(detailedDiff ?? {});
  return urn.includes(`$${CONTAINER}::`) && fields.length > 0 && fields.every(isJudged);
};

/**
 * Resources that a refresh would note otherwise, with the names of what differs: values may be secret, and most of them are compared
 * in a readable way already.
 *
 * @throws Error when Pulumi or the engine does not answer.
 */
export async function refreshed(pulumi: Pulumi): Promise<(Difference & { urn: string })[]> {
  const { code, stdout, stderr } = await pulumi.capture([
    ...['refresh', '--preview-only', '--json', '--non-interactive'],
  ]);
  if (code !== 0)
    throw new RemoteError(`pulumi refresh --preview-only ended with ${code}: ${stderr.trim() || stdout.trim()}`);
  const { steps = [] } = JSON.parse(stdout) as { steps?: Step[] };
  return steps
    .filter(({ op }) => op !== 'refresh' && op !== 'same')
    .filter((step) => !isKnown(step))
    .map(({ op, urn, detailedDiff }) => {
      const fields = Object.keys(detailedDiff ?? {}).join(', ');
      return {
        urn,
        object: `resource ${nameOf(urn)}`,
        what: 'itself',
        expected: 'as Pulumi recorded it',
        found: op === 'delete' ? undefined : `otherwise (${fields || op})`,
      };
    });
}
