/** What does not go together with the database of a stack. */

import { isSwarm } from '../../core/platform.ts';
import {
  deploysPostgres,
  leastMemory,
  leastProcesses,
  neededConnections,
  possibleConnections,
  WIDEST_HALF,
  WIDEST_VECTOR,
} from '../../core/postgres.ts';
import { toMebibytes } from '../../core/units.ts';
import type { Problem } from '../problems.ts';
import { isKept, type Rule } from '../rule.ts';

/** Server processes of the web UI; another rule has what is no number. */
const processesOf = (workers: string | undefined): number => Number(workers ?? 1) || 1;

/** Variables by which Open WebUI finds its database and its vectors. */
const OWNED = [
  'DATABASE_URL',
  'DATABASE_TYPE',
  'DATABASE_USER',
  'DATABASE_PASSWORD',
  'DATABASE_HOST',
  'DATABASE_PORT',
  'DATABASE_NAME',
  'PGVECTOR_DB_URL',
  'ENABLE_DB_MIGRATIONS',
];

const variables: Rule = ({ database, webui: { env } }) =>
  database.kind !== 'postgres'
    ? []
    : [
        ...OWNED.filter((name) => env[name] !== undefined).map(
          (name): Problem => ({
            path: ['webui', 'env', name],
            reason: 'database.kind is postgres, and the deployment sets it',
            allowed: 'nothing: leave it to the deployment',
            fix: /URL|^DATABASE/.test(name)
              ? 'remove it; a Postgres of your own is named in database.url'
              : 'remove it',
            confidential: true,
          }),
        ),
        ...(env['VECTOR_DB']?.toLowerCase() === 'chroma'
          ? [
              {
                path: ['webui', 'env', 'VECTOR_DB'],
                reason: 'database.kind is postgres, which also stores the vectors; Chroma supports a single process',
                allowed: 'nothing, or pgvector',
                fix: 'remove it',
              },
            ]
          : []),
      ];

const url: Rule = ({ database }, circumstances) => {
  if (database.url === undefined) return [];
  const problem = { path: ['database', 'url'], confidential: true };
  return [
    ...(isKept(circumstances, ['database', 'url'])
      ? []
      : [
          {
            ...problem,
            reason: `in plain text it would show in ${circumstances.origin.shows} and in previews`,
            allowed: circumstances.origin.kept,
            fix: circumstances.origin.secret('database.url'),
          },
        ]),
    ...(database.kind === 'postgres'
      ? []
      : [
          {
            ...problem,
            reason: 'database.kind is sqlite',
            allowed: 'absent, or database.kind: postgres',
            fix: 'set database.kind to postgres, or remove it',
          },
        ]),
  ];
};

/** Memory, processes and connections of the server that is deployed. */
const size: Rule = (settings, { isSecret }) => {
  const { database, webui } = settings;
  const { memory, pidsLimit, maxConnections } = database;
  if (!deploysPostgres(database)) return [];
  // While Swarm changes one instance, there is one more.
  const instances = isSwarm(settings) ? webui.replicas + 1 : 1;
  const processes = processesOf(webui.env['UVICORN_WORKERS']) * instances;
  const least = neededConnections(processes);
  const wanted = maxConnections ?? least;
  const why = `${wanted} connections${maxConnections === undefined ? `, the least for ${processes === 1 ? 'one server process' : `${processes} server processes`} of the web UI,` : ''} take more`;
  if (maxConnections !== undefined && maxConnections < least) {
    return [
      {
        path: ['database', 'maxConnections'],
        reason: 'the processes of the web UI would wait for each other',
        allowed: isSecret('webui')
          ? 'more for this many processes'
          : `at least ${least} with UVICORN_WORKERS ${processes}`,
        fix: 'raise it, leave it out, or lower UVICORN_WORKERS',
      },
    ];
  }
  if (wanted <= possibleConnections({ memory, pidsLimit })) return [];
  return toMebibytes(memory) < leastMemory(wanted)
    ? [
        {
          path: ['database', 'memory'],
          reason: why,
          allowed: `at least ${leastMemory(wanted)} MiB`,
          fix: 'raise it, or lower database.maxConnections or UVICORN_WORKERS',
        },
      ]
    : [
        {
          path: ['database', 'pidsLimit'],
          reason: why,
          allowed: `at least ${leastProcesses(wanted)}`,
          fix: 'raise it, or lower database.maxConnections or UVICORN_WORKERS',
        },
      ];
};

/** Vectors for which pgvector has no index: the web UI would not start. */
const width: Rule = ({ database, webui: { env } }) => {
  const length = env['PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH'];
  const halves = env['PGVECTOR_USE_HALFVEC']?.toLowerCase() === 'true';
  const widest = halves ? WIDEST_HALF : WIDEST_VECTOR;
  if (database.kind !== 'postgres' || (env['VECTOR_DB'] ?? 'pgvector') !== 'pgvector' || !(Number(length) > widest))
    return [];
  return [
    {
      path: ['webui', 'env', 'PGVECTOR_INITIALIZE_MAX_VECTOR_LENGTH'],
      reason: 'pgvector cannot index vectors with so many dimensions, and the web UI does not start without an index',
      allowed: `at most ${WIDEST_VECTOR}, or ${WIDEST_HALF} with PGVECTOR_USE_HALFVEC: true`,
      fix:
        Number(length) <= WIDEST_HALF
          ? 'set webui.env.PGVECTOR_USE_HALFVEC to true'
          : 'choose an embedding model with shorter vectors, or another store in VECTOR_DB',
    },
  ];
};

const names: Rule = ({ database, valkey, webui }) =>
  !deploysPostgres(database)
    ? []
    : Object.entries({ valkey, webui }).flatMap(([section, other]) =>
        (['name', 'volume'] as const).flatMap((key): Problem[] =>
          database[key] === other[key]
            ? [
                {
                  path: ['database', key],
                  reason: `${section}.${key} has the same ${key}`,
                  allowed: `another ${key} than that of ${section}.${key}`,
                  fix: 'change one of the two',
                },
              ]
            : [],
        ),
      );

export const databaseRules: readonly Rule[] = [variables, url, size, width, names];
