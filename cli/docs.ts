/** `npm run docs`: writes the table of settings into README.md, from the schema that the program checks them with. */

import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Guidance } from '../settings/leaves.ts';
import { unwrapped } from '../settings/problems.ts';
import { schemaFor } from '../settings/schema.ts';

const README = 'README.md';

/** What stands before and after the table. The formatter would make its lines three times as long. */
const BEGIN = '<!-- biome-ignore format: the table of settings, written by npm run docs -->';
const END = '<!-- end of the table of settings -->';

/** One row of the table. */
export interface Setting extends Guidance {
  /** From the top of the configuration, as `webui.publish.port`. */
  path: string;
  /** As a stack file would have it; undefined for what is left out by default. */
  value: string | undefined;
}

function defaultOf(schema: z.ZodType): string | undefined {
  if (!(schema instanceof z.ZodDefault)) return undefined;
  const { defaultValue } = schema.def;
  return typeof defaultValue === 'string' ? defaultValue : JSON.stringify(defaultValue);
}

/** Every setting in the order of the schema. A group that is always there is no setting; one that may be left out is. */
export function settingsOf(schema: z.ZodType, above = ''): Setting[] {
  const object = unwrapped(schema);
  if (!(object instanceof z.ZodObject)) return [];
  return Object.entries(object.shape as Record<string, z.ZodType>).flatMap(([key, inner]) => {
    const path = above + key;
    const guidance = inner.meta() as Guidance | undefined;
    if (!guidance) throw new Error(`${path} says nothing about itself: see told() in settings/leaves.ts`);
    const within = settingsOf(inner, `${path}.`);
    return inner instanceof z.ZodPrefault ? within : [{ ...guidance, path, value: defaultOf(inner) }, ...within];
  });
}

const code = (text: string) => `\`${text}\``;
const row = (...cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** The settings as a Markdown table. */
export const tableOf = (settings: readonly Setting[]): string =>
  [
    row('Setting', 'Default', 'Allowed', 'Meaning'),
    row('---', '---', '---', '---'),
    ...settings.map(({ path, value, allowed, description }) =>
      row(code(path), value === undefined ? '–' : code(value), allowed, description),
    ),
  ].join('\n');

/**
 * A text with the present table in place of the one between its two comments.
 *
 * @throws Error when the comments are not there.
 */
export function documented(text: string): string {
  const [start, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`${README} has no place for the table of settings: ${BEGIN} … ${END}`);
  const table = tableOf(settingsOf(schemaFor('STACK')));
  return `${text.slice(0, start)}${BEGIN}\n${table}\n\n${text.slice(end)}`;
}

if (process.argv[1]?.endsWith('docs.ts')) writeFileSync(README, documented(readFileSync(README, 'utf8')));
