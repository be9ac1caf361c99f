import { RemoteError, UserError } from '../../../core/errors.mjs';
import { until } from '../../../core/until.js';
import { VALKEY_USER } from '../../../core/valkey.js';
import { valkey as ask } from '../../valkeyCli.js';
import { requireFirst } from '../../valkeys.js';
import { readFile } from '../helper/file.js';
import { volumeIn } from '../helper/helper.js';
import { isNewer } from '../manifest.js';
import { programOf } from '../program.js';
import { singleFile } from '../tar.js';
const NAME = 'valkey';
const SNAPSHOT = 'dump.rdb';
const SNAPSHOT_SECONDS = 1800;
const TRIES = 5;
async function persistence(server) {
    const lines = await ask(server, 'INFO', 'persistence');
    return Object.fromEntries(lines.map((line) => line.trim().split(':')));
}
const idle = (info) => info['rdb_bgsave_in_progress'] === '0' && info['aof_rewrite_in_progress'] !== '1';
async function begin(server) {
    for (let left = TRIES;; left--) {
        const before = await until(() => persistence(server), idle, { seconds: SNAPSHOT_SECONDS });
        try {
            await ask(server, 'BGSAVE', 'SCHEDULE');
            return before['rdb_saves'];
        }
        catch (error) {
            if (left === 0 || !/already in progress/i.test(error.message))
                throw error;
        }
    }
}
function refusal(error) {
    const { message } = error;
    if (/NOPERM/.test(message))
        return "Valkey's operator may not ask for a snapshot in this older deployment";
    return /does not know the operator|NOAUTH/.test(message)
        ? 'Valkey does not accept the password that Pulumi knows'
        : undefined;
}
async function makeSnapshot(server) {
    await requireFirst(server.docker, server.servers.valkey);
    let started = '0';
    try {
        started = (await begin(server)) ?? '0';
    }
    catch (error) {
        const why = refusal(error);
        if (why === undefined)
            throw error;
        return why;
    }
    const after = await until(() => persistence(server), (info) => idle(info) && (info['rdb_saves'] !== started || info['rdb_last_bgsave_status'] !== 'ok'), { seconds: SNAPSHOT_SECONDS, everyMs: 100 });
    if (after['rdb_last_bgsave_status'] === 'ok' && after['rdb_saves'] !== started)
        return undefined;
    throw new RemoteError('Valkey could not write a snapshot', {
        next: `docker logs --tail 50 ${server.servers.valkey.container} tells why; often the disk of the engine is full`,
    });
}
async function* nothing() { }
async function versionOf(docker, image) {
    const run = ['run', '--rm', '--pull', 'never', '--network', 'none', '--entrypoint', 'valkey-server'];
    return /\bv=(\S+)/.exec(await docker.run([...run, image, '--version']))?.[1] ?? null;
}
export const valkey = {
    name: NAME,
    async take({ source, helper, container, hasData, warn }) {
        const describe = (snapshot) => async () => ({
            ...(await programOf(source.docker, container, container ? await versionOf(source.docker, container.Image) : null)),
            facts: { snapshot },
        });
        if (!hasData)
            return { content: nothing(), describe: describe('none') };
        const { Running, Restarting } = container?.State ?? {};
        const why = Running && !Restarting ? await makeSnapshot(source) : 'Valkey is not running';
        const found = await readFile(helper, `${volumeIn(NAME)}/${SNAPSHOT}`);
        if (!found) {
            warn(`${why}, and there is no snapshot in its volume: its data, sessions and signed-out tokens, is not in this backup`);
            return { content: nothing(), describe: describe('none') };
        }
        const { size, modified, content } = found;
        if (why)
            warn(`${why}: the backup has its last snapshot, of ${modified.toISOString()}; a token that was revoked later is valid again after a restore`);
        return { content: singleFile(`${NAME}/${SNAPSHOT}`, size, content), describe: describe(why ? 'last' : 'made') };
    },
    put: { keep: [], only: [SNAPSHOT] },
    owner: (_, present) => (present.startsWith('0:') ? `${VALKEY_USER.user}:${VALKEY_USER.group}` : present),
    version: ({ docker, container }) => versionOf(docker, container.Image),
    requireRelease({ version, image }, present, { up }) {
        if (!isNewer(version, present, 2))
            return;
        throw new UserError(`the backup is of Valkey ${version}, and the stack has ${present}, which does not read its snapshots`, `set valkey.image to ${image}, ${up}, and run this again`);
    },
};
