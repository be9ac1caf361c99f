import { UserError } from '../../../core/errors.mjs';
import { RESTORE_AREA } from '../../../core/restore.js';
import { WEBUI_SECRETS } from '../../../core/webui.js';
import { SPOOL, volumeIn } from '../helper/helper.js';
import { isNewer } from '../manifest.js';
import { programOf } from '../program.js';
const NAME = 'webui';
const DATABASE = 'webui.db';
const MODELS = ['cache/embedding', 'cache/whisper', 'cache/tiktoken'];
const HASH = `. ${WEBUI_SECRETS} && [ "\${#WEBUI_SECRET_KEY}" -ge 32 ] && printf "open-webui backup %s" "$WEBUI_SECRET_KEY" | sha256sum`;
const STORAGE = `. ${WEBUI_SECRETS} && printf '%s %s' "\${STORAGE_PROVIDER-}" "\${S3_BUCKET_NAME-}"`;
const count = async (helper, folder) => (await helper.run('count.py', `${folder}/${DATABASE}`));
export const lookAtDatabase = async (helper, { folder = volumeIn(NAME), revisions } = {}) => (await helper.run('schema.py', folder, RESTORE_AREA, ...(revisions ? [JSON.stringify(revisions)] : [])));
export const sqliteUsers = async (helper) => Number((await helper.run('sqlite.py', volumeIn(NAME)))['users']);
export const presentCounts = (helper) => count(helper, volumeIn(NAME));
async function sessionKeyHash(docker, container) {
    const { code, stdout } = await docker.capture(['exec', container, 'sh', '-c', HASH]);
    return code === 0 ? (/^[0-9a-f]{64}/.exec(stdout)?.[0] ?? null) : null;
}
async function bucketOf(docker, { container, bucket }) {
    const { code, stdout } = await docker.capture(['exec', container, 'sh', '-c', STORAGE]);
    if (code !== 0)
        return bucket && `the bucket ${bucket}`;
    const [kind, name] = stdout.split(' ');
    if (!kind || kind === 'local')
        return undefined;
    return kind === 's3' && name ? `the bucket ${name}` : `a bucket (STORAGE_PROVIDER is ${kind})`;
}
function elsewhere(then, now) {
    if ((then ?? undefined) === now)
        return [];
    const [from, to] = [then ?? 'the volume', now ?? 'the volume'];
    const toDo = then && now ? 'under the same keys: copy them there' : 'and does not find them';
    return [`uploaded files of the backup were in ${from}, and this stack looks for them in ${to}, ${toDo}`];
}
const version = async (helper) => ((await helper.run('version.py'))['version'] ?? null);
export function ownerInside({ Config }) {
    const [user = '', group = user] = Config.User.split(':');
    return /^\d+$/.test(user) && /^\d+$/.test(group) ? `${user}:${group}` : '0:0';
}
export const webui = {
    name: NAME,
    async take({ source, helper, container, expect, warn }) {
        async function* content() {
            const { child, ended } = helper.start('copy.py', NAME, RESTORE_AREA, ...MODELS);
            child.stdin.end();
            child.stderr.once('data', (text) => {
                const first = /^\{"total": (\d+)\}$/m.exec(text);
                if (first)
                    expect(Number(first[1]));
            });
            yield* child.stdout;
            const { warnings = [], elsewhere } = (await ended);
            for (const warning of warnings)
                warn(warning);
            if (elsewhere && !source.servers.database)
                warn('there is no webui.db in the volume: a database elsewhere (database.url) is not part of this backup');
            const bucket = await bucketOf(source.docker, source.servers.webui);
            if (bucket)
                warn(`uploaded files are in ${bucket}, which is not part of this backup`);
        }
        const describe = async () => ({
            ...(await programOf(source.docker, container, container ? await version(helper) : null)),
            facts: {
                ...(await count(helper, SPOOL)),
                revision: (await lookAtDatabase(helper, { folder: SPOOL })).revisions?.join(' ') ?? null,
                sessionKey: await sessionKeyHash(source.docker, source.servers.webui.container),
                uploads: (await bucketOf(source.docker, source.servers.webui)) ?? null,
            },
        });
        return { content: content(), describe };
    },
    put: { keep: MODELS },
    owner: ownerInside,
    version: ({ helper }) => version(helper),
    requireRelease({ version, image }, present) {
        if (!isNewer(version, present))
            return;
        throw new UserError(`the backup is of Open WebUI ${version}, and the stack has ${present}: its database cannot be downgraded`, `set webui.image to ${image}, and run this again`);
    },
    async remarks({ facts }, { docker, servers }) {
        const key = await sessionKeyHash(docker, servers.webui.container);
        const other = key !== null && facts['sessionKey'] != null && key !== facts['sessionKey'];
        return [
            ...(other
                ? [
                    'it was made with another session key: everyone has to sign in again, and credentials that the web UI encrypted are lost',
                ]
                : []),
            ...('uploads' in facts
                ? elsewhere(facts['uploads'], await bucketOf(docker, servers.webui))
                : []),
        ];
    },
};
