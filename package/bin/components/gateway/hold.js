import { toSeconds } from '../../core/units.js';
import { errors } from './errors.js';
import { proxy } from './proxy.js';
import { inOrder } from './queue.js';
const FOLDER = '/dev/shm';
const SOCKET = 'held.sock';
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
export const frontOf = (gateway, server, waitTimeout) => ({
    name: gateway,
    hold: ['/bin/sh', '-c', HOLD, 'hold', server, String(toSeconds(waitTimeout))],
    release: ['/bin/sh', '-c', RELEASE, 'release', server],
});
export const behind = (front, args) => front === undefined
    ? args
    : {
        ...args,
        transform: {
            ...args.transform,
            server: (workload) => ({ ...(args.transform?.server?.(workload) ?? workload), front }),
        },
    };
export const held = (gateway) => ({
    match: [{ file: { root: FOLDER, try_files: ['/hold-*'] } }],
    handle: [
        proxy({ ...gateway, several: false, upstream: `unix/${FOLDER}/${SOCKET}` }, {
            try_duration: gateway.waitTimeout,
            try_interval: '250ms',
        }),
    ],
    terminal: true,
});
export const release = (gateway) => ({
    listen: [`unix/${FOLDER}/${SOCKET}|0600`],
    protocols: ['h1'],
    automatic_https: { disable: true },
    trusted_proxies_unix: true,
    trusted_proxies_strict: 1,
    routes: [inOrder(gateway), { handle: [proxy(gateway)] }],
    errors: errors(gateway),
});
