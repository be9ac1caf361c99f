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
 * @throws Error that names every setting which cannot be used.
 */
export function readStackFile(path: string, project: string, stack: string): Settings {
  const file = parseYaml(readFileSync(path, 'utf8')) as { config?: Record<string, unknown> } | null;
  const values = settingsOf({ project, stack }, file?.config ?? {});
  const given = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, opened(value)]));
  return parse({ project, stack, given, isSecret: (key) => encrypted(values[key]) });
}

/** Name of the project in this folder. */
export const projectName = (root = '.'): string =>
  (parseYaml(readFileSync(join(root, 'Pulumi.yaml'), 'utf8')) as { name: string }).name;
