import * as pulumi from '@pulumi/pulumi';
import { RESTORE_AREA } from '../core/restore.js';
import { VALKEY_USER } from '../core/valkey.js';
import { WEBUI_USER } from '../core/webui.js';
import { existsOnHost, lookAtHost, samePlace } from '../docker/hostPaths.js';
import { inspect } from '../docker/inspect.js';
import { ofStackFile } from './origin.js';
const SECTIONS = ['valkey', 'webui'];
const DATA = {
    valkey: ['dump.rdb', 'appendonlydir', 'appendonly.aof', RESTORE_AREA],
    webui: ['webui.db', 'uploads', 'vector_db', 'cache', RESTORE_AREA],
};
const PROGRAM = { valkey: 'Valkey', webui: 'Open WebUI' };
const ENTRIES_OF_NOBODY = ['lost+found'];
export const wantedPaths = (settings, owner) => SECTIONS.flatMap((section) => {
    const { folder, mounts } = settings[section];
    return [
        ...(folder === undefined ? [] : [{ owner, section, path: folder, isData: true }]),
        ...mounts.flatMap((one) => one.folder === undefined ? [] : [{ owner, section, path: one.folder, isData: false }]),
    ];
});
const settingOf = ({ owner, section, isData }) => `${owner}:${section}.${isData ? 'folder' : 'mounts'}`;
const missing = (one) => ({
    what: `${one.path}, which does not exist`,
    toDo: one.isData
        ? `correct ${settingOf(one)}; or, to start without data, create it on the Docker host: mkdir -p '${one.path}'`
        : `correct ${settingOf(one)}, or put it there on the Docker host`,
});
function dataRefusal(one, place, known) {
    const { section, path } = one;
    if (place.kind !== 'folder')
        return { what: `${path}, which is not a folder`, toDo: `name the folder with the data in ${settingOf(one)}` };
    const entries = place.entries.filter((name) => !ENTRIES_OF_NOBODY.includes(name));
    if (known || entries.length === 0 || entries.some((name) => DATA[section].includes(name)))
        return undefined;
    const some = entries.slice(0, 3).join(', ');
    return {
        what: `${path}, which contains things other than data of ${PROGRAM[section]} (${some}${entries.length > 3 ? ', …' : ''})`,
        toDo: `name the folder with ${DATA[section][0]} in ${settingOf(one)}, or an empty one`,
    };
}
function mountRefusal(one, { sockets }) {
    const engine = sockets.find((path) => /(^|\/)(docker|containerd|podman|crio)[\w.-]*\.sock$/.test(path));
    if (engine === undefined)
        return undefined;
    return {
        what: `${one.path}, which contains the socket of a container engine (${engine}): anyone who can reach it controls the host`,
        toDo: `remove it from ${settingOf(one)}`,
    };
}
const ownerOf = (section, hardening) => {
    const user = section === 'valkey' ? VALKEY_USER : hardening === 'strict' ? WEBUI_USER : undefined;
    return user && `${user.user}:${user.group}`;
};
const changesOf = (wanted, places, hardening) => wanted.flatMap(({ section, path, isData }) => {
    const owner = ownerOf(section, hardening);
    const present = places.get(path)?.owner;
    if (!isData || owner === undefined || present === undefined || present === owner)
        return [];
    return [
        `${path} on the Docker host belongs to ${present}: everything in it will belong to ${owner}, the user of ${PROGRAM[section]}`,
    ];
});
async function missingVolumes(docker, settings, owner) {
    const wanted = SECTIONS.flatMap((section) => settings[section].mounts.flatMap(({ volume }) => (volume === undefined ? [] : [{ section, volume }])));
    const present = new Set((await inspect(docker, 'volume', wanted.map(({ volume }) => volume))).map(({ Name }) => Name));
    return wanted
        .filter(({ volume }) => !present.has(volume))
        .map(({ section, volume }) => ({
        what: `the volume ${volume}, which does not exist`,
        toDo: `correct ${owner}:${section}.mounts, or create it: docker volume create ${volume}`,
    }));
}
async function look(docker, wanted, image) {
    const paths = wanted.map(({ path }) => path);
    if (image !== undefined)
        return lookAtHost(docker, image, paths);
    const exist = await Promise.all(paths.map((path) => existsOnHost(docker, path)));
    return new Set(paths.filter((_, index) => exist[index]));
}
function shared(wanted, places) {
    const [one, other] = wanted.filter(({ isData }) => isData);
    const [first, second] = [places.get(one?.path ?? ''), places.get(other?.path ?? '')];
    if (!one || !other || !first || !second || !samePlace(first, second))
        return [];
    return [
        {
            what: `${one.path} and ${other.path}, which are the same or nested: two servers would corrupt the data`,
            toDo: `choose another ${settingOf(other)}`,
        },
    ];
}
export async function requireHostPaths(docker, settings, { image, present, owner = ofStackFile().owner, }) {
    const wanted = wantedPaths(settings, owner);
    const seen = await Promise.all([
        wanted.length === 0 ? new Set() : look(docker, wanted, image),
        missingVolumes(docker, settings, owner),
    ]).catch((error) => error);
    if (seen instanceof Error) {
        const text = `Could not inspect what the stack uses on the Docker host: ${seen.message}`;
        if (!pulumi.runtime.isDryRun())
            throw new pulumi.RunError(`${text}. Nothing was created or changed.`);
        await pulumi.log.warn(`${text}.`);
        return;
    }
    const [found, volumes] = seen;
    const places = found instanceof Map ? found : new Map();
    const isKnown = (path) => present.some((one) => one.kind === 'container' && one.volumes.includes(path));
    const refusals = [
        ...wanted.flatMap((one) => {
            const place = places.get(one.path);
            if (!found.has(one.path))
                return [missing(one)];
            if (!place)
                return [];
            return [one.isData ? dataRefusal(one, place, isKnown(one.path)) : mountRefusal(one, place)].filter((refusal) => refusal !== undefined);
        }),
        ...shared(wanted, places),
        ...volumes,
    ];
    if (refusals.length > 0) {
        throw new pulumi.RunError(`Some of what the stack ${pulumi.getStack()} uses on the Docker host is unusable. Nothing was created or changed.\n${refusals
            .map(({ what, toDo }) => `  ${what}\n    to do: ${toDo}\n`)
            .join('')}`);
    }
    for (const text of changesOf(wanted, places, settings.hardening))
        await pulumi.log.info(text);
}
