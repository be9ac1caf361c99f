/** Proves from outside that a deployed stack works, and leaves nothing behind in it. */

import type { Stack } from '../outputs.ts';
import { type Check, stages } from './checks.ts';

export interface Result {
  name: string;
  ok: boolean;
  ms: number;
  /** What was seen, or why it does not hold. */
  detail: string;
  /** What to do about it. */
  next?: string;
}

async function attempt(check: Check, stack: Stack): Promise<Result> {
  const started = Date.now();
  const took = () => Date.now() - started;
  try {
    const detail = await check.run(stack);
    return { name: check.name, ok: true, ms: took(), detail };
  } catch (error) {
    const next = (error as { next?: string }).next ?? `docker logs --tail 50 ${stack.servers.webui.container}`;
    // Nothing that is thrown is expected to hold the password; this makes sure.
    const detail = (error as Error).message.replaceAll(stack.adminPassword, '(password)');
    return { name: check.name, ok: false, ms: took(), detail, next };
  }
}

/** Runs every check and reports each as it ends, in their order. */
export async function verify(stack: Stack, report: (result: Result) => void = () => {}): Promise<Result[]> {
  const results: Result[] = [];
  for (const [stage, checks] of stages.entries()) {
    for (const running of checks.map((check) => attempt(check, stack))) {
      const result = await running;
      results.push(result);
      report(result);
    }
    if (stage === 0 && results.some(({ ok }) => !ok)) break;
  }
  return results;
}

/** A result as lines for people. */
export function line({ name, ok, ms, detail, next }: Result): string {
  const text = `${ok ? '✔' : '✘'} ${name.padEnd(16)} ${detail}  ${(ms / 1000).toFixed(1)} s`;
  return next ? `${text}\n  ${''.padEnd(16)} next: ${next}` : text;
}
