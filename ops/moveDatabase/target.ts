/** The Postgres to which the data goes. */

import { joinedBy } from '../../core/attachments.ts';
import { InternalError, UserError } from '../../core/errors.mjs';
import { deploysPostgres, postgresUrl } from '../../core/postgres.ts';
import { COMPONENTS } from '../../core/resourceTypes.ts';
import { inspect } from '../../docker/inspect.ts';
import type { Settings } from '../../settings/parse.ts';
import { readState, reveal } from '../drift/state.ts';
import type { Stack } from '../outputs.ts';
import type { TargetState } from './mover.ts';

/** Patterns of the resources that a deployed Postgres consists of, and nothing of the web UI. */
export const TARGETS = [`**${COMPONENTS.postgres}**`, '**::*-database', '**::*-database-*'] as const;

/** The end of the name of the resource with the web UI's password in Postgres. */
const PASSWORD = /-database-password$/;

/** @throws InternalError when a Postgres of the stack is not deployed. */
async function urlOf({ pulumi }: Stack, { database }: Settings): Promise<string> {
  if (!deploysPostgres(database)) return database.url ?? '';
  const { resources } = await readState(pulumi);
  const resource = resources.find(({ urn }) => PASSWORD.test(urn));
  const password = reveal(resource?.outputs?.['result']).value;
  if (typeof password !== 'string') throw new InternalError('the state has no password of the database');
  return postgresUrl(database.name, password);
}

/** Where it is, as the web UI will find it. */
export async function targetOf(stack: Stack, settings: Settings): Promise<{ url: string; networks: string[] }> {
  const wanted = joinedBy('webui', settings).map(({ network }) => network);
  const [url, present] = await Promise.all([urlOf(stack, settings), inspect(stack.docker, 'network', wanted)]);
  const names = new Set(present.map(({ Name }) => Name));
  return { url, networks: wanted.filter((name) => names.has(name)) };
}

/** @throws UserError when it has data of its own. */
export function requireEmpty(state: TargetState, { database }: Settings): void {
  if (state !== 'used') return;
  throw new UserError(
    'the database in Postgres has users or passages of its own: a move would mix the data',
    deploysPostgres(database)
      ? 'set database.volume to another name, which starts empty; the current one is kept'
      : 'name an empty database in database.url',
  );
}
