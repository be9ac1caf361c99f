/** Turns what is wrong with a stack's settings into text that a person can act on. */

import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { looksSecret } from '../core/secretPatterns.ts';
import { type Guidance, guidanceOfKey } from './leaves.ts';
import { isHidden, type Path, pathText } from './opaque.ts';
import type { Origin } from './origin.ts';

/** One thing that is wrong, and where. */
export interface Problem {
  /** Where in the stack's configuration, from the top: `["webui", "publish", "port"]`. */
  path: readonly string[];
  /** Why it cannot be used, where the allowed values do not say it already. */
  reason?: string | undefined;
  allowed: string;
  fix: string;
  /** The value that was meant, where it can be described from the given one; it replaces `fix`, except where the given one is secret. */
  instead?: string | undefined;
  /** Whether the given value may be a secret, so that no error repeats it; of variables that is known. */
  confidential?: boolean;
}

/** Text that stands for a value in an error: short, and never a secret. */
function shown(value: unknown, secret: boolean): string {
  if (value === undefined) return 'nothing';
  if (secret) return '(not shown: it may be a secret)';
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 80)}… (${text.length} characters)` : text;
}

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null | undefined)?.[key], value);

/** The schema that governs a path, and the object's keys that are known there. */
function schemaAt(schema: z.ZodType, path: readonly string[]): z.ZodType {
  let here = schema;
  for (const key of path) {
    here = unwrapped(here);
    if (here instanceof z.ZodObject && Object.hasOwn(here.shape, key)) here = here.shape[key] as z.ZodType;
    else if (here instanceof z.ZodRecord) here = here.valueType as z.ZodType;
  }
  return here;
}

/** The setting that a path is, or is inside of: a list is one, and so is an object of which no part may be missing. */
export function settingAt(schema: z.ZodType, path: readonly string[]): readonly string[] {
  const end = path.findIndex((key, index) => {
    const around = unwrapped(schemaAt(schema, path.slice(0, index)));
    if (!(around instanceof z.ZodObject)) return !(around instanceof z.ZodRecord);
    return Object.hasOwn(around.shape, key) && !(around.shape[key] as z.ZodType).safeParse(undefined).success;
  });
  return end < 0 ? path : path.slice(0, end);
}

/** What a schema is without its default and without being optional; of several kinds of values, the object. */
export function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodUnion) {
    const options = (schema.options as z.ZodType[]).map(unwrapped);
    return options.find((option) => option instanceof z.ZodObject) ?? schema;
  }
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrapped(schema.unwrap() as z.ZodType);
  }
  return schema instanceof z.ZodPipe ? unwrapped(schema.in as z.ZodType) : schema;
}

function unknownKey(schema: z.ZodType, path: readonly string[], key: string): Problem {
  const found = unwrapped(schemaAt(schema, path));
  // The entries of a list have keys, too.
  const parent = found instanceof z.ZodArray ? unwrapped(found.element as z.ZodType) : found;
  const known = parent instanceof z.ZodObject ? Object.keys(parent.shape) : [];
  const [nearest] = known.toSorted((a, b) => distance(a, key) - distance(b, key));
  const close =
    nearest !== undefined && distance(nearest.toLowerCase(), key.toLowerCase()) <= Math.max(2, key.length / 2);
  return {
    path: [...path, key],
    reason: 'there is no such setting',
    allowed: known.join(', '),
    fix: close ? `did you mean "${nearest}"?` : 'remove it',
  };
}

/** Whether a path is that of a variable of the web UI. */
export const isVariable = ([section, group, ...name]: Path): boolean =>
  section === 'webui' && group === 'env' && name.length === 1;

/** What a check found; of a value that may be of several kinds, what is wrong inside of the kind that it is. */
export function ofItsKind(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const inside = issue.errors.find((found) =>
    found.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  return inside?.map((found) => ({ ...found, path: [...issue.path, ...found.path] })) ?? [issue];
}

/** What a schema's own checks found in what was given. */
export function fromIssues(
  schema: z.ZodType,
  issues: readonly z.core.$ZodIssue[],
  { origin, given }: { origin: Origin; given: unknown },
): Problem[] {
  return issues.flatMap((issue): Problem[] => {
    // A list is one setting: no error names a part of it.
    const end = issue.path.findIndex((key) => typeof key === 'number');
    const path = issue.path.slice(0, end < 0 ? undefined : end).map(String);
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(schema, path, key));
    if (issue.code === 'invalid_key') {
      const record = unwrapped(schemaAt(schema, path.slice(0, -1)));
      const {
        description,
        allowed = '',
        fix = 'correct the name',
      } = (record instanceof z.ZodRecord && guidanceOfKey(record.keyType)) || {};
      return [{ path, reason: description, allowed, fix }];
    }
    const guidance = schemaAt(schema, path).meta() as Guidance | undefined;
    if (isVariable(path) && at(given, path) === null) {
      return [
        {
          path,
          reason: 'Compose would take the value from the shell; a stack file has to contain it',
          allowed: guidance?.allowed ?? '',
          fix: 'write the value, or remove the variable',
        },
      ];
    }
    const found = issue.code === 'custom' ? (issue.params as Partial<Problem> | undefined) : undefined;
    return [
      {
        path,
        reason: found?.reason,
        allowed: guidance?.allowed ?? '',
        instead: found?.instead,
        ...(guidance?.secret && { confidential: true }),
        fix: guidance?.secret
          ? origin.secret(pathText(path))
          : (found?.fix ?? guidance?.fix ?? `write ${guidance?.allowed ?? 'another value'}`),
      },
    ];
  });
}

/** The whole message: every problem with its key, what was given, what is allowed and what to do. */
export function report(
  {
    origin,
    ...source
  }: { origin: Origin; given: unknown; isSecret: (key: string) => boolean; encrypted?: readonly Path[] },
  problems: readonly Problem[],
): string {
  const blocks = problems.map(({ path, reason, allowed, fix, instead, confidential }) => {
    const value = at(source.given, path);
    const secret =
      confidential ||
      source.isSecret(path[0] ?? '') ||
      isHidden(source.encrypted ?? [], path) ||
      (isVariable(path) && looksSecret(path.at(-1) ?? '', String(value)));
    return [
      `  ${origin.owner}:${path.join('.').slice(0, 200)}`,
      `    given:   ${shown(value, secret)}${reason ? ` (${reason})` : ''}`,
      `    allowed: ${allowed}`,
      `    to do:   ${instead && !secret ? `write it as "${instead}"` : fix}`,
    ].join('\n');
  });
  const [one, several] = origin.called;
  const count = problems.length === 1 ? `1 ${one}` : `${problems.length} ${several}`;
  return `${count} in ${origin.file} cannot be used. Nothing was created or changed.\n\n${blocks.join('\n\n')}\n`;
}
