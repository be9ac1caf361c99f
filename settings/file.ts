import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { settingsOf } from './keys.ts';
import { parse, type Settings } from './parse.ts';

/** Whether some value of a stack file is encrypted. */
const encrypted = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && ('secure' in value || Object.values(value).some(encrypted));

/** Encrypted values stand for themselves: what they hold is nobody's business here. */
function opened(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if ('secure' in value) return '(encrypted)';
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, opened(inner)]));
}

/**
 * The settings that a stack file gives, without Pulumi: for what has to be known before `pulumi up`.
 *
 * @param base what holds where the file says nothing: {@link projectConfig}.
 * @throws Error that names every setting which cannot be used.
 */
export function readStackFile(
  path: string,
  project: string,
  stack: string,
  base: Record<string, unknown> = {},
): Settings {
  const file = parseYaml(readFileSync(path, 'utf8')) as { config?: Record<string, unknown> } | null;
  const values = {
    ...settingsOf({ project, stack }, base),
    ...settingsOf({ project, stack }, file?.config ?? {}),
  };
  const given = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, opened(value)]));
  return parse({ project, stack, given, isSecret: (key) => encrypted(values[key]) });
}

/** Name of the project in this folder. */
export const projectName = (root = '.'): string =>
  (parseYaml(readFileSync(join(root, 'Pulumi.yaml'), 'utf8')) as { name: string }).name;

/** What Pulumi.yaml sets for every stack that does not: `config.KEY.value`, and `default` of a key of the project's own. */
export function projectConfig(root = '.'): Record<string, unknown> {
  const { config = {} } = parseYaml(readFileSync(join(root, 'Pulumi.yaml'), 'utf8')) as {
    config?: Record<string, unknown>;
  };
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, given]): [string, unknown][] => {
      if (typeof given !== 'object' || given === null) return [[key, given]];
      const { value, default: standard } = given as { value?: unknown; default?: unknown };
      const found = value ?? standard;
      return found === undefined ? [] : [[key, found]];
    }),
  );
}

/** The settings among values that Pulumi has read, by their whole keys. */
export function readValues(
  values: Readonly<Record<string, unknown>>,
  { project, stack, isSecret }: { project: string; stack: string; isSecret: (key: string) => boolean },
): Settings {
  const given = settingsOf({ project, stack }, values);
  const decoded = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, typeof value === 'string' ? parseYaml(value) : value]),
  );
  return parse({ project, stack, given: decoded, isSecret: (key) => isSecret(`${project}:${key}`) });
}
