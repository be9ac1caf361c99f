/** Health checks of tasks, whose end Swarm makes of every unhealthy one. */

import { readFileSync } from 'node:fs';
import { type Duration, toSeconds } from '../../core/units.ts';
import { hangSeconds } from '../healthcheck.ts';
import type { Workload } from '../workload.ts';

const SCRIPT = readFileSync(new URL('./healthcheck.sh', import.meta.url), 'utf8');

/**
 * Seconds without an answer after which a task of several that is stopped gets no more requests: with the second until it is asked, and the one between two checks,
 * less than ten. A page that is slow answers this question all the same: it is a constant.
 */
const SILENCE = 7;

/** Seconds of the same where the program runs: Valkey and Postgres are replaced in less, and some of its work waits for them. */
const IDLE = 30;

/** Time for an engine to start a check and to see its end, in seconds. */
const MARGIN = 15;

/** A duration as Go prints it without what is zero, the only spelling that the provider reads back unchanged of a service. */
export function shortDuration(total: number): string {
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const text = [
    hours && `${hours}h`,
    hours && seconds && !minutes ? '0m' : minutes && `${minutes}m`,
    seconds && `${seconds}s`,
  ]
    .filter(Boolean)
    .join('');
  return text || '0s';
}

/** What of a workload decides on its check. */
type Checked = Pick<Workload, 'check' | 'healthcheck' | 'stopGrace' | 'extraStartTime' | 'overlaps'>;

/**
 * Seconds that a page may need for the data of an older release before it answers. Always the same: a check that is another one after an upgrade
 * would replace every task again.
 */
const MIGRATION = 600;

/** Seconds after which a start has failed. */
const startWith = ({ healthcheck }: Checked, extra: number): number =>
  // However short it is, a busy machine needs some.
  Math.max(30, toSeconds(healthcheck.startPeriod) + extra + toSeconds(healthcheck.interval));

/** The same for the check itself. */
const startSeconds = (workload: Checked): number =>
  startWith(workload, workload.check.kind === 'httpGet' ? MIGRATION : toSeconds(workload.extraStartTime ?? '0s'));

/** The check as the provider takes it. */
export function healthcheckOf(workload: Checked) {
  const { check, healthcheck, stopGrace, overlaps = false } = workload;
  const seconds = toSeconds(healthcheck.timeout);
  const interval = toSeconds(healthcheck.interval);
  // A single instance is not killed before it has had time to save its data.
  const hang = hangSeconds(check, healthcheck, stopGrace);
  const silence = overlaps ? Math.min(SILENCE, hang) : hang;
  const [pace, times] = overlaps ? [1, interval] : [Math.max(1, interval - 1), 1];
  const question =
    check.kind === 'httpGet'
      ? ['http', seconds, check.port, check.ready, check.live]
      : ['exec', seconds, check.well, check.hung, ...check.command];
  const start = startSeconds(workload);
  return {
    tests: [
      ...['CMD', '/bin/sh', '-c', SCRIPT, 'healthcheck'],
      ...[start, silence, Math.min(IDLE, hang), hang, pace, times, ...question].map(String),
    ],
    startPeriod: shortDuration(start),
    interval: '1s',
    timeout: shortDuration(Math.max(start, (pace + silence) * times + hang) + MARGIN),
    // The script has been patient.
    retries: 1,
  };
}

/** Seconds that a new task may need where no older release's data is taken over. */
const USUAL = 180;

/** The same as {@link patience} where nothing but the usual is to be waited for, so that an upgrade changes nothing of a service but its image. */
export const usualPatience = (workload: Checked): number =>
  startWith(workload, Math.min(USUAL, toSeconds(workload.extraStartTime ?? '0s'))) + 2 * MARGIN;

/** Seconds until a new task is healthy, or has failed to become it. */
export const patience = (workload: Checked): number =>
  startWith(workload, toSeconds(workload.extraStartTime ?? '0s')) + 2 * MARGIN;

/** A duration of ours as the provider reads it back. */
export const spelled = (duration: Duration): string => shortDuration(toSeconds(duration));
