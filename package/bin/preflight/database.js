import * as pulumi from '@pulumi/pulumi';
import { joinedBy } from '../core/attachments.js';
import { MOVING } from '../core/move.js';
import { archiveContainerOf } from '../core/names.js';
import { deploysPostgres, INDEX_MIB, MIGRATION, makesIndex, neededConnections, POSTGRES_DATA, } from '../core/postgres.js';
import { sourceOf, storageOf, storageText } from '../core/storage.js';
import { inspect, inspectContainer } from '../docker/inspect.js';
import { serverOn } from '../docker/inventory.js';
import { ofStackFile } from './origin.js';
import { requireReachable } from './reachable.js';
const isVolume = (name) => (one) => one.kind === 'volume' && one.name === name;
async function majorsOf(docker, { image, volume }) {
    const look = `postgres --version; cat ${POSTGRES_DATA}/cluster/PG_VERSION 2> /dev/null`;
    const { code, stdout } = await docker.capture([
        ...['run', '--rm', '--pull', 'never', '--network', 'none', '--user', '0:0', '--cap-drop', 'ALL'],
        ...['--cap-add', 'DAC_READ_SEARCH', '--security-opt', 'no-new-privileges', '--read-only'],
        ...['--volume', `${volume}:${POSTGRES_DATA}:ro`, '--entrypoint', '/bin/sh', image, '-c', `${look} || true`],
    ]);
    const [program = '', data] = stdout.trim().split('\n');
    return code === 0 ? { program: /\(PostgreSQL\) (\d+)/.exec(program)?.[1], data: data?.trim() } : {};
}
async function requireMajor(docker, { database }, present, { backup, restore, up }) {
    const server = serverOn(database.volume, present);
    const [running, [image]] = await Promise.all([
        server && inspectContainer(docker, server.name),
        inspect(docker, 'image', [database.image]),
    ]);
    if (!image || running?.Image === image.Id)
        return;
    const { program, data } = await majorsOf(docker, database);
    if (!program || !data || program === data)
        return;
    throw new pulumi.RunError(`database.image is ${database.image}, which is Postgres ${program}, and Postgres ${data} wrote the data in the volume ${database.volume}: no other major version can read it. Nothing was created or changed.\n` +
        `  To stay:    set database.image to Postgres ${data}\n` +
        `  To change:  with Postgres ${data}, ${backup}; then set database.image to Postgres ${program} and database.volume to\n` +
        `              another name, ${up}, and ${restore('FILE')}\n`);
}
async function isOnPostgres(docker, { webui }, present) {
    const server = serverOn(sourceOf(storageOf(webui)), present);
    const container = server && (await inspectContainer(docker, server.name));
    return container?.State.Running === true && (container.Config.Cmd ?? []).includes(MIGRATION);
}
async function requireNoSqlite(docker, settings, present, usersIn, { moveDatabase }) {
    const { webui } = settings;
    const data = storageOf(webui);
    if (!('folder' in data) && !present.some(isVolume(data.volume)))
        return;
    if (await isOnPostgres(docker, settings, present))
        return;
    const server = serverOn(sourceOf(data), present);
    const [image] = await inspect(docker, 'image', [webui.image]);
    const program = image?.Id ?? (server && (await inspectContainer(docker, server.name)))?.Image;
    if (!program)
        return;
    const users = await usersIn(data, program);
    if (users === 0)
        return;
    throw new pulumi.RunError(`database.kind is postgres, and the ${storageText(data)} has the data of ${users === 1 ? 'one user' : `${users} users`} in SQLite, which would be left behind. Nothing was created or changed.\n` +
        (moveDatabase ? `  To move it:         ${moveDatabase}\n` : '') +
        '  To stay:           remove database.kind\n' +
        `  To start empty:     choose another webui.${'folder' in data ? 'folder' : 'volume'}; the old one is kept\n`);
}
export async function requireDatabase(docker, settings, present, usersIn, commands = ofStackFile().commands) {
    const { database, webui } = settings;
    if (database.kind !== 'postgres')
        return;
    if (!process.env[MOVING])
        await requireNoSqlite(docker, settings, present, usersIn, commands);
    if (deploysPostgres(database)) {
        if (present.some(isVolume(database.volume)))
            await requireMajor(docker, settings, present, commands);
        return;
    }
    await requireReachable(docker, {
        ...{ url: database.url ?? '', image: webui.image },
        networks: joinedBy('webui', settings).map((joined) => joined.network),
        connections: neededConnections(webui.processes),
        index: makesIndex({ ...webui.env, ...webui.secretEnv }) ? INDEX_MIB : 0,
    });
}
export const usersInSqlite = (docker, commands) => async (webui, image) => {
    const { sqliteUsers, withHelper } = await import('../ops/backup/index.js');
    const owner = { project: pulumi.getProject(), stack: pulumi.getStack() };
    const options = {
        docker,
        owner,
        commands,
        image,
        name: archiveContainerOf(`${owner.project}-${owner.stack}`),
        data: { webui },
    };
    return withHelper({ ...options, operation: 'backup' }, sqliteUsers);
};
