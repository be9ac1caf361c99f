/** Whether the data of a stack can be moved; asked before anything changes. */

import { UserError } from '../../core/errors.mjs';
import { MIGRATION, USUAL_WIDTH, WIDEST_HALF, WIDEST_VECTOR } from '../../core/postgres.ts';
import { sourceOf as nameOf, storageOf, storageText } from '../../core/storage.ts';
import type { Docker } from '../../docker/client.ts';
import { type Container, inspect, inspectContainer } from '../../docker/inspect.ts';
import type { Settings } from '../../settings/parse.ts';
import { sizeText } from '../backup/format.ts';
import type { Source } from '../backup/part.ts';
import { lookAtDatabase } from '../backup/parts/webui.ts';
import { sourceOf } from '../backup/source.ts';
import type { Stack } from '../outputs.ts';
import { type Mover, type Old, withMover } from './mover.ts';

/** What is to be moved, and with what. */
export interface Plan {
  source: Source;
  /** Id of the web UI's image. */
  image: string;
  old: Old;
  /** Whether only the servers have to follow. */
  isMoved: boolean;
  /** Whether Chroma's vectors come along. */
  withVectors: boolean;
  remarks: string[];
}

/** How vectors are made again. */
const AGAIN = 'embed the files again afterwards, in Admin Settings, Documents, Reindex';

/** Variables of the web UI, secret ones too. */
export const variablesOf = ({ webui }: Pick<Settings, 'webui'>): Record<string, string> => ({
  ...webui.env,
  ...webui.secretEnv,
});

/** A command whose container has a step for migrations has its database in Postgres. */
const isOnPostgres = (container: Container | undefined): boolean => (container?.Config.Cmd ?? []).includes(MIGRATION);

function requireWanted({ name, servers }: Stack, { database, webui }: Settings): void {
  if (database.kind !== 'postgres') {
    throw new UserError(
      `the file of the stack ${name} says database.kind: sqlite, and the data is there`,
      `npm run pulumi -- config set --path database.kind postgres --stack ${name}, then try again`,
    );
  }
  if (servers.webui.database === 'postgres')
    throw new UserError(
      `the stack ${name} already has its database in Postgres`,
      'npm run up deploys what has changed',
    );
  const [present, wanted] = [nameOf(servers.webui), storageOf(webui)];
  if (present === nameOf(wanted)) return;
  throw new UserError(
    `the web UI has its data in the ${storageText(servers.webui)}, and the stack file names the ${storageText(wanted)}`,
    `set webui.${'folder' in servers.webui ? 'folder' : 'volume'} to ${present}`,
  );
}

/** @returns the id of the image. */
async function requireImage(
  docker: Docker,
  stack: string,
  image: string,
  container: Container | undefined,
): Promise<string> {
  const [found] = await inspect(docker, 'image', [image]);
  if (!found)
    throw new UserError(
      `the engine lacks ${image}, which webui.image names`,
      'pull it, or set webui.image to the one that runs',
    );
  if (!container || container.Image === found.Id) return found.Id;
  throw new UserError(
    `webui.image is ${image}, and the data is in use by another one, ${container.Config.Image}: a move takes the data as one release has it`,
    `set webui.image to ${container.Config.Image}; or upgrade first, with database.kind: sqlite and npm run up -- --stack ${stack}`,
  );
}

/** @throws UserError for vectors of which Postgres would keep only a part, or has no index. */
function requireWidth(old: Old, env: Readonly<Record<string, string>>): void {
  const widest = Math.max(0, ...(old.vectors?.dimensions ?? []));
  const kept = Number(env['PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH'] ?? USUAL_WIDTH);
  if (widest <= kept) return;
  if (widest > WIDEST_HALF)
    throw new UserError(
      `the embedding model makes vectors of ${widest} dimensions, and pgvector cannot index more than ${WIDEST_HALF}; without an index the web UI does not start`,
      'choose a model with shorter vectors, or another store in webui.env.VECTOR_DB, then try again with -- --without-vectors; then embed the files again',
    );
  throw new UserError(
    `the embedding model makes vectors of ${widest} dimensions, of which the web UI would keep ${kept} in pgvector permanently`,
    `set webui.env.PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH to ${widest}${widest > WIDEST_VECTOR ? ' and webui.env.PGVECTOR_USE_HALFVEC to true' : ''}, then try again`,
  );
}

