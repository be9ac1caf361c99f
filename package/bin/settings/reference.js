import { z } from 'zod';
import { durationPattern, memoryPattern, sizePattern } from '../core/units.js';
import { HOST_GATEWAY } from '../core/webui.js';
import { RESERVED } from './keys.js';
import { unwrapped } from './problems.js';
import { schemaFor } from './schema.js';
const STACK = 'STACK';
function defaultOf(schema) {
    if (!(schema instanceof z.ZodDefault))
        return undefined;
    const { defaultValue } = schema.def;
    return typeof defaultValue === 'string' ? defaultValue : JSON.stringify(defaultValue);
}
export function rowsOf(schema, prefix = '') {
    const object = unwrapped(schema);
    if (!(object instanceof z.ZodObject))
        return [];
    return Object.entries(object.shape).flatMap(([key, inner]) => {
        const path = prefix + key;
        const guidance = inner.meta();
        if (!guidance)
            throw new Error(`${path} has no description: see settings/leaves.ts`);
        const below = rowsOf(inner, `${path}.`);
        const isGroup = inner instanceof z.ZodPrefault && inner.unwrap() instanceof z.ZodObject;
        return isGroup ? below : [{ ...guidance, path, value: defaultOf(inner) }, ...below];
    });
}
const code = (text) => `\`${text}\``;
const line = (...cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
export const tableOf = (rows) => [
    line('Setting', 'Default', 'Allowed', 'Meaning'),
    line('---', '---', '---', '---'),
    ...rows.map(({ path, value, allowed, description }) => line(code(path), value === undefined ? '–' : code(value), allowed, description)),
].join('\n');
const BEGIN = '<!-- biome-ignore format: the table of settings, written by npm run docs -->';
const END = '<!-- end of the table of settings -->';
export function withTable(page) {
    const [start, end] = [page.indexOf(BEGIN), page.indexOf(END)];
    if (start < 0 || end < start)
        throw new Error(`the page has no place for the table of settings: ${BEGIN} … ${END}`);
    return `${page.slice(0, start)}${BEGIN}\n${tableOf(rowsOf(schemaFor(STACK)))}\n\n${page.slice(end)}`;
}
const IMAGE = '^([A-Za-z0-9.-]+(:\\d+)?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:\\w[\\w.-]{0,127})?(@[A-Za-z][\\w.+-]*:[0-9a-fA-F]{32,})?$';
const IP = [
    { type: 'string', format: 'ipv4' },
    { type: 'string', format: 'ipv6' },
];
const CIDR = '^[0-9A-Fa-f.:]+/\\d{1,3}$';
const refinements = [
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
function quantity(schema) {
    const value = String(schema.def.defaultValue);
    const pattern = [durationPattern, memoryPattern, sizePattern].find((one) => one.test(value));
    if (!pattern)
        throw new Error(`no pattern of core/units.ts matches the default ${value}`);
    const positive = pattern === durationPattern && !schema.safeParse('0s').success;
    return { type: 'string', pattern: positive ? pattern.source.replace('^', '^(?!0+[smh]$)') : pattern.source };
}
const ENCRYPTED = 'encrypted';
const withProperties = (schema, path) => schema['properties']
    ? { ...schema, properties: mapProperties(schema['properties'], path) }
    : schema;
function forEditors({ description, allowed, fix: _, secret: __, default: value, ...schema }, path) {
    const [, refinement] = refinements.find(([end]) => path.endsWith(end)) ?? [];
    const [properties, others] = [schema['properties'], schema['additionalProperties']];
    const kinds = (schema['anyOf'] ?? []);
    const hasProperties = [schema, ...kinds].some((kind) => kind['properties']);
    const inner = {
        ...withProperties(schema, path),
        ...(hasProperties && kinds.length > 0 && { anyOf: kinds.map((kind) => withProperties(kind, path)) }),
        ...refinement,
    };
    if (typeof others === 'object')
        inner['additionalProperties'] = forEditors(others, `${path}.*`);
    const fixed = value !== undefined && !JSON.stringify(value).includes(STACK) && !hasProperties;
    return {
        ...(description !== undefined && {
            description: properties || allowed === undefined ? description : `${description}\n\nAllowed: ${allowed}`,
        }),
        ...(fixed && { default: value }),
        anyOf: [inner, { $ref: `#/definitions/${ENCRYPTED}` }],
    };
}
const mapProperties = (properties, path) => Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, forEditors(inner, path ? `${path}.${key}` : key)]));
export function stackFileSchema() {
    const settings = z.toJSONSchema(schemaFor(STACK), {
        io: 'input',
        target: 'draft-7',
        unrepresentable: 'any',
        override: ({ zodSchema, jsonSchema }) => {
            if (zodSchema instanceof z.ZodDefault && zodSchema.unwrap() instanceof z.ZodCustom)
                Object.assign(jsonSchema, quantity(zodSchema));
        },
    });
    const properties = mapProperties(settings.properties, '');
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
                    ...Object.fromEntries(Object.keys(properties).map((key) => [`${prefix}${key}$`, { $ref: `#/definitions/${key}` }])),
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
export const jsonText = (value) => `${JSON.stringify(value, null, 2).replaceAll(/\[\n\s+("[^"\n]*"(?:,\n\s+"[^"\n]*")*)\n\s+\]/g, (_, items) => `[${items.replaceAll(/,\n\s+/g, ', ')}]`)}\n`;
