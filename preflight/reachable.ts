/** A Postgres of one's own, tried as the web UI will use it, rather than by a container that starts again and again. */

import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { isBuiltHere } from '../core/images.ts';
import type { Docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';

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
}

/** What is wrong with a database, each with what to do; nothing when the web UI can use it. */
export function faultsOf(seen: Seen, connections: number): { what: string; toDo: string }[] {
  const { connection, version = 0, vector = null, available = false, creates = true, limit = null, encoding } = seen;
  if (connection !== null) {
    return [
      {
        what: `it lets the web UI not in: ${connection}`,
        toDo: 'correct database.url, or what its server says about who may connect (pg_hba.conf, firewall)',
      },
    ];
  }
  const fault = (wrong: boolean, what: string, toDo: string) => (wrong ? [{ what, toDo }] : []);
  const major = Math.floor(version / 10_000);
  return [
    ...fault(major < OLDEST, `it is Postgres ${major}`, `take Postgres ${OLDEST} or newer`),
    ...fault(
      vector === null,
      available ? 'it lacks the extension vector' : 'its server has no pgvector',
      available
        ? 'have a superuser run CREATE EXTENSION vector in that database'
        : 'install pgvector on that server, and have a superuser run CREATE EXTENSION vector in that database',
    ),
    ...fault(
      !creates,
      'its role may make no tables',
      'make the role the owner of the database: ALTER DATABASE … OWNER TO …',
    ),
    ...fault(
      limit !== null && limit < connections,
      `it allows ${limit} connections`,
      `allow at least ${connections} (max_connections, CONNECTION LIMIT of role and database), or lower UVICORN_WORKERS`,
    ),
    ...fault(encoding !== 'UTF8', `its encoding is ${encoding}`, 'make the database with ENCODING UTF8'),
  ];
}

/**
 * Refuses a Postgres of one's own that the web UI could not use: it is asked from a container of the web UI's image, on its networks as
 * far as they exist already. A preview in which the engine has no such image asks nothing.
 *
 * @throws pulumi.RunError with everything that is wrong with it, and what to do. The address is not repeated, as it holds a password.
 */
export async function requireReachable(
  docker: Docker,
  {
    url,
    image,
    networks,
    connections,
  }: { url: string; image: string; networks: readonly string[]; connections: number },
): Promise<void> {
  const [images, present] = await Promise.all([
    inspect(docker, 'image', [image]),
    inspect(docker, 'network', networks),
  ]);
  const names = new Set(present.map(({ Name }) => Name));
  const [first = 'bridge', ...others] = networks.filter((name) => names.has(name));
  if (images.length === 0) {
    if (pulumi.runtime.isDryRun() || isBuiltHere(image)) return;
    await docker.run(['pull', '--quiet', image]);
  }
  const id = (
    await docker.run([
      ...['create', '--rm', '--interactive', '--no-healthcheck', '--read-only', '--user', '65534:65534'],
      ...['--network', first, '--add-host', 'host.docker.internal:host-gateway'],
      ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--memory', '256m'],
      ...['--entrypoint', 'python3', image, '-I', '-c', PROGRAM],
    ])
  ).trim();
  for (const name of others) await docker.run(['network', 'connect', name, id]);
  const { stdout, stderr } = await docker.capture(['start', '--attach', '--interactive', id], {
    input: url,
    timeout: 60_000,
  });
  // One that has not come to its end by then.
  await docker.capture(['rm', '--force', id]);
  const line = stdout.trim().split('\n').at(-1) ?? '';
  const seen: Seen = line.startsWith('{')
    ? (JSON.parse(line) as Seen)
    : { connection: stderr.trim().split('\n').at(-1) || 'no answer within a minute' };
  const faults = faultsOf(seen, connections);
  if (faults.length === 0) return;
  throw new pulumi.RunError(
    `The Postgres of database.url cannot be used. Nothing was created or changed.\n${faults
      .map(({ what, toDo }) => `  ${what}\n    to do: ${toDo}\n`)
      .join('')}`,
  );
}
