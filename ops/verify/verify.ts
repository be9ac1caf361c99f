/** Proves from outside that a deployed stack works, and leaves nothing behind in it. Always ends. */

import type { Reachable } from '../outputs.ts';
import { type Check, runWithin, type Seen } from './check.ts';
import { stages } from './checks.ts';

export interface Result {
  name: string;
  /** False when something is known not to work, or what was given to sign in with is refused. */
  ok: boolean;
  ms: number;
  /** What was seen, or why it does not hold. */
  detail: string;
  /** What could be neither proved nor disproved, and why; absent when all was proved. */
  notProved?: string;
  /** What to do about it. */
  next?: string | undefined;
}

/** For all checks together, which wait for what has just started. */
const TOTAL_SECONDS = 300;

const asResult = (seen: Seen) => (typeof seen === 'string' ? { detail: seen } : seen);

async function attempt(check: Check, stack: Reachable, end: number): Promise<Result> {
  const started = Date.now();
  const took = () => Date.now() - started;
  const { name } = check;
  try {
    const seconds = Math.min(check.seconds, Math.max(1, Math.round((end - started) / 1000)));
    const seen = asResult(await runWithin(check, stack, seconds));
    return { name, ok: true, ms: took(), ...seen };
  } catch (error) {
    const { container } = stack.servers[check.server ?? 'webui'] ?? stack.servers.webui;
    const next = (error as { next?: string }).next ?? `docker logs --tail 50 ${container}`;
    // Nothing that is thrown is expected to hold the password; this makes sure.
    const detail = (error as Error).message.replaceAll(stack.adminPassword, '(password)');
    return { name, ok: false, ms: took(), detail, next };
  }
}

/**
 * Runs every check and reports each as it ends, in their order.
 *
 * @param seconds after which checks that have no result have failed. Default: 5 minutes
 */
export async function verify(
  stack: Reachable,
  report: (result: Result) => void = () => {},
  { seconds = TOTAL_SECONDS }: { seconds?: number } = {},
): Promise<Result[]> {
  const end = Date.now() + seconds * 1000;
  const results: Result[] = [];
  for (const [stage, checks] of stages.entries()) {
    const due = checks.filter(({ applies }) => applies?.(stack) ?? true);
    for (const running of due.map((check) => attempt(check, stack, end))) {
      const result = await running;
      results.push(result);
      report(result);
    }
    if (stage === 0 && results.some(({ ok }) => !ok)) break;
  }
  return results;
}

/** A result as lines for people. */
export function line({ name, ok, ms, detail, notProved, next }: Result): string {
  const indent = `\n  ${''.padEnd(16)} `;
  const mark = !ok ? '✘' : notProved ? '–' : '✔';
  return [
    `${mark} ${name.padEnd(16)} ${detail}  ${(ms / 1000).toFixed(1)} s`,
    ...(notProved ? [`not proved: ${notProved}`] : []),
    ...(next ? [`next: ${next}`] : []),
  ].join(indent);
}
