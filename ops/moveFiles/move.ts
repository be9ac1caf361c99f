/** Takes uploaded files along, when they get another place: the web UI notes the place of each, and looks nowhere else. */

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { RemoteError } from '../../core/errors.mjs';
import { WEBUI_SECRETS } from '../../core/webui.ts';
import type { Settings } from '../../settings/parse.ts';
import type { Stack } from '../outputs.ts';

const PROGRAM = readFileSync(new URL('./move_files.py', import.meta.url), 'utf8');

/** Runs the program with the web UI's variables. */
const RUN = 'set -a; . "$1"; exec python3 -c "$2"';

/** Files that have come along, and those of which there was nothing but the note. */
export interface Moved {
  moved: number;
  missing: number;
}

/** What the program is to do. */
function orderOf({ kind, bucket, endpoint, region, accessKey, secretKey, prefix, addressing }: Settings['storage']) {
  if (kind === 'local') return { to: 'volume' };
  return {
    ...{ to: 'bucket', bucket, prefix },
    addressing: addressing === 'auto' ? undefined : addressing,
    client: {
      endpoint_url: endpoint,
      region_name: region,
      aws_access_key_id: accessKey,
      aws_secret_access_key: secretKey,
    },
  };
}

/**
 * Copies all files to where the settings have them, and notes that in the database. Nothing is removed from where they were.
 *
 * @param show how many of how many are copied.
 * @throws RemoteError that says why nothing was noted: then all is as it was.
 */
export async function moveFiles(
  { docker, servers: { webui } }: Stack,
  storage: Settings['storage'],
  show: (done: number, total: number) => void,
): Promise<Moved> {
  const child = docker.start(['exec', '--interactive', webui.container, 'sh', '-c', RUN, 'sh', WEBUI_SECRETS, PROGRAM]);
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    const [, done, total] = /^(\d+) (\d+)$/.exec(line) ?? [];
    if (done === undefined) said.push(line);
    else show(Number(done), Number(total));
  });
  let answer = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  child.stdin.on('error', () => {}).end(JSON.stringify(orderOf(storage)));
  await new Promise<void>((resolve, reject) => child.on('error', reject).on('close', () => resolve()));
  const { error, ...moved } = (answer ? JSON.parse(answer) : { error: said.at(-1) ?? 'no answer' }) as Moved & {
    error?: string;
  };
  if (error !== undefined) throw new RemoteError(`the files were not moved: ${error}`);
  return moved;
}
