import { RemoteError } from '../core/errors.mjs';
import { OPERATIONS_ROLE, POSTGRES_RUN, WEBUI_DATABASE } from '../core/postgres.ts';
import type { Docker } from '../docker/client.ts';

/** Where a program of Postgres finds the web UI's database, in the server's container: inside, operations need no password. */
export const PLACE = ['--host', POSTGRES_RUN, '--username', OPERATIONS_ROLE, '--dbname', WEBUI_DATABASE];

/**
 * One query, as the role of operations, which may read everything and write nothing; returns rows of columns.
 *
 * @param sql holds no secret: it shows in the list of processes.
 * @throws RemoteError with what Postgres says.
 */
export async function query(docker: Docker, container: string, sql: string): Promise<string[][]> {
  const psql = ['psql', '--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--field-separator', '\t'];
  const { code, stdout, stderr } = await docker.capture(['exec', container, ...psql, ...PLACE, '--command', sql]);
  if (code !== 0) throw new RemoteError(`Postgres answers: ${stderr.trim().split('\n').at(0)}`);
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));
}
