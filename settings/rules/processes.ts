/** Several server processes in the container, which must not share files that one process has to itself. */

import { imageName, isBuiltHere, parseImage } from '../../core/images.ts';
import type { Rule } from '../rule.ts';
import type { Checked } from '../schema.ts';

type Variables = Checked['webui']['env'];

/** Parts of which Open WebUI makes the database's address, before it looks at DATABASE_URL. */
const PARTS = ['DATABASE_TYPE', 'DATABASE_HOST', 'DATABASE_PORT', 'DATABASE_NAME'] as const;

/** Whether the database is a Postgres, with any driver. */
function hasPostgres(env: Variables): boolean {
  const isWhole = PARTS.every((name) => env[name]) && Boolean(env['DATABASE_USER'] || env['DATABASE_PASSWORD']);
  const scheme = isWhole ? `${env['DATABASE_TYPE']}:` : (env['DATABASE_URL'] ?? '');
  return /^postgres(ql)?(\+\w+)?:/i.test(scheme);
}

/** Whether the vector store is known to be Chroma in the container's own files. Slim images, and those built here, have another default. */
function hasOwnChroma({ env, image }: Checked['webui']): boolean {
  const store = env['VECTOR_DB'];
  if (store !== undefined) return store === 'chroma' && !env['CHROMA_HTTP_HOST'];
  const { tag = '' } = parseImage(image);
  return imageName(image) === 'open-webui' && !isBuiltHere(image) && !/slim/i.test(tag);
}

export const processes: Rule = ({ database, webui }) => {
  const { env } = webui;
  const { UVICORN_WORKERS: workers } = env;
  if (workers === undefined) return [];
  const problem = { path: ['webui', 'env', 'UVICORN_WORKERS'] };
  if (!/^[1-9]\d{0,2}$/.test(workers)) {
    return [{ ...problem, allowed: 'a whole number from 1 to 999', fix: 'write it as "1"' }];
  }
  // It has the vectors as well; another rule has what would lead elsewhere.
  if (workers === '1' || database.kind === 'postgres') return [];
  if (!hasPostgres(env)) {
    return [
      {
        ...problem,
        reason: 'several processes would change the same SQLite file at startup, and all but one exit',
        allowed:
          '1 without Postgres: database.kind, or a database of your own in DATABASE_URL or in DATABASE_TYPE and its parts',
        fix: 'set database.kind to postgres, or write it as "1"',
      },
    ];
  }
  if (hasOwnChroma(webui)) {
    return [
      {
        ...problem,
        reason: 'several processes would write to the same files of Chroma, the default vector store, and crash',
        allowed: '1 without a vector store that is a server, such as VECTOR_DB: pgvector',
        fix: 'write it as "1", or set VECTOR_DB',
      },
    ];
  }
  return [];
};
