import { FOLDER, holdProgram, releaseProgram, SOCKET } from '../../core/hold.js';
import { errors } from './errors.js';
import { proxy } from './proxy.js';
import { inOrder } from './queue.js';
export const frontOf = (gateway, server, waitTimeout) => ({
    name: gateway,
    hold: holdProgram(server, waitTimeout),
    release: releaseProgram(server),
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
