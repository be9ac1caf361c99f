/** Uploaded files that another place for them would leave behind: the web UI notes the place of each, and looks nowhere else. */

import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { MOVING_FILES } from '../core/move.ts';
import { sourceOf, storageOf, storageText } from '../core/storage.ts';
import { WEBUI_SECRETS } from '../core/webui.ts';
import type { Docker } from '../docker/client.ts';
import { inspectContainer } from '../docker/inspect.ts';
import { type Found, serverOn } from '../docker/inventory.ts';
import type { Settings } from '../settings/parse.ts';
import type { Subject } from './origin.ts';

const PROGRAM = readFileSync(new URL('./uploads.py', import.meta.url), 'utf8');

/** Runs the program with the variables of the web UI. */
const RUN = 'set -a; . "$1"; exec python3 -I -c "$2"';

const files = (count: number) => (count === 1 ? 'one uploaded file' : `${count} uploaded files`);

/** Files by their place: `data`, or `s3://BUCKET`; undefined where it is unknown. */
async function placesOf(docker: Docker, container: string): Promise<Record<string, number> | undefined> {
  const { code, stdout } = await docker.capture(['exec', container, 'sh', '-c', RUN, 'sh', WEBUI_SECRETS, PROGRAM]);
  return code === 0 && stdout.startsWith('{') ? (JSON.parse(stdout) as Record<string, number>) : undefined;
}

/** Where a container keeps files, by its variables, which may stand before its program. */
const placeIn = (variables: readonly string[]) => {
  const at = (name: string) => variables.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  return at('STORAGE_PROVIDER') === 's3' ? `s3://${at('S3_BUCKET_NAME')}` : 'data';
};

/**
 * Refuses to go from the volume to a bucket, or back, while there are files, and says so of another bucket, into which they may have been copied. Only a
 * web UI that runs can be asked.
 *
 * @param present what the stack has on the engine.
 * @throws pulumi.RunError with how many files there are, and what to do.
 */
export async function requireUploads(
  docker: Docker,
  { storage, webui }: Pick<Settings, 'storage' | 'webui'>,
  present: readonly Found[],
  { commands: { moveFiles, up } }: Subject,
): Promise<void> {
  const provider = webui.env['STORAGE_PROVIDER'] ?? webui.secretEnv['STORAGE_PROVIDER'];
  // Variables of one's own are one's own business.
  if ((storage.kind === 'local' && provider !== undefined) || process.env[MOVING_FILES]) return;
  const wanted = storage.kind === 's3' ? `s3://${storage.bucket}` : 'data';
  const data = storageOf(webui);
  const server = serverOn(sourceOf(data), present);
  const container = server && (await inspectContainer(docker, server.name));
  if (
    !server ||
    container?.State.Running !== true ||
    placeIn([...(container.Config.Env ?? []), ...(container.Config.Entrypoint ?? [])]) === wanted
  )
    return;
  const places = await placesOf(docker, server.name);
  const others = Object.entries(places ?? {}).filter(([place]) => place !== wanted);
  if (others.length === 0) return;
  const isElsewhere = ([place]: [string, number]) => wanted !== 'data' && place.startsWith('s3://');
  const count = (list: typeof others) => list.reduce((sum, [, number]) => sum + number, 0);
  const [moved, left] = [others.filter(isElsewhere), others.filter((one) => !isElsewhere(one))];
  if (left.length > 0) {
    const [from, stay] =
      wanted === 'data'
        ? [`in ${left.map(([place]) => place).join(' and ')}`, 'set storage.kind to s3 again']
        : [`in the ${storageText(data)}`, 'remove storage.kind'];
    throw new pulumi.RunError(
      `storage.kind is ${storage.kind}, and the web UI has ${files(count(left))} ${from}, which it would no longer find. Nothing was created or changed.\n` +
        `${moveFiles === undefined ? '' : `  To move them:         ${moveFiles}\n`}` +
        `  To stay:             ${stay}\n` +
        `  To drop them:         delete them in the page, then ${up}\n`,
    );
  }
  await pulumi.log.warn(
    `The web UI has recorded ${files(count(moved))} in ${moved.map(([place]) => place).join(' and ')}, and looks for them in ${wanted} from now on, under the same keys: copy them there.`,
  );
}
