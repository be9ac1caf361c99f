/** The check of a workload, which also ends a program that hangs: Docker starts again what has ended, never what is unhealthy. */

import { type Duration, toSeconds } from '../core/units.ts';

/** How a workload is asked whether it is well. */
export interface Healthcheck {
  /** Asks once. */
  attempt: Attempt;
  /** Time after the start in which failures do not count, and the program is asked twice a second. */
  startPeriod: Duration;
  /** Time between two checks once the program is well. */
  interval: Duration;
  /** Time after which what was asked counts as unanswered. */
  timeout: Duration;
  /** Failures in a row that make the container unhealthy; at least 1. */
  retries: number;
}

/** Timing of a check, as settings have it. */
export type Timing = Omit<Healthcheck, 'attempt'>;

/** Asks a program once. */
export interface Attempt {
  /**
   * Body of a function of a POSIX shell. It returns 0 when the program is well, {@link NO_ANSWER} when it answers nothing at all, and
   * anything else when it answers, or refuses to, and is not well: that alone never ends it. `docker inspect` shows it, so it holds no
   * secret.
   */
  body: readonly string[];
  /** The longest time that this takes, in seconds: every wait in it has an end. */
  seconds: number;
}

/** What an attempt returns when nothing has answered. */
export const NO_ANSWER = 2;

/** Time for the engine to begin a check and to see its end. */
const MARGIN_SECONDS = 15;

/**
 * Attempts without an answer after which a program counts as hung: they take as long as it may need to start, when it may listen
 * before it answers, or to stop. So a check that goes on during `docker stop` never cuts the last save off.
 */
const attemptsOf = ({ attempt, startPeriod }: Healthcheck, stopGrace: Duration): number =>
  Math.ceil(Math.max(toSeconds(stopGrace), toSeconds(startPeriod)) / attempt.seconds);

/** Seconds without any answer after which a program is ended. */
export const hangSeconds = (healthcheck: Healthcheck, stopGrace: Duration): number =>
  attemptsOf(healthcheck, stopGrace) * healthcheck.attempt.seconds;

/** Time between two attempts at a program that starts, in seconds. */
const STARTING_PAUSE = 0.5;

/** Where a container notes that its program has been well: in memory that every container may write to and none keeps. */
const WELL = '/dev/shm/has-been-well';

/**
 * Whether the program starts, as a function of the shell: it has not been well yet, and the container's first process is younger than
 * `startPeriod`. That by the kernel's clock, which nobody sets and which counts the age of a process in hundredths of a second; where
 * the kernel does not tell, nothing is young.
 */
const startingFunction = (startPeriod: Duration): string[] => [
  'starting() {',
  `  [ ! -e ${WELL} ] || return 1`,
  '  read -r uptime rest < /proc/uptime && read -r stat < /proc/1/stat || return 1',
  '  set -- $stat',
  `  [ $((\${uptime%.*} - \${22:-0} / 100)) -lt ${toSeconds(startPeriod)} ]`,
  '}',
];

/**
 * The check as a script for the container's shell. One that finds the program starting asks again until it is well, so that nobody waits
 * for the next interval. Of the past before it, it knows nothing: attempts without an answer are counted, as a paused container has no
 * clock.
 */
export function checkScript(healthcheck: Healthcheck, stopGrace: Duration): string {
  const attempts = Array.from({ length: attemptsOf(healthcheck, stopGrace) }, (_, index) => index + 1);
  const told = `No answer for ${hangSeconds(healthcheck, stopGrace)} s: the health check ends the server, and Docker starts it again.`;
  return [
    'attempt() {',
    ...healthcheck.attempt.body.map((line) => `  ${line}`),
    '}',
    ...startingFunction(healthcheck.startPeriod),
    'verdict=1',
    `until [ $verdict = ${NO_ANSWER} ]; do`,
    `  for number in ${attempts.join(' ')}; do`,
    '    attempt; verdict=$?',
    `    [ $verdict = ${NO_ANSWER} ] || break`,
    '  done',
    '  case $verdict in',
    `    0) true 2> /dev/null > ${WELL}; exit 0 ;;`,
    `    ${NO_ANSWER}) ;;`,
    `    *) starting && sleep ${STARTING_PAUSE} || exit $verdict ;;`,
    '  esac',
    'done',
    // For docker logs: the engine keeps no word of a check beyond the restart.
    `echo '${told}' > /proc/1/fd/2`,
    // All but the first process, which ends with its child. A hung program may have no ear for anything milder.
    'kill -KILL -1',
  ].join('\n');
}

/** Time after which the engine gives a check up, which never happens to one that runs as it should. */
export const checkTimeout = (healthcheck: Healthcheck, stopGrace: Duration): Duration =>
  `${hangSeconds(healthcheck, stopGrace) + MARGIN_SECONDS}s`;
