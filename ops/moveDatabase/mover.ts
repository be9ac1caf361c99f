/** The program that moves the data, in a container beside the stack: of the web UI's own image, with its data and on its way to Postgres. */

import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { RemoteError } from '../../core/errors.mjs';
import { type Memory, toMebibytes } from '../../core/units.ts';
import { type Helper, type HelperOptions, volumeIn, withHelper } from '../backup/helper/helper.ts';
import type { Source } from '../backup/part.ts';
import { helperFor } from '../backup/source.ts';

/** The web UI's data before the move. */
export interface Old {
  /** null where there is no SQLite. */
  users: number | null;
  /** Whether Postgres has all of it, and SQLite was not written to since. */
  moved: boolean;
  /** Bytes that the move takes on the engine's disk, and that are free there. */
  needed: number;
  free: number;
  /** What Chroma has; null for nothing. */
  vectors: { passages: number; dimensions: number[]; readable: boolean } | null;
}

/** What the Postgres has: nothing, something of a move on which no web UI has started, or data of its own. */
export type TargetState = 'empty' | 'unfinished' | 'finished' | 'used';

/** What was moved, the same on both sides. */
export interface Moved {
  tables: Record<string, { rows: number; digest: string }>;
  /** What Postgres could not take as it was. */
  notes: { table: string; column: string; what: string; count: number }[];
  /** What only the old database has. */
  left: { table: string; column?: string; rows: number }[];
  /** null where there were none. */
  vectors: { collections: number; passages: number; queries: number } | null;
}

/** How far the program is. */
export interface Progress {
  what: string;
  done: number;
  /** 0 when it is not known. */
  total: number;
}

export interface Mover {
  /** For other questions about the same data. */
  helper: Helper;
  /** @throws RemoteError when it cannot be read. */
  look(): Promise<Old>;
  /** @throws RemoteError when it does not answer. */
  target(): Promise<TargetState>;
  /** Makes the schema. The web UI may run. */
  prepare(): Promise<void>;
  /**
   * Copies everything, compares it and notes that it is done. The web UI stands still meanwhile.
   *
   * @throws RemoteError that says why not; then the old data is what counts.
   */
  move(options: { withVectors: boolean; show: (progress: Progress) => void }): Promise<Moved>;
}

export interface MoverOptions {
  source: Source;
  /** The web UI's. */
  image: string;
  memory: Memory;
  /** The Postgres; not needed for a look at the old data. */
  target?: { url: string; networks: readonly string[] };
  /** Variables of the web UI to come. */
  env: Readonly<Record<string, string>>;
}

/** What people can do about vectors that cannot be read. */
const WITHOUT_VECTORS =
  'npm run move-database -- --without-vectors moves the rest; afterwards Admin Settings, Documents, Reindex rebuilds the vectors';

const FOLDER = new URL('./move_database/', import.meta.url);

/** All files of the program, by name. */
const modules = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(FOLDER)
      .filter((name) => name.endsWith('.py'))
      .map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')]),
  );

async function call(helper: Helper, input: object, show: (progress: Progress) => void = () => {}) {
  const { child, ended } = helper.start(new URL('./start.py', import.meta.url));
  child.stdout.resume();
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (line.startsWith('{"progress"')) show((JSON.parse(line) as { progress: Progress }).progress);
  });
  child.stdin.end(`${JSON.stringify(modules())}\n${JSON.stringify(input)}\n`);
  const facts = await ended;
  if (facts['refused'] !== undefined) {
    throw new RemoteError(String(facts['refused']), facts['in_vectors'] === true ? { next: WITHOUT_VECTORS } : {});
  }
  return facts;
}

/** @throws UserError when another command works on the data of the stack. */
export function withMover<Result>(
  { source, image, memory, target, env }: MoverOptions,
  work: (mover: Mover) => Promise<Result>,
): Promise<Result> {
  const base = helperFor(source);
  const options: HelperOptions = {
    ...base,
    ...{ operation: 'move', image, memory: `${toMebibytes(memory)}m` },
    data: { webui: source.servers.webui },
    ...(target && { networks: target.networks }),
  };
  return withHelper(options, (helper) => {
    const given = { data: volumeIn('webui'), url: target?.url, env };
    return work({
      helper,
      look: async () => (await call(helper, { command: 'look', ...given })) as unknown as Old,
      target: async () => (await call(helper, { command: 'check', ...given }))['state'] as TargetState,
      prepare: async () => void (await call(helper, { command: 'prepare', ...given })),
      move: async ({ withVectors, show }) =>
        (await call(helper, { command: 'move', ...given, with_vectors: withVectors }, show)) as unknown as Moved,
    });
  });
}
