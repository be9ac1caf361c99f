/** One proof that a deployment works, and what it gets so that it ends. */

import { until } from '../../core/until.ts';
import type { Docker } from '../../docker/client.ts';
import type { Reachable } from '../outputs.ts';

/** What a check saw; a text when it has proved all that it is about. `ok` is true by default. */
export type Seen = string | { ok?: boolean; detail: string; notProved: string; next?: string | undefined };

export interface Check {
  name: string;
  /** Whether there is anything to prove. Default: there is. */
  applies?(stack: Reachable): boolean;
  /** After which it has failed. */
  seconds: number;
  /** Whose log is named where a failure names no other step. Default: the web UI's. */
  server?: keyof Reachable['servers'];
  /** Returns what was seen; throws a RemoteError, or any other error, when it does not hold. */
  run(stack: Reachable, during: During): Promise<Seen>;
}

/** A check's own time. */
export interface During {
  /** As {@link until}, but it does not outlive the check. */
  until: typeof until;
  /** Closes something when the check ends, however it ends; an error in it is one of the check. */
  onEnd(close: () => unknown): void;
}

/** More than the limit of a check, so that its own verdict comes first. */
const SLACK_MS = 500;

/** Commands that are killed when the time is over. */
function bounded(docker: Docker, end: number): Docker {
  const within = <Options extends { timeout?: number }>(options?: Options) => {
    const left = Math.max(1, end + SLACK_MS - Date.now());
    return { ...options, timeout: Math.min(options?.timeout ?? left, left) };
  };
  return {
    ...docker,
    capture: (args, options) => docker.capture(args, within(options)),
    run: (args, options) => docker.run(args, within(options)),
  };
}

/**
 * Runs a check for a limited time, and closes all that it has opened.
 *
 * @throws Error when it does not hold, or has no verdict by then.
 */
export async function runWithin(check: Check, stack: Reachable, seconds: number): Promise<Seen> {
  const end = Date.now() + seconds * 1000;
  const { signal, abort } = limit(seconds);
  const closers: (() => unknown)[] = [];
  const during: During = {
    until: (ask, good, options) => {
      const alive = () => {
        signal.throwIfAborted();
        return ask();
      };
      return until(alive, good, options);
    },
    // What comes too late is closed at once.
    onEnd: (close) => (signal.aborted ? void attempt(close) : closers.push(close)),
  };
  const late = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const outcome = await Promise.race([check.run({ ...stack, docker: bounded(stack.docker, end) }, during), late]).then(
    (seen) => ({ seen }),
    (error: unknown) => ({ error }),
  );
  abort();
  const failures = (await Promise.all(closers.map(attempt))).filter((failure) => failure !== undefined);
  if ('error' in outcome) throw outcome.error;
  if (failures.length > 0) throw failures[0];
  return outcome.seen;
}

function limit(seconds: number): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error(`no result within ${seconds} s`)), seconds * 1000);
  const abort = () => {
    clearTimeout(timer);
    controller.abort(new Error('the check has ended'));
  };
  return { signal: controller.signal, abort };
}

/** Closes something; returns the error, if any. */
async function attempt(close: () => unknown): Promise<unknown> {
  try {
    await close();
    return undefined;
  } catch (error) {
    return error;
  }
}
