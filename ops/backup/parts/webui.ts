/** The data folder of the web UI: database, uploads, vector store. */

import { UserError } from '../../../core/errors.mjs';
import { RESTORE_AREA } from '../../../core/restore.ts';
import { WEBUI_SECRETS } from '../../../core/webui.ts';
import type { Docker } from '../../../docker/client.ts';
import type { Container } from '../../../docker/inspect.ts';
import type { Helper } from '../helper/helper.ts';
import { SPOOL, volumeIn } from '../helper/helper.ts';
import { isNewer } from '../manifest.ts';
import type { Part, Source } from '../part.ts';
import { programOf } from '../program.ts';

const NAME = 'webui';

/** Open WebUI's database in its data folder. */
const DATABASE = 'webui.db';

/** Models that the image brings or that the web UI fetches when it needs them. */
const MODELS = ['cache/embedding', 'cache/whisper', 'cache/tiktoken'];

/** Nothing but a hash of the key leaves the container, and not even that of one that might be found by trying. */
const HASH = `. ${WEBUI_SECRETS} && [ "\${#WEBUI_SECRET_KEY}" -ge 32 ] && printf "open-webui backup %s" "$WEBUI_SECRET_KEY" | sha256sum`;

/** Where uploaded files go: none and `local` are the volume, anything else is a bucket. */
const STORAGE = `. ${WEBUI_SECRETS} && printf '%s %s' "\${STORAGE_PROVIDER-}" "\${S3_BUCKET_NAME-}"`;

/** Users, chats and files in a database; null where there is none. */
export type Counts = Record<'users' | 'chats' | 'files', number | null>;

const count = async (helper: Helper, folder: string): Promise<Counts> =>
  (await helper.run('count.py', `${folder}/${DATABASE}`)) as Counts;

/** What the web UI's volume holds, beside the release in the helper's image. */
export interface Database {
  /** Whether there is anything that people have made. */
  data: boolean;
  /** Alembic's revisions; empty from before there were any, null where there is no database. */
  revisions: string[] | null;
  /** Those of them that the release does not know: a newer one has written them. */
  unknown: string[];
  /** Whether the database is as the release wants it, so that it has nothing to migrate. */
  current: boolean;
  /** Whether the release is the one that has served a database elsewhere last. */
  served: boolean;
}

/** @param revisions those of a database elsewhere. Default: those of the one in the volume. */
export const lookAtDatabase = async (
  helper: Helper,
  { folder = volumeIn(NAME), revisions }: { folder?: string; revisions?: readonly string[] | null } = {},
): Promise<Database> =>
  (await helper.run(
    'schema.py',
    folder,
    RESTORE_AREA,
    ...(revisions ? [JSON.stringify(revisions)] : []),
  )) as unknown as Database;

/** Users in the SQLite of the volume that Postgres does not have. */
export const sqliteUsers = async (helper: Helper): Promise<number> =>
  Number((await helper.run('sqlite.py', volumeIn(NAME)))['users']);

/** What is in the database of the volume now. */
export const presentCounts = (helper: Helper): Promise<Counts> => count(helper, volumeIn(NAME));

/**
 * A hash of the key by which the web UI signs sessions and encrypts credentials: of a long random text, so it tells nothing but whether two
 * are the same. null where the container does not run, or the key is short.
 */
async function sessionKeyHash(docker: Docker, container: string): Promise<string | null> {
  const { code, stdout } = await docker.capture(['exec', container, 'sh', '-c', HASH]);
  return code === 0 ? (/^[0-9a-f]{64}/.exec(stdout)?.[0] ?? null) : null;
}

/** Where the web UI keeps uploaded files, in words that follow "in"; undefined for the volume. */
async function bucketOf(
  docker: Docker,
  { container, bucket }: Source['servers']['webui'],
): Promise<string | undefined> {
  const { code, stdout } = await docker.capture(['exec', container, 'sh', '-c', STORAGE]);
  // Where it does not run, its deployment tells.
  if (code !== 0) return bucket && `the bucket ${bucket}`;
  const [kind, name] = stdout.split(' ');
  if (!kind || kind === 'local') return undefined;
  return kind === 's3' && name ? `the bucket ${name}` : `a bucket (STORAGE_PROVIDER is ${kind})`;
}

/** What people should know of uploaded files that the web UI will not find: it looks where the stack has them now. */
function elsewhere(then: string | null, now: string | undefined): string[] {
  if ((then ?? undefined) === now) return [];
  const [from, to] = [then ?? 'the volume', now ?? 'the volume'];
  const toDo = then && now ? 'under the same keys: copy them there' : 'and does not find them';
  return [`uploaded files of the backup were in ${from}, and this stack looks for them in ${to}, ${toDo}`];
}

/** Release of Open WebUI in the helper's image. */
const version = async (helper: Helper) => ((await helper.run('version.py'))['version'] ?? null) as string | null;

/** The user of a container as the owner of its files; by name, or none: the image's own, which is root. */
export function ownerInside({ Config }: Container): string {
  const [user = '', group = user] = Config.User.split(':');
  return /^\d+$/.test(user) && /^\d+$/.test(group) ? `${user}:${group}` : '0:0';
}

export const webui: Part = {
  name: NAME,
  async take({ source, helper, container, expect, warn }) {
    async function* content(): AsyncGenerator<Uint8Array> {
      const { child, ended } = helper.start('copy.py', NAME, RESTORE_AREA, ...MODELS);
      child.stdin.end();
      child.stderr.once('data', (text: string) => {
        const first = /^\{"total": (\d+)\}$/m.exec(text);
        if (first) expect(Number(first[1]));
      });
      yield* child.stdout;
      const { warnings = [], elsewhere } = (await ended) as { warnings?: string[]; elsewhere?: boolean };
      for (const warning of warnings) warn(warning);
      if (elsewhere && !source.servers.database)
        warn('there is no webui.db in the volume: a database elsewhere (database.url) is not part of this backup');
      const bucket = await bucketOf(source.docker, source.servers.webui);
      if (bucket) warn(`uploaded files are in ${bucket}, which is not part of this backup`);
    }
    const describe = async () => ({
      // Without a container the helper has the image to come, which says nothing of the release that wrote the data.
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

  // The helper may have another image than the container: the one to come.
  version: ({ helper }) => version(helper),

  requireRelease({ version, image }, present) {
    if (!isNewer(version, present)) return;
    throw new UserError(
      `the backup is of Open WebUI ${version}, and the stack has ${present}: its database cannot be downgraded`,
      `set webui.image to ${image}, and run this again`,
    );
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
      // An older archive does not tell.
      ...('uploads' in facts
        ? elsewhere(facts['uploads'] as string | null, await bucketOf(docker, servers.webui))
        : []),
    ];
  },
};