/** What of the vectors does not come along, and what to do; undefined when all of it does. */
function withoutVectors(
  { vectors }: Old,
  env: Readonly<Record<string, string>>,
  isWanted: boolean,
): string | undefined {
  if (!vectors) return undefined;
  if (!isWanted) return `${vectors.passages} passages stay in Chroma: ${AGAIN}`;
  const store = env['VECTOR_DB'] ?? 'pgvector';
  if (store !== 'pgvector') return `VECTOR_DB is ${store}: the ${vectors.passages} passages that Chroma has stay there`;
  if (vectors.readable) return undefined;
  return `this image has no Chroma to read its ${vectors.passages} passages: ${AGAIN}`;
}

/** @throws UserError when the old data cannot be moved as it is. */
async function requireReadable({ helper, look }: Mover): Promise<Old> {
  const old = await look();
  if (!old.users) {
    throw new UserError(
      old.users === null
        ? 'there is no SQLite database to move'
        : 'no user is in the SQLite database: there is nothing to move',
      'npm run up deploys Postgres',
    );
  }
  const { unknown } = await lookAtDatabase(helper);
  if (unknown.length > 0) {
    throw new UserError(
      `a newer release wrote the database: it has the revision ${unknown.join(', ')}, which webui.image does not know`,
      'set webui.image to that release, or a newer one',
    );
  }
  if (old.needed > old.free) {
    throw new UserError(
      `the move takes ${sizeText(old.needed)} on the engine's disk, and ${sizeText(old.free)} are free`,
      'free some space; the old files can go when the stack works with Postgres',
    );
  }
  return old;
}

/** A stack without the web UI that a move begins with. */
export const notThere = (what: string, stack: string): UserError =>
  new UserError(
    `${what} is not deployed, and a move starts from a running web UI with SQLite`,
    `npm run pulumi -- config set --path database.kind sqlite --stack ${stack}, and npm run up -- --stack ${stack}; then database.kind: postgres, then try again`,
  );

/**
 * Checks all that can be checked while the web UI runs.
 *
 * @param wantsVectors whether vectors come along, if they can. Default: true
 * @throws UserError that says why the data cannot be moved. Nothing was changed then.
 */
export async function requireMovable(
  stack: Stack,
  settings: Settings,
  { wantsVectors = true }: { wantsVectors?: boolean } = {},
): Promise<Plan> {
  requireWanted(stack, settings);
  if (stack.servers.webui.service !== undefined)
    throw new UserError(
      'the stack runs on Swarm, where databases cannot be moved',
      `npm run down -- --stack ${stack.name}; set platform to docker; npm run up, move the database, npm run down, and platform to swarm again`,
    );
  const source = sourceOf(stack);
  const { docker, name, servers } = stack;
  const container = await inspectContainer(docker, servers.webui.container);
  const image = await requireImage(docker, name, settings.webui.image, container);
  const env = variablesOf(settings);
  const old = await withMover({ source, image, memory: settings.webui.memory, env }, (mover) => requireReadable(mover));
  const isMoved = old.moved || isOnPostgres(container);
  // After npm run down Postgres cannot be deployed alone: what it stands on is gone as well.
  if (!container && !isMoved) throw notThere(`the web UI of the stack ${name}`, name);
  const remark = withoutVectors(old, env, wantsVectors);
  if (remark === undefined) requireWidth(old, env);
  return {
    ...{ source, image, old },
    isMoved,
    withVectors: old.vectors !== null && remark === undefined,
    remarks: remark === undefined ? [] : [remark],
  };
}
