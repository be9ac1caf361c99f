import { isShared } from '../core/attachments.js';
import { isForOthers } from '../core/engineVariables.js';
import { UserError } from '../core/errors.mjs';
import { valkeyHostOf } from '../core/names.js';
import { looksSecret } from '../core/secretPatterns.js';
import { behindGateway } from './gateway.js';
import { guarded, isHidden, Unseen } from './opaque.js';
import { stackFile } from './origin.js';
import { pageUrl } from './page.js';
import { fromIssues, isVariable, ofItsKind, report, settingAt } from './problems.js';
import { isIdentityHeader } from './rules/gateway.js';
import { inQuotes } from './rules/quotes.js';
import { rules } from './rules.js';
import { schemaFor } from './schema.js';
const UNSEEN = '(encrypted)';
function without(value, paths) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
        return value;
    return Object.fromEntries(Object.entries(value)
        .filter(([key, inner]) => !paths.some((path) => path[0] === key && (path.length === 1 || Array.isArray(inner))))
        .map(([key, inner]) => [
        key,
        without(inner, paths.filter((path) => path[0] === key).map((path) => path.slice(1))),
    ]));
}
function apply(rule, settings, circumstances) {
    try {
        return rule(settings, circumstances);
    }
    catch (error) {
        if (error instanceof Unseen)
            return [];
        throw error;
    }
}
export function check(source) {
    const { origin = stackFile(source.project, source.stack) } = source;
    const schema = schemaFor(source.stack, source.names);
    const hidden = (source.hidden ?? []).map((path) => settingAt(schema, path));
    const encrypted = source.encrypted ?? hidden;
    const given = behindGateway(source.given);
    const first = schema.safeParse(given);
    const issues = (first.error?.issues ?? [])
        .flatMap(ofItsKind)
        .filter(({ code, path }) => code === 'invalid_key' || !isHidden(hidden, path.map(String)));
    const found = [...fromIssues(schema, issues, { origin, given: source.given }), ...inQuotes(source.given)];
    const problems = [...new Map(found.map((problem) => [problem.path.join('.'), problem])).values()];
    const paths = problems.map(({ path }) => settingAt(schema, path));
    const stoodIn = hidden.filter((path) => !isVariable(path));
    const settings = first.success && problems.length === 0 && hidden.length === 0
        ? first.data
        : schema.parse(without(given, [...paths, ...stoodIn]));
    const seen = guarded(settings, hidden);
    for (const rule of rules)
        problems.push(...apply(rule, seen, { ...source, origin, encrypted }));
    return { settings, problems };
}
export function parse(source) {
    const { settings, problems } = check(source);
    if (problems.length > 0)
        throw new UserError(report({ origin: stackFile(source.project, source.stack), ...source }, problems));
    const { hardening, valkey, webui } = settings;
    const unseen = (section, keys) => Object.fromEntries(keys.flatMap((key) => source.hidden?.some((path) => path.join('.') === `${section}.${key}`) ? [[key, UNSEEN]] : []));
    const variables = Object.entries(webui.env);
    const isKept = ([name, value]) => (source.isSecret('webui') || isHidden(source.encrypted ?? [], ['webui', 'env', name])) &&
        (!isForOthers(name) || looksSecret(name, value));
    return {
        ...settings,
        registries: Object.fromEntries(Object.entries(settings.registries).map(([address, { username = UNSEEN, password = UNSEEN }]) => [
            address,
            { username, password },
        ])),
        database: { ...settings.database, ...unseen('database', ['url']) },
        storage: { ...settings.storage, ...unseen('storage', ['bucket', 'accessKey', 'secretKey']) },
        gateway: {
            ...settings.gateway,
            identityHeaders: Object.entries(webui.env).flatMap(([name, header]) => (isIdentityHeader(name) ? [header] : [])),
        },
        valkey: { ...valkey, alias: valkeyHostOf(valkey, { shared: isShared(settings), hardening }) },
        webui: {
            ...webui,
            url: pageUrl(settings),
            processes: Number(webui.env['UVICORN_WORKERS'] ?? 1) || 1,
            env: Object.fromEntries(variables.filter((one) => !isKept(one))),
            secretEnv: Object.fromEntries(variables.filter(isKept)),
        },
    };
}
