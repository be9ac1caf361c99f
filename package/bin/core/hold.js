import { toSeconds } from './units.js';
export const FOLDER = '/dev/shm';
export const SOCKET = 'held.sock';
const AWAY = 'away.sock';
const DRAIN = 2;
const RESTORE = `ls hold-* > /dev/null 2>&1 || { [ ! -S ${AWAY} ] || mv ${AWAY} ${SOCKET}; }`;
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
export const holdProgram = (reason, waitTimeout) => [
    ...['/bin/sh', '-c', HOLD, 'hold'],
    ...[reason, String(toSeconds(waitTimeout))],
];
export const releaseProgram = (reason) => ['/bin/sh', '-c', RELEASE, 'release', reason];
