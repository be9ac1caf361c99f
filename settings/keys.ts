import { UserError } from '../core/errors.mjs';
import { schemaFor } from './schema.ts';

/** Namespaces of configuration keys that are no project's. */
export const RESERVED = ['docker', 'random', 'pulumi', 'preview'];

/** True in a preview without the stack's state: nothing that exists can be known as the stack's own. */
export const SCRATCH_KEY = 'preview:scratch';

/** In such a preview, the paths of the settings that are encrypted in the stack file, as JSON: something else stands in their place. */
export const HIDDEN_KEY = 'preview:hidden';

/** A value of the configuration from its text: Pulumi keeps what is not text as JSON. */
export function decoded(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The settings among the keys of a configuration, without the project's name. A stack file may leave that out, which lets it serve a
 * project of any name.
 *
 * @throws UserError for settings of a project of another name: Pulumi itself would pass over them in silence.
 */
export function settingsOf<Value>(
  { project, stack }: { project: string; stack: string },
  config: Readonly<Record<string, Value>>,
): Record<string, Value> {
  const keys = Object.entries(config).map(([key, value]) => {
    const colon = key.indexOf(':');
    return { key, namespace: colon < 0 ? project : key.slice(0, colon), name: key.slice(colon + 1), value };
  });
  const known = Object.keys(schemaFor(stack).shape);
  const foreign = keys.filter(
    ({ namespace, name }) => namespace !== project && !RESERVED.includes(namespace) && known.includes(name),
  );
  if (foreign.length > 0) {
    throw new UserError(
      `Pulumi.${stack}.yaml has settings of another project, as this one is called ${project}. Nothing was created or changed.\n\n${foreign
        .map(({ key, name }) => `  ${key}\n    to do:   write it as "${name}"`)
        .join('\n\n')}\n`,
    );
  }
  return Object.fromEntries(
    keys.filter(({ namespace }) => namespace === project).map(({ name, value }) => [name, value]),
  );
}
