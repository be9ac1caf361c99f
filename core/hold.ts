/**
 * How the gateway of a Swarm holds requests. Nothing is reloaded for that, as a reload ends the requests that wait.
 *
 * The gateway has a second way to the web UI, over a socket. While a file says that requests are held, new ones go that way, and wait: the socket
 * is moved away until nothing holds them any more.
 */

import { type Duration, toSeconds } from './units.ts';

/** In memory that every container has, for its own user alone. */
export const FOLDER = '/dev/shm';
export const SOCKET = 'held.sock';
const AWAY = 'away.sock';

/** Time for requests that the web UI already has to be answered, in seconds. */
const DRAIN = 2;

/** Brings the socket back when nothing holds requests any more. */
const RESTORE = `ls hold-* > /dev/null 2>&1 || { [ ! -S ${AWAY} ] || mv ${AWAY} ${SOCKET}; }`;

/**
 * Holds requests for the reason `$1`, for `$2` seconds at most: a command that was killed releases nothing. There may be several reasons at the same
 * time, and each has a file of its own.
 */
const HOLD = `
cd ${FOLDER} || exit
[ -S ${SOCKET} ] || [ -S ${AWAY} ] || exit 0
echo $$ > "hold-$1"
[ ! -S ${SOCKET} ] || mv ${SOCKET} ${AWAY}
{ sleep "$2"; [ "$(cat "hold-$1")" != $$ ] || rm -f "hold-$1"; ${RESTORE}; } > /dev/null 2>&1 &
sleep ${DRAIN}
`;

const RELEASE = `
cd ${FOLDER} || exit
rm -f "hold-$1"
${RESTORE}
`;

/**
 * The program that holds requests inside the gateway's container. It does nothing in a gateway that cannot.
 *
 * @param reason a name: the server that is replaced, or what else makes them wait.
 * @param waitTimeout for how long a request waits.
 */
export const holdProgram = (reason: string, waitTimeout: Duration): readonly string[] => [
  ...['/bin/sh', '-c', HOLD, 'hold'],
  ...[reason, String(toSeconds(waitTimeout))],
];

/** The program that lets them go on, unless there is another reason. */
export const releaseProgram = (reason: string): readonly string[] => ['/bin/sh', '-c', RELEASE, 'release', reason];
