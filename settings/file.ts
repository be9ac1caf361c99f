import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { decoded, settingsOf } from './keys.ts';
import { encryptedPaths, isEncrypted, type Path } from './opaque.ts';
import { parse, type Settings } from './parse.ts';

/** What stands for an encrypted value; nothing is read from it. */
const PLACEHOLDER = '(encrypted)';

function opened(value: unknown): unknown {
  if (isEncrypted(value)) return PLACEHOLDER;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, opened(inner)]));
}

/** What a stack file says. */
export type StackFile = Settings & {
  /** Settings that are encrypted: a default stands in for each, which is not its value. */
  hidden: readonly Path[];
};

/**
 * The settings that a stack file gives, without Pulumi: for what has to be known before `pulumi up`. Encrypted ones cannot be seen, so
 * nothing is said about them.
 *
 * @param base what holds where the file says nothing: {@link projectConfig}.
 * @throws Error that names every setting which cannot be used.
 */
export function readStackFile(
  path: string,
  project: string,
  stack: string,
  base: Record<string, unknown> = {},
): StackFile {
  const file = parseYaml(readFileSync(path, 'utf8')) as { config?: Record<string, unknown> } | null;
  const values = {
    ...settingsOf({ project, stack }, base),
    ...settingsOf({ project, stack }, file?.config ?? {}),
  };
  const given = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, typeof value === 'string' ? decoded(value) : opened(value)]),
  );
  const hidden = encryptedPaths(values);
  const isSecret = (key: string) => hidden.some(([top]) => top === key);
  return { ...parse({ project, stack, given, isSecret, hidden, allHidden: true }), hidden };
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
