/** Settings whose values cannot be seen: encrypted ones, where nothing decrypts them. */

/** Where a setting stands, from the top: `["webui", "publish", "port"]`. */
export type Path = readonly string[];

/** Whether Pulumi takes a value of a stack file for an encrypted one. */
export const isEncrypted = (value: unknown): value is { secure: string } =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === 1 &&
  typeof (value as { secure?: unknown }).secure === 'string';

/** Where the encrypted values in a value are. */
export function encryptedPaths(value: unknown, path: Path = []): Path[] {
  if (isEncrypted(value)) return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => encryptedPaths(inner, [...path, key]));
}

/** A path as `pulumi config set --path` reads it. */
export function pathText([key = '', ...inner]: Path): string {
  const step = (name: string) =>
    /^\d+$/.test(name) ? `[${name}]` : /^\w[\w-]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
  return key + inner.map(step).join('');
}

const begins = (path: Path, start: Path): boolean => start.every((key, index) => path[index] === key);

/** Whether a setting, or the section that it is in, is one of those at the given paths. */
export const isHidden = (hidden: readonly Path[], path: Path): boolean => hidden.some((one) => begins(path, one));

/** Whether a setting, something in it, or the section that it is in, is one of those at the given paths. */
export const isPartlyHidden = (hidden: readonly Path[], path: Path): boolean =>
  hidden.some((one) => begins(path, one) || begins(one, path));

/** Thrown where a setting is read that cannot be seen. */
export class Unseen extends Error {
  /** @override */
  override name = 'Unseen';
}

/**
 * Settings of which the hidden ones throw {@link Unseen} when they are read, so that no default stands in for them. Code that goes through a
 * section meets only those that can be seen.
 */
export function guarded<Value>(value: Value, hidden: readonly Path[], path: Path = []): Value {
  if (typeof value !== 'object' || value === null || !hidden.some((one) => begins(one, path))) return value;
  return new Proxy(value as Value & object, {
    get(target, key) {
      const inner: unknown = Reflect.get(target, key);
      if (typeof key !== 'string') return inner;
      const here = [...path, key];
      if (isHidden(hidden, here)) throw new Unseen(here.join('.'));
      return guarded(inner, hidden, here);
    },
    ownKeys: (target) =>
      Reflect.ownKeys(target).filter((key) => typeof key !== 'string' || !isHidden(hidden, [...path, key])),
  });
}
