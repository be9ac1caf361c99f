/** The database of the web UI where that is a Postgres of the stack: a dump, which other major versions read as well. */

import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { RemoteError, UserError } from '../../../core/errors.mjs';
import { POSTGRES_DUMP, POSTGRES_USER } from '../../../core/postgres.ts';
import type { Docker } from '../../../docker/client.ts';
import { PLACE, query } from '../../postgresCli.ts';
import { readFile } from '../helper/file.ts';
import { type Helper, SPOOL } from '../helper/helper.ts';
import { isNewer } from '../manifest.ts';
import type { Part, Source } from '../part.ts';
import { programOf } from '../program.ts';
import { singleFile } from '../tar.ts';
import type { Counts } from './webui.ts';

const NAME = 'database';

/** In the helper, until its length is known. */
const SPOOLED = `${SPOOL}/${POSTGRES_DUMP}`;

const COUNTS = `select (select count(*) from "user"), (select count(*) from chat), (select count(*) from file)`;

/** Users, chats and files in the database of a stack; null where there are no such tables yet. */
export async function databaseCounts({ docker, servers }: Source): Promise<Counts> {
  const [row = []] = await query(docker, servers.database?.container ?? '', COUNTS).catch(() => []);
  const [users = null, chats = null, files = null] = row.map(Number);
  return { users, chats, files };
}

/** Alembic's revisions of the database of a stack; null where there is none, or it does not answer. */
export async function databaseRevisions({ docker, servers }: Source): Promise<string[] | null> {
  if (!servers.database) return null;
  const rows = await query(docker, servers.database.container, 'select version_num from alembic_version').catch(
    () => undefined,
  );
  return rows?.map(([revision = '']) => revision) ?? null;
}

/** Release of Postgres in an image. */
async function versionOf(docker: Docker, image: string): Promise<string | null> {
  const run = ['run', '--rm', '--pull', 'never', '--network', 'none', '--entrypoint', 'postgres'];
  return /\(PostgreSQL\) (\S+)/.exec(await docker.run([...run, image, '--version']))?.[1] ?? null;
}

/**
 * Dumps the database into the helper: of one moment, while people work.
 *
 * @throws RemoteError when Postgres does not answer, or the engine has no room.
 */
async function dump({ docker }: Source, container: string, helper: Helper): Promise<void> {
  // The archive compresses what this leaves.
  const child = docker.start(['exec', container, 'pg_dump', ...PLACE, '--format', 'custom', '--compress', '1'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const closed = once(child, 'close');
  const spool = helper.start('spool.py', SPOOLED);
  spool.child.stdout.resume();
  const [[code]] = await Promise.all([closed, pipeline(child.stdout, spool.child.stdin), spool.ended]);
  if (code !== 0) throw new RemoteError(`Postgres could not be dumped: ${said.trim().split('\n').at(0)}`);
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

export const database: Part = {
  name: NAME,
  async take({ source, helper, container, hasData, expect }) {
    const describe = async () => ({
      ...(await programOf(
        source.docker,
        container,
        container ? await versionOf(source.docker, container.Image) : null,
      )),
      facts: { ...(await databaseCounts(source)), revision: (await databaseRevisions(source))?.join(' ') ?? null },
    });
    // The stack is about to make it.
    if (!hasData) return { content: nothing(), describe };
    const name = source.servers.database?.container ?? '';
    if (!container?.State.Running || container.State.Restarting) {
      throw new RemoteError(`${name} is not running, and only a running Postgres can be dumped`, {
        next: `${source.commands.up} starts it`,
      });
    }
    await dump(source, name, helper);
    const file = await readFile(helper, SPOOLED);
    if (!file) throw new RemoteError('the dump of Postgres could not be read');
    const { size, content } = file;
    expect(size);
    return { content: singleFile(`${NAME}/${POSTGRES_DUMP}`, size, content), describe };
  },

  // The server makes its database from it at its next start.
  put: { keep: [], only: [POSTGRES_DUMP] },

  owner: () => `${POSTGRES_USER.user}:${POSTGRES_USER.group}`,

  version: ({ docker, container }) => versionOf(docker, container.Image),

  requireRelease({ version, image }, present, { up }) {
    if (!isNewer(version, present, 1)) return;
    throw new UserError(
      `the backup is of Postgres ${version}, and the stack has ${present}, which does not read its dumps`,
      `set database.image to ${image}, ${up}, and run this again`,
    );
  },
};
