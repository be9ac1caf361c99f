/** The schema of the package, from which Pulumi makes an SDK for each language: derived from that of the settings. */

import { z } from 'zod';
import { namesOfDeployment } from '../core/names.ts';
import { COMPONENTS, MODULE, PACKAGE } from '../core/resourceTypes.ts';
import type { Guidance } from '../settings/leaves.ts';
import { schemaFor } from '../settings/schema.ts';
import { ENABLED, FORMS, SECRET_ENV } from './forms.ts';
import { OUTPUT_TYPES, OUTPUTS } from './outputs.ts';
import { type Definition, named, type Property, type Type } from './types.ts';

/** How the names of SDKs begin. Pulumi's own default for a folder: for a repository, it would be the owner of that, and different everywhere. */
const NAMESPACE = 'pulumi';

/** Stand for names in defaults that contain them. */
const [NAME, STACK] = ['NAME', 'STACK'];

const pascal = (key: string): string => (key === 'webui' ? 'WebUI' : key.charAt(0).toUpperCase() + key.slice(1));

/** A list is named by what it holds. */
const singular = (key: string): string => key.replace(/ies$/, 'y').replace(/s$/, '');

/** What a schema is without default, without being optional and without what a check makes of it. */
function bare(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return bare(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodPipe ? bare(schema.in as z.ZodType) : schema;
}

/** The one kind of value that stands for all of a union: an object, else a list of what may also stand alone, else text. */
function kindOf(options: readonly z.ZodType[]): z.ZodType {
  const kinds = options.map(bare);
  const list = kinds.find((kind) => kind instanceof z.ZodArray);
  const isList = kinds.length === 2 && kinds.some((kind) => kind === bare(list?.element as z.ZodType));
  return kinds.find((kind) => kind instanceof z.ZodObject) ?? (list && isList ? list : z.string());
}

/** Collects the types of the inputs while it goes through the settings. */
class Types {
  /** By the short name that each would have: what wants it, by the long one. */
  readonly #wanted = new Map<string, Map<string, Definition>>();

  /** The type of a setting; `path` names it from the top. */
  of(schema: z.ZodType, path: readonly string[], description = descriptionOf(schema, path)): Type {
    const kind = bare(schema);
    if (kind instanceof z.ZodUnion) return this.of(kindOf(kind.options as z.ZodType[]), path, description);
    if (kind instanceof z.ZodBoolean) return { type: 'boolean' };
    if (kind instanceof z.ZodNumber) return { type: kind.format === 'safeint' ? 'integer' : 'number' };
    if (kind instanceof z.ZodArray) return { type: 'array', items: this.of(kind.element as z.ZodType, each(path)) };
    if (kind instanceof z.ZodRecord)
      return { type: 'object', additionalProperties: this.of(kind.valueType as z.ZodType, each(path)) };
    if (kind instanceof z.ZodEnum) return this.#named(path, closedSet(kind, description));
    if (kind instanceof z.ZodObject) return this.#named(path, this.object(kind, path, description));
    return { type: 'string' };
  }

  object(kind: z.ZodObject, path: readonly string[], description: string): Definition {
    const properties = Object.entries(kind.shape).map(
      ([key, inner]) => [key, this.#property(inner as z.ZodType, [...path, key])] as const,
    );
    const required = Object.entries(kind.shape).flatMap(([key, inner]) =>
      (inner as z.ZodType).safeParse(undefined).success ? [] : [key],
    );
    return {
      ...{ type: 'object', description },
      properties: { ...Object.fromEntries(properties), ...besides(path) },
      ...(required.length > 0 && { required: required.toSorted() }),
    };
  }

  #property(schema: z.ZodType, path: readonly string[]): Property {
    const { secret } = (schema.meta() ?? {}) as Partial<Guidance>;
    return { ...this.of(schema, path), description: descriptionOf(schema, path), ...(secret && { secret }) };
  }

  #named(path: readonly string[], definition: Definition): Type {
    const [short, long] = [pascal(path.at(-1) ?? ''), path.map(pascal).join('')];
    const wanted = this.#wanted.get(short) ?? new Map<string, Definition>();
    this.#wanted.set(short, wanted.set(long, definition));
    return named(long);
  }

  /** All types, by the short name those that several places have in common. */
  all(): { types: Record<string, Definition>; shortened: ReadonlyMap<string, string> } {
    const shortened = new Map<string, string>();
    const types: Record<string, Definition> = {};
    for (const [short, wanted] of this.#wanted) {
      const texts = new Set([...wanted.values()].map((one) => JSON.stringify(one)));
      for (const [long, definition] of wanted) {
        const isSame = texts.size === 1 && wanted.size > 1;
        if (isSame) shortened.set(long, short);
        types[isSame ? short : long] = definition;
      }
    }
    return { types, shortened };
  }
}

