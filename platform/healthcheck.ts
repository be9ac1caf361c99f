/** How a server's health is checked. */

import { readFileSync } from 'node:fs';
import { type Duration, toSeconds } from '../core/units.ts';

/** Timing of a check. */
export interface Timing {
  /** Time after the start in which failures do not count and the server is checked twice a second. */
  startPeriod: Duration;
  /** Time between two checks while the server is healthy. A starting or unhealthy one is checked more often. */
  interval: Duration;
  /** Time after which a check counts as unanswered. */
  timeout: Duration;
  /** Failures in a row that make the server unhealthy; at least 1. */
  retries: number;
}

/** A check over HTTP. */
export interface HttpGet {
  kind: 'httpGet';
  port: number;
  /** Path that responds with success when the server is healthy. */
  ready: string;
  /** Path that responds as long as the server responds at all, whatever else is wrong. */
  live: string;
}

/** A check by a program in the server's image. `docker inspect` shows it, so it holds no secret. */
export interface Exec {
  kind: 'exec';
  command: readonly string[];
  /** The complete output when the server is healthy. No output at all means no answer. */
  well: string;
  /** Beginning of the output that also means no answer. */
  hung: string;
}

export type Check = HttpGet | Exec;

/** Time for an engine to start a check and to see its end, in seconds. */
const MARGIN = 15;

/** Maximum duration of one attempt, in seconds: every wait in it is bounded. */
const attemptSeconds = (check: Check, { timeout }: Timing): number =>
  toSeconds(timeout) * (check.kind === 'httpGet' ? 2 : 1);

/**
 * Attempts without an answer after which a server counts as hung: they take as long as it may need to start, when it may listen before it
 * answers, or to stop. So a check that continues during a stop never interrupts the last save.
 */
const attempts = (check: Check, timing: Timing, stopGrace: Duration): number =>
  Math.ceil(Math.max(toSeconds(stopGrace), toSeconds(timing.startPeriod)) / attemptSeconds(check, timing));

/** Seconds without any answer after which a server is killed. */
export const hangSeconds = (check: Check, timing: Timing, stopGrace: Duration): number =>
  attempts(check, timing, stopGrace) * attemptSeconds(check, timing);

/** Seconds until a server that never becomes healthy has used up all of its retries. */
export const patience = (check: Check, timing: Timing, extraStartTime: Duration = '0s'): number =>
  toSeconds(extraStartTime) +
  toSeconds(timing.startPeriod) +
  timing.retries * (toSeconds(timing.interval) + attemptSeconds(check, timing)) +
  MARGIN;

/** How much more often a starting or unhealthy server is checked than a healthy one. */
const EAGERNESS = 5;

const seconds = (interval: number): Duration => `${interval}s`;

/**
 * Time between two checks for the engine. Each costs a start of several programs, so the interval has to be long; but the engine waits for it
 * before the first check as well, and only newer ones can be given another one there. So the engine checks often, and the check of a server
 * that is well waits for the rest of the interval first.
 */
export const engineInterval = ({ interval }: Timing): Duration => seconds(Math.ceil(toSeconds(interval) / EAGERNESS));

/** Seconds that the check of a healthy server waits first. */
const pause = (timing: Timing): number => toSeconds(timing.interval) - toSeconds(engineInterval(timing));

/** Time after which an engine gives up on a check; one that works as it should ends earlier. */
export const checkTimeout = (check: Check, timing: Timing, stopGrace: Duration): Duration =>
  seconds(pause(timing) + hangSeconds(check, timing, stopGrace) + MARGIN);

const SCRIPT = readFileSync(new URL('./healthcheck.sh', import.meta.url), 'utf8');

/** The check as a command for the server's image, which has a POSIX shell. */
export function checkCommand(check: Check, timing: Timing, stopGrace: Duration): string[] {
  const answer = String(toSeconds(timing.timeout));
  const question =
    check.kind === 'httpGet'
      ? ['http', answer, String(check.port), check.ready, check.live]
      : ['exec', answer, check.well, check.hung, ...check.command];
  const limits = [
    toSeconds(timing.startPeriod),
    attempts(check, timing, stopGrace),
    hangSeconds(check, timing, stopGrace),
    pause(timing),
  ];
  return ['/bin/sh', '-c', SCRIPT, 'healthcheck', ...limits.map(String), ...question];
}
