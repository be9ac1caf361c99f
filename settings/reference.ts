/** The reference of all settings, derived from their schema: a table for people and a JSON Schema for editors. */

import { z } from 'zod';
import { durationPattern, memoryPattern, sizePattern } from '../core/units.ts';
import { HOST_GATEWAY } from '../core/webui.ts';
import { RESERVED } from './keys.ts';
import type { Guidance } from './leaves.ts';
import { unwrapped } from './problems.ts';
import { schemaFor } from './schema.ts';

/** Stands for the name of the stack in defaults that contain it. */
const STACK = 'STACK';

/** One row of the table. */
export interface Row extends Guidance {
  /** From the top of the configuration, as in `webui.publish.port`. */
  path: string;
  /** The default as a stack file would write it; undefined for a setting that has none. */
  value: string | undefined;
}

function defaultOf(schema: z.ZodType): string | undefined {
  if (!(schema instanceof z.ZodDefault)) return undefined;
  const { defaultValue } = schema.def;
  return typeof defaultValue === 'string' ? defaultValue : JSON.stringify(defaultValue);
}

/**
 * Every setting, in the order of the schema. An object that always exists is no setting; one that may be absent is.
 *
 * @throws Error for a setting without a description.
 */
export function rowsOf(schema: z.ZodType, prefix = ''): Row[] {
  const object = unwrapped(schema);
  if (!(object instanceof z.ZodObject)) return [];
  return Object.entries(object.shape as Record<string, z.ZodType>).flatMap(([key, inner]) => {
    const path = prefix + key;
    const guidance = inner.meta() as Guidance | undefined;
    if (!guidance) throw new Error(`${path} has no description: see settings/leaves.ts`);
    const below = rowsOf(inner, `${path}.`);
    const isGroup = inner instanceof z.ZodPrefault && inner.unwrap() instanceof z.ZodObject;
    return isGroup ? below : [{ ...guidance, path, value: defaultOf(inner) }, ...below];
  });
}

const code = (text: string) => `\`${text}\``;
const line = (...cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** Rows as a Markdown table. */
export const tableOf = (rows: readonly Row[]): string =>
  [
    line('Setting', 'Default', 'Allowed', 'Meaning'),
    line('---', '---', '---', '---'),
    ...rows.map(({ path, value, allowed, description }) =>
      line(code(path), value === undefined ? '–' : code(value), allowed, description),
    ),
  ].join('\n');

/** The table is one block of a page: the formatter would make its lines three times as long. */
const BEGIN = '<!-- biome-ignore format: the table of settings, written by npm run docs -->';
const END = '<!-- end of the table of settings -->';

/**
 * A page with the current table between its two comments.
 *
 * @throws Error when the page has no such comments.
 */
export function withTable(page: string): string {
  const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`the page has no place for the table of settings: ${BEGIN} … ${END}`);
  return `${page.slice(0, start)}${BEGIN}\n${tableOf(rowsOf(schemaFor(STACK)))}\n\n${page.slice(end)}`;
}

type Json = { [key: string]: unknown };

/** An image reference, a little simpler than Docker's own grammar: the name in lower case, then tag and digest. */
const IMAGE =
  '^([A-Za-z0-9.-]+(:\\d+)?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:\\w[\\w.-]{0,127})?(@[A-Za-z][\\w.+-]*:[0-9a-fA-F]{32,})?$';

const IP: Json[] = [
  { type: 'string', format: 'ipv4' },
  { type: 'string', format: 'ipv6' },
];

const CIDR = '^[0-9A-Fa-f.:]+/\\d{1,3}$';

/** What a refinement in code checks, in the words of JSON Schema; by the end of the path. An editor checks no more than this. */
const refinements: readonly [string, Json][] = [
  ['.image', { pattern: IMAGE }],
  ['.publish.address', { anyOf: [...IP, { type: 'array', items: { anyOf: IP }, minItems: 1, uniqueItems: true }] }],
  [
    'network.subnet',
    {
      anyOf: [
        { type: 'string', pattern: CIDR },
        { type: 'array', items: { type: 'string', pattern: CIDR }, minItems: 1, maxItems: 2 },
      ],
    },
  ],
  ['.ipv4', { format: 'ipv4' }],
  ['.ipv6', { format: 'ipv6' }],
  ['.extraHosts.*', { anyOf: [...IP, { const: HOST_GATEWAY }] }],
  ['.folder', { pattern: '^/' }],
  ['host.address', { pattern: '^(unix|npipe|tcp|ssh)://' }],
  ['webui.url', { pattern: '^https?://[^/\\s]+/?$' }],
];

