import { isShared } from '../core/attachments.ts';
import { isForOthers } from '../core/engineVariables.ts';
import { UserError } from '../core/errors.mjs';
import { type Names, valkeyHostOf } from '../core/names.ts';
import type { Registries } from '../core/registries.ts';
import { looksSecret } from '../core/secretPatterns.ts';
import { behindGateway } from './gateway.ts';
import { guarded, isHidden, type Path, Unseen } from './opaque.ts';
import { type Origin, stackFile } from './origin.ts';
import { pageUrl } from './page.ts';
import { fromIssues, isVariable, ofItsKind, type Problem, report, settingAt } from './problems.ts';
import type { Circumstances, Rule } from './rule.ts';
import { isIdentityHeader } from './rules/gateway.ts';
import { inQuotes } from './rules/quotes.ts';
import { rules } from './rules.ts';
import { type Checked, schemaFor } from './schema.ts';

/** A stack's configuration as Pulumi hands it over. */
export interface Source {
  project: string;
  stack: string;
  /** Where they come from. Default: the stack file */
  origin?: Origin;
  /** Names on the engine where none are given. Default: those of a stack file */
  names?: Names;
  /** Every key of the project's namespace, without it, with its value decoded. */
  given: Record<string, unknown>;
  /** Whether a key holds a secret: then no error may repeat anything of it. */
  isSecret: (key: string) => boolean;
  /** Settings that are encrypted, and not decrypted in `given`: whatever stands there says nothing. Default: none */
  hidden?: readonly Path[];
  /** Settings that are known to be encrypted, also where `given` has them decrypted. Default: those that are hidden */
  encrypted?: readonly Path[];
  /** Whether these are all that are encrypted. Default: false */
  allHidden?: boolean;
}

/** All that the program needs to know of a stack: what its file says, and what follows from that. */
export type Settings = Omit<Checked, 'gateway' | 'registries' | 'valkey' | 'webui'> & {
  registries: Registries;
  gateway: Checked['gateway'] & {
    /** Headers by which the web UI identifies users. */
    identityHeaders: string[];
  };
  valkey: Checked['valkey'] & {
    /** Its host name on the network. */
    alias: string;
  };
  webui: Omit<Checked['webui'], 'url'> & {
    /** Origin of the page for the people who open it. */
    url: string;
    /** Server processes in the container. */
    processes: number;
    /** As soon as one of the variables may be a secret all of `env`, but for what others have to find on the engine. */
    secretEnv: Record<string, string>;
  };
};

/** Stands for a text that cannot be seen. */
const UNSEEN = '(encrypted)';

/** A copy without what stands at the given paths; a list is one setting. */
function without(value: unknown, paths: readonly Path[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => !paths.some((path) => path[0] === key && (path.length === 1 || Array.isArray(inner))))
      .map(([key, inner]) => [
        key,
        without(
          inner,
          paths.filter((path) => path[0] === key).map((path) => path.slice(1)),
        ),
      ]),
  );
}

/** What a rule finds; nothing where it depends on a value that cannot be seen: the deployment, which sees it, applies the rule as well. */
function apply(rule: Rule, settings: Checked, circumstances: Circumstances): Problem[] {
  try {
    return rule(settings, circumstances);
  } catch (error) {
    if (error instanceof Unseen) return [];
    throw error;
  }
}

/**
 * A stack's configuration, completed with the defaults, and all that is wrong with it: defaults stand in for what cannot be
 * used.
 */
export function check(source: Source): { settings: Checked; problems: readonly Problem[] } {
  const { origin = stackFile(source.project, source.stack) } = source;
  const schema = schemaFor(source.stack, source.names);
  const hidden = (source.hidden ?? []).map((path) => settingAt(schema, path));
  const encrypted = source.encrypted ?? hidden;
  const given = behindGateway(source.given);
  const first = schema.safeParse(given);
  // The name of a hidden value can be wrong, not the value.
  const issues = (first.error?.issues ?? [])
    .flatMap(ofItsKind)
    .filter(({ code, path }) => code === 'invalid_key' || !isHidden(hidden, path.map(String)));
  const found = [...fromIssues(schema, issues, { origin, given: source.given }), ...inQuotes(source.given)];
  // One value can break several checks at once; what is allowed says all of them.
  const problems = [...new Map(found.map((problem) => [problem.path.join('.'), problem])).values()];
  // The rules look at what is left, so that one run tells everything.
  const paths = problems.map(({ path }) => settingAt(schema, path));
  // A variable is there whatever its value is.
  const stoodIn = hidden.filter((path) => !isVariable(path));
  const settings =
    first.success && problems.length === 0 && hidden.length === 0
      ? first.data
      : schema.parse(without(given, [...paths, ...stoodIn]));
  const seen = guarded(settings, hidden);
  for (const rule of rules) problems.push(...apply(rule, seen, { ...source, origin, encrypted }));
  return { settings, problems };
}

/**
 * Checks a stack's configuration and completes it with the defaults, which also stand in for what cannot be seen.
 *
 * @throws UserError that names everything that is wrong.
 */
export function parse(source: Source): Settings {
  const { settings, problems } = check(source);
  if (problems.length > 0)
    throw new UserError(report({ origin: stackFile(source.project, source.stack), ...source }, problems));
  const { hardening, valkey, webui } = settings;
  // They are there, whatever they are.
  const unseen = (section: string, keys: readonly string[]) =>
    Object.fromEntries(
      keys.flatMap((key) =>
        source.hidden?.some((path) => path.join('.') === `${section}.${key}`) ? [[key, UNSEEN]] : [],
      ),
    );
  const variables = Object.entries(webui.env);
  // Pulumi says that a section contains a secret, not which of its values is one.
  const isKept = ([name, value]: [string, string]) =>
    (source.isSecret('webui') || isHidden(source.encrypted ?? [], ['webui', 'env', name])) &&
    (!isForOthers(name) || looksSecret(name, value));
  return {
    ...settings,
    // What is missing cannot be seen: a rule refuses an entry without it.
    registries: Object.fromEntries(
      Object.entries(settings.registries).map(([address, { username = UNSEEN, password = UNSEEN }]) => [
        address,
        { username, password },
      ]),
    ),
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
      // A value that cannot be seen is no number.
      processes: Number(webui.env['UVICORN_WORKERS'] ?? 1) || 1,
      env: Object.fromEntries(variables.filter((one) => !isKept(one))),
      secretEnv: Object.fromEntries(variables.filter(isKept)),
    },
  };
}
