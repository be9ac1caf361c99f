import { UserError } from '../core/errors.mjs';
import { valkeyHostOf } from '../core/names.ts';
import { pageUrl } from './page.ts';
import { fromIssues, report } from './problems.ts';
import { rules } from './rules.ts';
import { type Checked, schemaFor } from './schema.ts';

/** A stack's configuration as Pulumi hands it over. */
export interface Source {
  project: string;
  stack: string;
  /** Every key of the project's namespace, without it, with its value decoded. */
  given: Record<string, unknown>;
  /** Whether a key holds a secret: then no error may repeat anything of it. */
  isSecret: (key: string) => boolean;
}

/** All that the program needs to know of a stack: what its file says, and what follows from that. */
export type Settings = Omit<Checked, 'valkey' | 'webui'> & {
  valkey: Checked['valkey'] & {
    /** Its host name on the network. */
    alias: string;
  };
  webui: Omit<Checked['webui'], 'url'> & {
    /** Origin of the page for the people who open it. */
    url: string;
    /** Server processes in the container. */
    processes: number;
    /** All of `env`, and `env` is empty, as soon as one of the variables may be a secret. */
    secretEnv: Record<string, string>;
  };
};

/** A copy without what stands at the given paths. */
function without(value: unknown, paths: readonly (readonly string[])[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !paths.some((path) => path.length === 1 && path[0] === key))
      .map(([key, inner]) => [
        key,
        without(
          inner,
          paths.filter((path) => path[0] === key).map((path) => path.slice(1)),
        ),
      ]),
  );
}

/** Checks a stack's configuration and completes it with the defaults; throws a UserError that names everything that is wrong. */
export function parse(source: Source): Settings {
  const schema = schemaFor(source.stack);
  const first = schema.safeParse(source.given);
  const found = first.success ? [] : fromIssues(schema, first.error.issues);
  // One value can break several checks at once; what is allowed says all of them.
  const problems = [...new Map(found.map((problem) => [problem.path.join('.'), problem])).values()];
  // The rules look at what is left, so that one run tells everything.
  const paths = problems.map((problem) => problem.path);
  const settings = first.success ? first.data : schema.parse(without(source.given, paths));
  for (const rule of rules) problems.push(...rule(settings, source));
  if (problems.length > 0) throw new UserError(report(source, problems));
  const { hardening, network, valkey, webui } = settings;
  const secret = source.isSecret('webui');
  return {
    ...settings,
    valkey: { ...valkey, alias: valkeyHostOf(valkey, { external: network.external, hardening }) },
    webui: {
      ...webui,
      url: pageUrl(settings),
      processes: Number(webui.env['UVICORN_WORKERS'] ?? 1),
      env: secret ? {} : webui.env,
      secretEnv: secret ? webui.env : {},
    },
  };
}