/** The path of what a list or a map holds. */
const each = (path: readonly string[]): string[] => [...path.slice(0, -1), singular(path.at(-1) ?? '')];

function closedSet(kind: z.ZodEnum, description: string): Definition {
  const values = kind.options as string[];
  return { type: 'string', description, enum: values.map((value) => ({ name: pascal(value), value })) };
}

/** What an input is for, what is allowed, and what stands in its place. */
function descriptionOf(schema: z.ZodType, path: readonly string[]): string {
  const { description = '', allowed = '' } = (schema.meta() ?? {}) as Partial<Guidance>;
  const note = FORMS.find((form) => form.path === path.join('.'))?.note ?? '';
  const isGroup = bare(schema) instanceof z.ZodObject;
  const value = schema instanceof z.ZodDefault ? schema.def.defaultValue : undefined;
  const isShown = value !== undefined && !/Default: /.test(description) && !/^[[{]/.test(JSON.stringify(value));
  return [
    `${description}.${note && `${note}.`}`,
    ...(isGroup || allowed === '' ? [] : [`Allowed: ${allowed}.`]),
    ...(isShown ? [`Default: ${typeof value === 'string' ? value : JSON.stringify(value)}.`] : []),
  ].join('\n\n');
}

/** Inputs that no setting is. */
function besides(path: readonly string[]): Record<string, Property> {
  const here = path.join('.');
  if (here === SECRET_ENV.section) {
    const { name, description } = SECRET_ENV;
    return {
      [name]: {
        type: 'object',
        additionalProperties: { type: 'string' },
        description: `${description}.`,
        secret: true,
      },
    };
  }
  return here === 'webui.publish'
    ? { [ENABLED.name]: { type: 'boolean', description: `${ENABLED.description}.` } }
    : {};
}

/** Sets the references right that name a type by another name than it has. */
function renamed<Value>(value: Value, names: ReadonlyMap<string, string>): Value {
  if (Array.isArray(value)) return value.map((one) => renamed(one, names)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    const [, long] = key === '$ref' ? (/:([^:]+)$/.exec(String(inner)) ?? []) : [];
    const short = long === undefined ? undefined : names.get(long);
    return [key, short === undefined ? renamed(inner, names) : named(short).$ref];
  });
  return Object.fromEntries(entries) as Value;
}

/** An object with its keys in order, so that a schema changes only where something has changed. */
const sorted = <Value>(value: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)));

/** What a schema says of its package. */
export interface About {
  version: string;
  description: string;
  license: string;
}

/**
 * The schema of the package.
 *
 * @throws Error for two types of the same name.
 */
export function packageSchema({ version, description, license }: About): Record<string, unknown> {
  const types = new Types();
  const settings = schemaFor(STACK, namesOfDeployment(NAME, STACK));
  const { properties: inputProperties } = types.object(settings, [], '');
  const { types: inputTypes, shortened } = types.all();
  const twice = Object.keys(inputTypes).filter((name) => Object.hasOwn(OUTPUT_TYPES, name));
  if (twice.length > 0) throw new Error(`types of inputs and of outputs have the same name: ${twice.join(', ')}`);
  const all = sorted({ ...renamed(inputTypes, shortened), ...OUTPUT_TYPES });
  const respected = { respectSchemaVersion: true };
  return {
    ...{ name: PACKAGE, displayName: 'Open WebUI', namespace: NAMESPACE, version, description, license },
    keywords: ['pulumi', 'kind/component', 'category/infrastructure', 'open-webui'],
    language: Object.fromEntries(['csharp', 'go', 'java', 'nodejs', 'python'].map((name) => [name, respected])),
    types: Object.fromEntries(Object.entries(all).map(([name, type]) => [`${MODULE}${name}`, type])),
    resources: {
      [COMPONENTS.deployment]: {
        isComponent: true,
        description:
          'A whole chat: network, generated secrets, Valkey, Open WebUI and, where they are asked for, Postgres and a gateway, wired to each other. ' +
          'What is left out has the default of a stack file; names follow from the name of the component and of the stack.',
        inputProperties: renamed(inputProperties, shortened),
        ...OUTPUTS,
      },
    },
  };
}