/** Quantities are functions for zod. A default shows which pattern a quantity has. */
function quantity(schema: z.ZodType): Json {
  const value = String((schema as z.ZodDefault).def.defaultValue);
  const pattern = [durationPattern, memoryPattern, sizePattern].find((one) => one.test(value));
  if (!pattern) throw new Error(`no pattern of core/units.ts matches the default ${value}`);
  const positive = pattern === durationPattern && !schema.safeParse('0s').success;
  return { type: 'string', pattern: positive ? pattern.source.replace('^', '^(?!0+[smh]$)') : pattern.source };
}

const ENCRYPTED = 'encrypted';

/** An object with each of its settings as an editor needs it; any other value as it is. */
const withProperties = (schema: Json, path: string): Json =>
  schema['properties']
    ? { ...schema, properties: mapProperties(schema['properties'] as Record<string, Json>, path) }
    : schema;

/** A setting as an editor needs it: described, with its default, and possibly encrypted. */
function forEditors({ description, allowed, fix: _, secret: __, default: value, ...schema }: Json, path: string): Json {
  const [, refinement] = refinements.find(([end]) => path.endsWith(end)) ?? [];
  const [properties, others] = [schema['properties'], schema['additionalProperties']];
  const kinds = (schema['anyOf'] ?? []) as Json[];
  const hasProperties = [schema, ...kinds].some((kind) => kind['properties']);
  const inner: Json = {
    ...withProperties(schema, path),
    ...(hasProperties && kinds.length > 0 && { anyOf: kinds.map((kind) => withProperties(kind, path)) }),
    ...refinement,
  };
  if (typeof others === 'object') inner['additionalProperties'] = forEditors(others as Json, `${path}.*`);
  const fixed = value !== undefined && !JSON.stringify(value).includes(STACK) && !hasProperties;
  return {
    ...(description !== undefined && {
      description: properties || allowed === undefined ? description : `${description}\n\nAllowed: ${allowed}`,
    }),
    ...(fixed && { default: value }),
    anyOf: [inner, { $ref: `#/definitions/${ENCRYPTED}` }],
  };
}

const mapProperties = (properties: Record<string, Json>, path: string) =>
  Object.fromEntries(
    Object.entries(properties).map(([key, inner]) => [key, forEditors(inner, path ? `${path}.${key}` : key)]),
  );

/**
 * A JSON Schema of a whole stack file, for any project and stack. Looser than the program, which also checks combinations; whatever the
 * program accepts passes, with the project's name before a key or without, and with any value encrypted.
 */
export function stackFileSchema(): Json {
  const settings = z.toJSONSchema(schemaFor(STACK), {
    io: 'input',
    target: 'draft-7',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema instanceof z.ZodDefault && zodSchema.unwrap() instanceof z.ZodCustom)
        Object.assign(jsonSchema, quantity(zodSchema));
    },
  });
  const properties = mapProperties(settings.properties as Record<string, Json>, '');
  const prefix = `^(?!(${RESERVED.join('|')}):)[^:]+:`;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Stack file of pulumi-open-webui',
    description: 'Written by npm run docs from settings/schema.ts.',
    type: 'object',
    properties: {
      config: {
        description: 'What differs from the defaults',
        type: 'object',
        properties: Object.fromEntries(Object.keys(properties).map((key) => [key, { $ref: `#/definitions/${key}` }])),
        patternProperties: {
          ...Object.fromEntries(
            Object.keys(properties).map((key) => [`${prefix}${key}$`, { $ref: `#/definitions/${key}` }]),
          ),
          // Keys of Pulumi's providers, and of whatever else reads this configuration.
          ':': {},
        },
        additionalProperties: false,
      },
      encryptionsalt: { type: 'string' },
      encryptedkey: { type: 'string' },
      secretsprovider: { type: 'string' },
      environment: {},
    },
    additionalProperties: false,
    definitions: {
      [ENCRYPTED]: {
        description: 'A value that pulumi config set --secret has encrypted',
        type: 'object',
        properties: { secure: { type: 'string' } },
        required: ['secure'],
        additionalProperties: false,
      },
      ...properties,
    },
  };
}

/** JSON as this project's formatter writes it: short lists on one line. */
export const jsonText = (value: unknown): string =>
  `${JSON.stringify(value, null, 2).replaceAll(/\[\n\s+("[^"\n]*"(?:,\n\s+"[^"\n]*")*)\n\s+\]/g, (_, items: string) => `[${items.replaceAll(/,\n\s+/g, ', ')}]`)}\n`;
