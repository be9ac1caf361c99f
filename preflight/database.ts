/** What is checked of a stack's database before anything is changed: what the server would find out when its predecessor is gone. */

import * as pulumi from '@pulumi/pulumi';
import { joinedBy, type Networked } from '../core/attachments.ts';
import type { Owner } from '../core/labels.ts';
import { MOVING } from '../core/move.ts';
import { archiveContainerOf } from '../core/names.ts';
import {
  deploysPostgres,
  INDEX_MIB,
  MIGRATION,
  makesIndex,
  neededConnections,
  POSTGRES_DATA,
} from '../core/postgres.ts';
import { type Storage, sourceOf, storageOf, storageText } from '../core/storage.ts';
import type { Docker } from '../docker/client.ts';
import { inspect, inspectContainer } from '../docker/inspect.ts';
import { type Found, serverOn } from '../docker/inventory.ts';
import type { Commands } from '../settings/origin.ts';
import { ofStackFile } from './origin.ts';
import { requireReachable } from './reachable.ts';

/** What of a stack's settings matters here. */
export interface Settings extends Networked {
  webui: Networked['webui'] & {
    image: string;
    volume: string;
    folder?: string | undefined;
    processes: number;
    env?: Readonly<Record<string, string>>;
    secretEnv?: Readonly<Record<string, string>>;
  };
  database: { kind: 'sqlite' | 'postgres'; url?: string | undefined; name: string; image: string; volume: string };
}

const isVolume = (name: string) => (one: Found) => one.kind === 'volume' && one.name === name;

/** The major version of an image, and that of the data in a volume; undefined for an empty one. */
async function majorsOf(docker: Docker, { image, volume }: Settings['database']) {
  const look = `postgres --version; cat ${POSTGRES_DATA}/cluster/PG_VERSION 2> /dev/null`;
  const { code, stdout } = await docker.capture([
    ...['run', '--rm', '--pull', 'never', '--network', 'none', '--user', '0:0', '--cap-drop', 'ALL'],
    ...['--cap-add', 'DAC_READ_SEARCH', '--security-opt', 'no-new-privileges', '--read-only'],
    ...['--volume', `${volume}:${POSTGRES_DATA}:ro`, '--entrypoint', '/bin/sh', image, '-c', `${look} || true`],
  ]);
  const [program = '', data] = stdout.trim().split('\n');
  return code === 0 ? { program: /\(PostgreSQL\) (\d+)/.exec(program)?.[1], data: data?.trim() } : {};
}

/** @throws pulumi.RunError when the image has another major version than the data. */
async function requireMajor(
  docker: Docker,
  { database }: Settings,
  present: readonly Found[],
  { backup, restore, up }: Commands,
): Promise<void> {
  const server = serverOn(database.volume, present);
  const [running, [image]] = await Promise.all([
    server && inspectContainer(docker, server.name),
    inspect(docker, 'image', [database.image]),
  ]);
  // What runs reads its data; what the engine lacks is looked at by the server itself.
  if (!image || running?.Image === image.Id) return;
  const { program, data } = await majorsOf(docker, database);
  if (!program || !data || program === data) return;
  throw new pulumi.RunError(
    `database.image is ${database.image}, which is Postgres ${program}, and Postgres ${data} wrote the data in the volume ${database.volume}: no other major version can read it. Nothing was created or changed.\n` +
      `  To stay:    set database.image to Postgres ${data}\n` +
      `  To change:  with Postgres ${data}, ${backup}; then set database.image to Postgres ${program} and database.volume to\n` +
      `              another name, ${up}, and ${restore('FILE')}\n`,
  );
}

/** Whether the web UI of the last update has its database in Postgres. */
async function isOnPostgres(docker: Docker, { webui }: Settings, present: readonly Found[]): Promise<boolean> {
  const server = serverOn(sourceOf(storageOf(webui)), present);
  const container = server && (await inspectContainer(docker, server.name));
  return container?.State.Running === true && (container.Config.Cmd ?? []).includes(MIGRATION);
}

/** @throws pulumi.RunError when people would find an empty page, as their data is in SQLite. */
async function requireNoSqlite(
  docker: Docker,
  settings: Settings,
  present: readonly Found[],
  usersIn: (webui: Storage, image: string) => Promise<number>,
  { moveDatabase }: Commands,
): Promise<void> {
  const { webui } = settings;
  const data = storageOf(webui);
  // A folder exists: another check has seen to that.
  if (!('folder' in data) && !present.some(isVolume(data.volume))) return;
  if (await isOnPostgres(docker, settings, present)) return;
  const server = serverOn(sourceOf(data), present);
  const [image] = await inspect(docker, 'image', [webui.image]);
  const program = image?.Id ?? (server && (await inspectContainer(docker, server.name)))?.Image;
  // Without any image of the web UI there is nothing to look with: such a volume is one that was adopted, or kept by a destroy.
  if (!program) return;
  const users = await usersIn(data, program);
  if (users === 0) return;
  throw new pulumi.RunError(
    `database.kind is postgres, and the ${storageText(data)} has the data of ${users === 1 ? 'one user' : `${users} users`} in SQLite, which would be left behind. Nothing was created or changed.\n` +
      (moveDatabase ? `  To move it:         ${moveDatabase}\n` : '') +
      '  To stay:           remove database.kind\n' +
      `  To start empty:     choose another webui.${'folder' in data ? 'folder' : 'volume'}; the old one is kept\n`,
  );
}

/**
 * Refuses a database with which the web UI could not work, or people would miss their data.
 *
 * @param present what the stack has on the engine; nothing when it could not be looked at.
 * @param usersIn users in the SQLite of a web UI that Postgres does not have, looked at with an image of the web UI.
 * @throws pulumi.RunError with what to do.
 */
export async function requireDatabase(
  docker: Docker,
  settings: Settings,
  present: readonly Found[],
  usersIn: (webui: Storage, image: string) => Promise<number>,
  commands: Commands = ofStackFile().commands,
): Promise<void> {
  const { database, webui } = settings;
  if (database.kind !== 'postgres') return;
  if (!process.env[MOVING]) await requireNoSqlite(docker, settings, present, usersIn, commands);
  if (deploysPostgres(database)) {
    if (present.some(isVolume(database.volume))) await requireMajor(docker, settings, present, commands);
    return;
  }
  await requireReachable(docker, {
    ...{ url: database.url ?? '', image: webui.image },
    networks: joinedBy('webui', settings).map((joined) => joined.network),
    connections: neededConnections(webui.processes),
    index: makesIndex({ ...webui.env, ...webui.secretEnv }) ? INDEX_MIB : 0,
  });
}

/** Looks for users in the SQLite of the web UI that Postgres does not have. */
export const usersInSqlite = (docker: Docker, commands: Commands) => async (webui: Storage, image: string) => {
  const { sqliteUsers, withHelper } = await import('../ops/backup/index.ts');
  const owner: Owner = { project: pulumi.getProject(), stack: pulumi.getStack() };
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
