/** A Postgres of one's own, tried as the web UI will use it, rather than by a container that starts again and again. */

import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import type { Docker } from '../docker/client.ts';
import { tryInside } from './trial.ts';

/** The oldest major version that PostgreSQL itself still maintains and pgvector supports. */
const OLDEST = 14;

const PROGRAM = readFileSync(new URL('./reachable.py', import.meta.url), 'utf8');

/** What the program in the container has found. */
export interface Seen {
  connection: string | null;
  version?: number;
  vector?: string | null;
  available?: boolean;
  creates?: boolean;
  limit?: number | null;
  encoding?: string;
  role?: string;
  maintenance?: number;
}

/** What is wrong with a database, each with what to do; nothing when the web UI can use it. */
export function faultsOf(seen: Seen, connections: number): { what: string; toDo: string }[] {
  const { connection, version = 0, vector = null, available = false, creates = true, limit = null, encoding } = seen;
  if (connection !== null) {
    return [
      {
        what: `it rejects the web UI: ${connection}`,
        toDo: 'correct database.url, or allow the connection on its server (pg_hba.conf, firewall)',
      },
    ];
  }
  const fault = (wrong: boolean, what: string, toDo: string) => (wrong ? [{ what, toDo }] : []);
  const major = Math.floor(version / 10_000);
  return [
    ...fault(major < OLDEST, `it is Postgres ${major}`, `use Postgres ${OLDEST} or newer`),
    ...fault(
      vector === null,
      available ? 'it lacks the extension vector' : 'its server has no pgvector',
      available
        ? 'have a superuser run CREATE EXTENSION vector in that database'
        : 'install pgvector on that server, and have a superuser run CREATE EXTENSION vector in that database',
    ),
    ...fault(
      !creates,
      'its role may not create tables',
      'make the role the owner of the database: ALTER DATABASE … OWNER TO …',
    ),
    ...fault(
      limit !== null && limit < connections,
      `it allows ${limit} connections`,
      `allow at least ${connections} (max_connections, CONNECTION LIMIT of role and database), or lower UVICORN_WORKERS`,
    ),
    ...fault(encoding !== 'UTF8', `its encoding is ${encoding}`, 'create the database with ENCODING UTF8'),
  ];
}

/** What will not work one day, and what to do before; undefined when it will. @param needed for an index of vectors, in MiB. */
export function warningOf({ role = '', maintenance = 0 }: Seen, needed: number): string | undefined {
  const mebibytes = maintenance / 1024 ** 2;
  if (mebibytes >= needed) return undefined;
  return (
    `The Postgres of database.url gives ${role} ${Math.floor(mebibytes)} MB to build an index (maintenance_work_mem). From 5,000 passages on, the web UI builds a vector index when it starts, ` +
    `and fails to start if that needs more: 65 MB for 1536 dimensions. As ${role} or a superuser, run there: ALTER ROLE ${role} SET maintenance_work_mem = '${needed}MB'`
  );
}

/**
 * Refuses a Postgres of one's own that the web UI could not use: it is asked from a container of the web UI's image, on its networks as
 * far as they exist already. A preview in which the engine has no such image asks nothing. Warns of too little memory for an index of vectors.
 *
 * @param index memory that it takes, in MiB. Default: there is none
 * @throws pulumi.RunError with everything that is wrong with it, and what to do. The address is not repeated, as it holds a password.
 */
export async function requireReachable(
  docker: Docker,
  {
    url,
    image,
    networks,
    connections,
    index = 0,
  }: { url: string; image: string; networks: readonly string[]; connections: number; index?: number },
): Promise<void> {
  const tried = await tryInside<Seen>(docker, { image, networks }, PROGRAM, url);
  if (tried === undefined) return;
  const seen = 'seen' in tried ? tried.seen : { connection: tried.failure };
  const faults = faultsOf(seen, connections);
  const warning = faults.length === 0 ? warningOf(seen, index) : undefined;
  if (warning) await pulumi.log.warn(warning);
  if (faults.length === 0) return;
  throw new pulumi.RunError(
    `The Postgres of database.url cannot be used. Nothing was created or changed.\n${faults
      .map(({ what, toDo }) => `  ${what}\n    to do: ${toDo}\n`)
      .join('')}`,
  );
}
