/** How a later Compose file, or a service that extends another, adds to what stands there. */

import { isRaw, Override, type Raw, RESET } from './yaml.ts';

/** Keys of a service that a later file replaces as a whole. */
const REPLACED = ['command', 'entrypoint', 'test'];

/** What makes two entries of a list the same, so that the later one counts. */
const IDENTITY: Readonly<Record<string, (entry: Raw) => string>> = {
  volumes: ({ target }) => String(target),
  ports: ({ host_ip, published, target, protocol }) => [host_ip, published, target, protocol].join(' '),
  secrets: ({ source, target }) => String(target ?? source),
  configs: ({ source, target }) => String(target ?? source),
};

function lists(key: string, first: readonly unknown[], second: readonly unknown[]): unknown[] {
  const same = IDENTITY[key];
  const idOf = (entry: unknown) => (same && isRaw(entry) ? same(entry) : JSON.stringify(entry));
  return [...new Map([...first, ...second].map((entry) => [idOf(entry), entry])).values()];
}

/** A value with what a later one says in its place or besides. */
function value(key: string, first: unknown, second: unknown): unknown {
  if (second instanceof Override) return second.value;
  if (first === undefined || first === null || REPLACED.includes(key)) return plain(second);
  if (Array.isArray(first) && Array.isArray(second)) return lists(key, first, second);
  if (!isRaw(first) || !isRaw(second)) return second ?? first;
  // Options belong to their driver.
  const drivers = [first['driver'], second['driver']];
  if (key === 'logging' && drivers.every(Boolean) && drivers[0] !== drivers[1]) return plain(second);
  return merged(first, second);
}

/** What stands where there is nothing to add to. */
function plain(given: unknown): unknown {
  if (given instanceof Override) return given.value;
  return isRaw(given) ? merged({}, given) : given;
}

/** An object with what a later one adds to it. */
export function merged(first: Raw, second: Raw): Raw {
  const result = { ...first };
  for (const [key, given] of Object.entries(second)) {
    if (given === RESET) delete result[key];
    else result[key] = value(key, first[key], given);
  }
  return result;
}
