/** What a command that deploys has to do first. */

import type { Progress } from '../system/console.mjs';
import { isInterrupted, recover, requireIdle } from './recover.ts';
import type { OpenStack } from './workspace.ts';

/**
 * Brings what an earlier run has left half done to its end; returns what was done.
 *
 * @param image the web UI's that the stack file names.
 */
export async function finishEarlier(stack: OpenStack, image: string, progress: Progress): Promise<string | undefined> {
  // An update of another process is left alone.
  await requireIdle(stack);
  let settled: string | undefined;
  if (isInterrupted(stack.root, stack.stack)) {
    // Half of a backup's data must not be started; and Pulumi has to find running what ran before.
    const { settleRestore } = await import('../ops/backup/restore.ts');
    settled = await settleRestore(stack, image);
  }
  const recovered = await recover(stack, progress);
  return [settled, recovered].filter(Boolean).join('; ') || undefined;
}
