import { posix } from 'node:path';
import { isWithin, nested, reachesEngine, reachesKernel } from '../../core/hostPaths.js';
import { VALKEY_DATA } from '../../core/valkey.js';
import { WEBUI_DATA, WEBUI_PROGRAM, WEBUI_SECRETS } from '../../core/webui.js';
import { isShared } from './storage.js';
const SECTIONS = ['valkey', 'webui'];
const OWN = {
    valkey: [VALKEY_DATA],
    webui: [WEBUI_DATA, posix.dirname(WEBUI_SECRETS)],
};
const PROGRAMS = {
    valkey: ['/bin/sh', '/usr/bin', '/usr/lib', '/usr/local/bin', '/lib', '/etc/passwd'],
    webui: ['/bin/sh', '/usr/bin', '/usr/lib', '/usr/local/bin', '/lib', '/etc/passwd', ...WEBUI_PROGRAM],
};
function targetFault(section, target) {
    const own = OWN[section].find((path) => nested(target, path));
    if (own !== undefined) {
        return {
            reason: `it would hide ${own}, or a part of it that no backup would include`,
            allowed: `targets outside of ${own}`,
            fix: 'choose another target',
        };
    }
    if (reachesKernel(target) || PROGRAMS[section].some((path) => isWithin(path, target))) {
        return {
            reason: 'it would hide what the server starts from',
            allowed: 'a file, or a folder that the image does not need',
            fix: 'mount the files that you need, each at its own path',
        };
    }
    return undefined;
}
function sourceFault({ folder }) {
    if (folder === undefined)
        return undefined;
    if (reachesEngine(folder)) {
        return {
            reason: 'anyone who can reach the socket of the container engine controls the host',
            allowed: 'files and folders without the socket of an engine',
            fix: 'remove it; run programs that control the engine outside containers',
        };
    }
    if (reachesKernel(folder) || isShared(folder) || folder === '/etc' || isWithin(folder, '/var/lib/docker')) {
        return {
            reason: "it exposes the host's own files, or everyone's",
            allowed: 'the files and folders that the server needs',
            fix: 'mount only those',
        };
    }
    return undefined;
}
function writeFault({ folder, volume, readOnly }, settings) {
    if (readOnly)
        return undefined;
    if (settings.hardening === 'strict') {
        return {
            reason: 'with hardening: strict the server writes to nothing but its data',
            allowed: 'readOnly: true, or hardening: standard',
            fix: 'remove readOnly: false',
        };
    }
    const isData = SECTIONS.some((section) => {
        const data = settings[section];
        if (data.folder === undefined)
            return data.volume === volume;
        return folder !== undefined && nested(folder, data.folder);
    });
    if (!isData)
        return undefined;
    return {
        reason: "it is a server's data, to which only that server may write",
        allowed: 'readOnly: true, or another source',
        fix: 'remove readOnly: false',
    };
}
const faultless = (settings, { isSecret }) => SECTIONS.flatMap((section) => settings[section].mounts.flatMap((mount) => {
    const fault = targetFault(section, mount.target) ?? sourceFault(mount) ?? writeFault(mount, settings);
    if (!fault)
        return [];
    const { reason, ...rest } = fault;
    const which = isSecret(section) ? 'one of them' : `${mount.folder ?? mount.volume} at ${mount.target}`;
    return [{ path: [section, 'mounts'], reason: `${which}: ${reason}`, ...rest }];
}));
const apart = (settings, { isSecret }) => SECTIONS.flatMap((section) => {
    const targets = settings[section].mounts.map(({ target }) => target);
    const taken = settings.hardening === 'strict' && section === 'webui' ? ['/tmp'] : [];
    const twice = targets.find((one, index) => taken.includes(one) || targets.some((other, place) => place < index && nested(one, other)));
    if (twice === undefined)
        return [];
    return [
        {
            path: [section, 'mounts'],
            reason: `${isSecret(section) ? 'one target' : twice} is the same as another, or nested`,
            allowed: 'targets that do not overlap',
            fix: 'change one of the two',
        },
    ];
});
export const mountRules = [faultless, apart];
