import { isShared } from '../../core/attachments.js';
import { valkeyHostOf } from '../../core/names.js';
import { opensHost, opensServer } from './addresses.js';
const IN_ADDRESS = /\b[a-z][a-z0-9+.-]*:\/\/(?:[^\s/@;,"']*@)?([a-z][\w-]*)(?=[:/?#;,"'\s]|$)/gi;
const IS_HOST = /^([a-z][\w-]*)(?=:\d+$|$)/i;
function hostsIn(name, value) {
    if (opensHost(name))
        return [IS_HOST.exec(value)?.[1] ?? []].flat();
    return opensServer(name) ? [...value.matchAll(IN_ADDRESS)].flatMap(([, host]) => host ?? []) : [];
}
export function neighbourWarnings(settings) {
    if (isShared(settings))
        return [];
    const { hardening, valkey, webui } = settings;
    const known = ['localhost', valkey.name, valkeyHostOf(valkey, { shared: false, hardening })];
    const names = Object.entries(webui.env)
        .filter(([name, value]) => hostsIn(name, value).some((host) => !known.includes(host.toLowerCase())))
        .map(([name]) => `webui.env.${name}`);
    if (names.length === 0)
        return [];
    return [
        `${names.join(', ')}: single-label host names, those without a dot, resolve only on the network of the containers, and this stack creates its own. Attach those servers to it, or add the network that they are on to webui.networks.`,
    ];
}
