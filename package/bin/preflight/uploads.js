import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { MOVING_FILES } from '../core/move.js';
import { sourceOf, storageOf, storageText } from '../core/storage.js';
import { WEBUI_SECRETS } from '../core/webui.js';
import { inspectContainer } from '../docker/inspect.js';
import { serverOn } from '../docker/inventory.js';
const PROGRAM = readFileSync(new URL('./uploads.py', import.meta.url), 'utf8');
const RUN = 'set -a; . "$1"; exec python3 -I -c "$2"';
const files = (count) => (count === 1 ? 'one uploaded file' : `${count} uploaded files`);
async function placesOf(docker, container) {
    const { code, stdout } = await docker.capture(['exec', container, 'sh', '-c', RUN, 'sh', WEBUI_SECRETS, PROGRAM]);
    return code === 0 && stdout.startsWith('{') ? JSON.parse(stdout) : undefined;
}
const placeIn = (variables) => {
    const at = (name) => variables.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
    return at('STORAGE_PROVIDER') === 's3' ? `s3://${at('S3_BUCKET_NAME')}` : 'data';
};
export async function requireUploads(docker, { storage, webui }, present, { commands: { moveFiles, up } }) {
    const provider = webui.env['STORAGE_PROVIDER'] ?? webui.secretEnv['STORAGE_PROVIDER'];
    if ((storage.kind === 'local' && provider !== undefined) || process.env[MOVING_FILES])
        return;
    const wanted = storage.kind === 's3' ? `s3://${storage.bucket}` : 'data';
    const data = storageOf(webui);
    const server = serverOn(sourceOf(data), present);
    const container = server && (await inspectContainer(docker, server.name));
    if (!server ||
        container?.State.Running !== true ||
        placeIn([...(container.Config.Env ?? []), ...(container.Config.Entrypoint ?? [])]) === wanted)
        return;
    const places = await placesOf(docker, server.name);
    const others = Object.entries(places ?? {}).filter(([place]) => place !== wanted);
    if (others.length === 0)
        return;
    const isElsewhere = ([place]) => wanted !== 'data' && place.startsWith('s3://');
    const count = (list) => list.reduce((sum, [, number]) => sum + number, 0);
    const [moved, left] = [others.filter(isElsewhere), others.filter((one) => !isElsewhere(one))];
    if (left.length > 0) {
        const [from, stay] = wanted === 'data'
            ? [`in ${left.map(([place]) => place).join(' and ')}`, 'set storage.kind to s3 again']
            : [`in the ${storageText(data)}`, 'remove storage.kind'];
        throw new pulumi.RunError(`storage.kind is ${storage.kind}, and the web UI has ${files(count(left))} ${from}, which it would no longer find. Nothing was created or changed.\n` +
            `${moveFiles === undefined ? '' : `  To move them:         ${moveFiles}\n`}` +
            `  To stay:             ${stay}\n` +
            `  To drop them:         delete them in the page, then ${up}\n`);
    }
    await pulumi.log.warn(`The web UI has recorded ${files(count(moved))} in ${moved.map(([place]) => place).join(' and ')}, and looks for them in ${wanted} from now on, under the same keys: copy them there.`);
}
