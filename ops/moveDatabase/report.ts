/** A move of the database, in words. */

import type { Settings } from '../../settings/parse.ts';
import type { Moved, Progress } from './mover.ts';

const number = (count: number) => count.toLocaleString('en');
const counted = (count: number, one: string, several = `${one}s`) => `${number(count)} ${count === 1 ? one : several}`;

export const progressText = ({ what, done, total }: Progress): string =>
  done === 0 ? what : `${what}: ${number(done)}${total > 0 ? ` of ${number(total)} rows` : ''}`;

/** What is the same on both sides now. */
export function movedText({ tables, vectors }: Moved): string {
  const all = Object.values(tables);
  const rows = all.reduce((sum, one) => sum + one.rows, 0);
  const passages = vectors
    ? `; ${counted(vectors.passages, 'passage')} in ${counted(vectors.collections, 'collection')}, compared by ${counted(vectors.queries, 'search', 'searches')}`
    : '';
  return `${counted(rows, 'row')} in ${counted(all.length, 'table')}, compared by digest${passages}`;
}

/** What is not as it was, a line each. */
export const remarks = ({ notes, left }: Moved): string[] => [
  ...notes.map(
    ({ table, column, what, count }) => `${[table, column].filter(Boolean).join('.')}: ${number(count)} × ${what}`,
  ),
  ...left.map(({ table, column, rows }) =>
    column === undefined
      ? `the table ${table} with ${counted(rows, 'row')} is not part of this release, and stays only in SQLite`
      : `the column ${table}.${column} (${counted(rows, 'row')}) is not part of this release, and stays only in SQLite`,
  ),
];

/** The line that leads back to SQLite. */
export function wayBack(stack: string, { database, webui }: Pick<Settings, 'database' | 'webui'>): string {
  const config = (words: string) => `npm run pulumi -- config ${words} --stack ${stack}`;
  const up = `npm run up -- --stack ${stack}`;
  return [
    // Pulumi deletes nothing that is protected, and the server of a volume goes with it.
    ...(database.url === undefined && database.protectData
      ? [config('set --path database.protectData false'), up]
      : []),
    ...(database.url === undefined ? [] : [config('rm --path database.url')]),
    ...(webui.processes > 1 ? [config('set --path webui.env.UVICORN_WORKERS 1')] : []),
    config('set --path database.kind sqlite'),
    up,
  ].join(' && ');
}
