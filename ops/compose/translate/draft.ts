/** A stack file while it is made, and what there is to say about it. */

import { isDeepStrictEqual } from 'node:util';
import { type Checked, schemaFor } from '../../../settings/schema.ts';

/**
 * What becomes of something: it moves as it was; it is better now; it is gone, which does no harm; it stays in Compose; it works today and
 * would not afterwards.
 */
export type Fate = 'moves' | 'better' | 'differs' | 'beside' | 'cannot';

export interface Note {
  fate: Fate;
  text: string;
}

export type Path = readonly string[];

/** A setting that was asked for. */
export interface Wanted {
  path: Path;
  value: unknown;
}

type Tree = { [key: string]: unknown };

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** What differs from the defaults, in their order. */
function different(value: unknown, standard: unknown): unknown {
  if (!isTree(value)) return isDeepStrictEqual(value, standard) ? undefined : value;
  const base = isTree(standard) ? standard : {};
  const order = Object.keys(base);
  const place = (key: string) => (order.includes(key) ? order.indexOf(key) : order.length);
  const kept = Object.entries(value)
    .toSorted(([a], [b]) => place(a) - place(b))
    .map(([key, one]) => [key, different(one, base[key])] as const)
    .filter(([, one]) => one !== undefined);
  // An empty object may say something by being there.
  return kept.length > 0 || Object.keys(value).length === 0 ? Object.fromEntries(kept) : undefined;
}

export class Draft {
  readonly stack: string;
  /** What holds where the file says nothing. */
  readonly defaults: Checked;
  /** Everything, secrets as well: in memory only. */
  readonly given: Tree = {};
  readonly notes: Note[] = [];
  readonly #asked: readonly Wanted[];
  #secrets: Path[] = [];

  /** @param wanted settings that were asked for, whatever the deployment has. */
  constructor(stack: string, wanted: readonly Wanted[] = []) {
    this.stack = stack;
    this.defaults = schemaFor(stack).parse({});
    this.#asked = wanted;
  }

  /** What was asked for instead of what the deployment has; undefined for nothing. */
  asked(path: Path): unknown {
    return this.#asked.find((one) => isDeepStrictEqual(one.path, path))?.value;
  }

  /** Sets all that was asked for. */
  setAsked(): void {
    for (const { path, value } of this.#asked) this.set(path, value);
  }

  /** Sets a value; undefined leaves it to its default. */
  set(path: Path, value: unknown): void {
    if (value === undefined) return;
    let here = this.given;
    for (const key of path.slice(0, -1)) {
      if (!isTree(here[key])) here[key] = {};
      here = here[key] as Tree;
    }
    here[path.at(-1) ?? ''] = value;
  }

  /** Sets a value that must not stand in the file in clear. */
  secret(path: Path, value: string): void {
    this.set(path, value);
    if (!this.isSecret(path)) this.#secrets.push(path);
  }

  /** Takes a value away, with the objects around it that hold nothing else. */
  remove(path: Path): void {
    const around = path.slice(0, -1);
    const parent = this.#at(around);
    if (isTree(parent)) delete parent[path.at(-1) ?? ''];
    this.#secrets = this.#secrets.filter((one) => !isDeepStrictEqual(one, path));
    if (around.length > 0 && isTree(parent) && Object.keys(parent).length === 0) this.remove(around);
  }

  #at = (path: Path): unknown =>
    path.reduce<unknown>((value, key) => (isTree(value) ? value[key] : undefined), this.given);

  get(path: Path): unknown {
    return this.#at(path);
  }

  say(fate: Fate, text: string): void {
    this.notes.push({ fate, text });
  }

  get secrets(): { path: Path; value: string }[] {
    return this.#secrets.map((path) => ({ path, value: String(this.#at(path)) }));
  }

  isSecret(path: Path): boolean {
    return this.#secrets.some((one) => isDeepStrictEqual(one, path));
  }

  /** What the stack file says without its secrets: only what differs from the defaults. */
  get file(): Tree {
    return this.fileWith(() => undefined);
  }

  /** The stack file with a placeholder for each secret; undefined for nothing. */
  fileWith(encrypted: (path: Path) => unknown): Tree {
    const copy = new Draft(this.stack);
    Object.assign(copy.given, structuredClone(this.given));
    for (const path of this.#secrets) {
      copy.remove(path);
      copy.set(path, encrypted(path));
    }
    return (different(copy.given, this.defaults) ?? {}) as Tree;
  }
}
