import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { looksSecret } from '../core/secretPatterns.js';
import { guidanceOfKey } from './leaves.js';
import { isHidden, pathText } from './opaque.js';
function shown(value, secret) {
    if (value === undefined)
        return 'nothing';
    if (secret)
        return '(not shown: it may be a secret)';
    if (value === null)
        return 'nothing (null)';
    if (Array.isArray(value))
        return 'a list';
    if (typeof value === 'object')
        return 'an object';
    const text = JSON.stringify(value);
    return text.length > 100 ? `${text.slice(0, 80)}… (${text.length} characters)` : text;
}
const at = (value, path) => path.reduce((inner, key) => inner?.[key], value);
function schemaAt(schema, path) {
    let here = schema;
    for (const key of path) {
        here = unwrapped(here);
        if (here instanceof z.ZodObject && Object.hasOwn(here.shape, key))
            here = here.shape[key];
        else if (here instanceof z.ZodRecord)
            here = here.valueType;
    }
    return here;
}
export function settingAt(schema, path) {
    const end = path.findIndex((key, index) => {
        const around = unwrapped(schemaAt(schema, path.slice(0, index)));
        if (!(around instanceof z.ZodObject))
            return !(around instanceof z.ZodRecord);
        return Object.hasOwn(around.shape, key) && !around.shape[key].safeParse(undefined).success;
    });
    return end < 0 ? path : path.slice(0, end);
}
export function unwrapped(schema) {
    if (schema instanceof z.ZodUnion) {
        const options = schema.options.map(unwrapped);
        return options.find((option) => option instanceof z.ZodObject) ?? schema;
    }
    if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
        return unwrapped(schema.unwrap());
    }
    return schema instanceof z.ZodPipe ? unwrapped(schema.in) : schema;
}
function unknownKey(schema, path, key) {
    const found = unwrapped(schemaAt(schema, path));
    const parent = found instanceof z.ZodArray ? unwrapped(found.element) : found;
    const known = parent instanceof z.ZodObject ? Object.keys(parent.shape) : [];
    const [nearest] = known.toSorted((a, b) => distance(a, key) - distance(b, key));
    const close = nearest !== undefined && distance(nearest.toLowerCase(), key.toLowerCase()) <= Math.max(2, key.length / 2);
    return {
        path: [...path, key],
        reason: 'there is no such setting',
        allowed: known.join(', '),
        fix: close ? `did you mean "${nearest}"?` : 'remove it',
    };
}
export const isVariable = ([section, group, ...name]) => section === 'webui' && group === 'env' && name.length === 1;
export function ofItsKind(issue) {
    if (issue.code !== 'invalid_union')
        return [issue];
    const inside = issue.errors.find((found) => found.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'));
    return inside?.map((found) => ({ ...found, path: [...issue.path, ...found.path] })) ?? [issue];
}
export function fromIssues(schema, issues, { origin, given }) {
    return issues.flatMap((issue) => {
        const end = issue.path.findIndex((key) => typeof key === 'number');
        const path = issue.path.slice(0, end < 0 ? undefined : end).map(String);
        if (issue.code === 'unrecognized_keys')
            return issue.keys.map((key) => unknownKey(schema, path, key));
        if (issue.code === 'invalid_key') {
            const record = unwrapped(schemaAt(schema, path.slice(0, -1)));
            const { description, allowed = '', fix = 'correct the name', } = (record instanceof z.ZodRecord && guidanceOfKey(record.keyType)) || {};
            return [{ path, reason: description, allowed, fix }];
        }
        const guidance = schemaAt(schema, path).meta();
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
        const found = issue.code === 'custom' ? issue.params : undefined;
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
export function report({ origin, ...source }, problems) {
    const blocks = problems.map(({ path, reason, allowed, fix, instead, confidential }) => {
        const value = at(source.given, path);
        const secret = confidential ||
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
