/** From inputs to the settings of a deployment: the same checks as for a stack file, with the same words. */

import { namesOfDeployment } from '../core/names.ts';
import type { Guidance } from '../settings/leaves.ts';
import { isHidden, type Path } from '../settings/opaque.ts';
import type { Origin } from '../settings/origin.ts';
import { parse, type Settings } from '../settings/parse.ts';
import { isVariable } from '../settings/problems.ts';
import { rowsOf } from '../settings/reference.ts';
import { schemaFor } from '../settings/schema.ts';
import { FORMS, SECRET_ENV } from './forms.ts';
import type { Gathered } from './inputs.ts';

type Group = Record<string, unknown>;
const isGroup = (value: unknown): value is Group =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Stands for a variable that is not known yet: it is there, whatever it is. */
const PLACEHOLDER = '(not known yet)';

/** The inputs of a component, by its name in the program. */
export const inputsOf = (deployment: string): Origin => ({
  owner: deployment,
  file: 'the program',
  called: ['input', 'inputs'],
  shows: 'the program',
  kept: 'a secret',
  secret: (setting) =>
    isVariable(setting.split('.'))
      ? `move it to ${SECRET_ENV.section}.${SECRET_ENV.name}, or pass a secret`
      : 'pass a secret',
  plain: () => 'pass it in clear',
  commands: {
    ...{ up: 'pulumi up', refresh: 'pulumi refresh', down: 'pulumi destroy' },
    ...{ verify: 'verify (docs/library.md)', backup: 'make a backup, as docs/library.md says' },
    restore: (file) => `bring back ${file}, as docs/library.md says`,
    ...{ restoreKept: 'restore --back (docs/library.md)', forgetKept: 'restore --forget (docs/library.md)' },
    image: 'docker load puts it there',
    newSessionKey:
      'leave it out, and a generated one takes its place (not while users have a second factor, which it encrypts)',
  },
});

const changed = (values: Group, [key = '', ...rest]: Path, change: (value: unknown) => unknown): Group => {
  if (!Object.hasOwn(values, key)) return values;
  const inner = values[key];
  if (rest.length === 0) return { ...values, [key]: change(inner) };
  return isGroup(inner) ? { ...values, [key]: changed(inner, rest, change) } : values;
};

/** Puts a value where a path leads, with the groups on the way. */
function put(values: Group, [key = '', ...rest]: Path, value: unknown): void {
  if (rest.length === 0) values[key] = value;
  else {
    const inner = values[key];
    const group = isGroup(inner) ? { ...inner } : {};
    values[key] = group;
    put(group, rest, value);
  }
}

/** Where a path of an input is among the settings. */
const inSettings = (path: Path): Path =>
  path[0] === SECRET_ENV.section && path[1] === SECRET_ENV.name
    ? [SECRET_ENV.section, SECRET_ENV.beside, ...path.slice(2)]
    : path;

/** The settings that inputs stand for, in the form of a stack file; secret variables are among the others. */
function settingsOf(values: Group): Group {
  let given = { ...values };
  for (const { path, toSetting } of FORMS) given = changed(given, path.split('.'), toSetting);
  const { [SECRET_ENV.section]: section } = given;
  if (!isGroup(section)) return given;
  const { [SECRET_ENV.name]: kept, ...rest } = section;
  if (!isGroup(kept)) return given;
  const others = rest[SECRET_ENV.beside];
  return {
    ...given,
    [SECRET_ENV.section]: { ...rest, [SECRET_ENV.beside]: { ...(isGroup(others) ? others : {}), ...kept } },
  };
}

/** Settings that are always secret. */
const alwaysSecret = (stack: string): Path[] =>
  rowsOf(schemaFor(stack)).flatMap((row: Guidance & { path: string }) => (row.secret ? [row.path.split('.')] : []));

/** Passwords of registries, which are always secret as well. */
const passwordsIn = ({ registries }: Group): Path[] =>
  isGroup(registries) ? Object.keys(registries).map((address) => ['registries', address, 'password']) : [];

/** Names of the variables in a group of them, as paths among the settings. */
const variablesIn = (values: Group, group: string): Path[] => {
  const section = values[SECRET_ENV.section];
  const variables = isGroup(section) ? section[group] : undefined;
  return isGroup(variables) ? Object.keys(variables).map((name) => [SECRET_ENV.section, SECRET_ENV.beside, name]) : [];
};

/**
 * The settings of a deployment, each of them checked and with its default, which also stands in for what is not known yet.
 *
 * @param deployment name of the component.
 * @throws UserError that names every input which cannot be used.
 */
export function readInputs(
  { values, unknown, secret }: Pick<Gathered, 'values' | 'unknown' | 'secret'>,
  { deployment, project, stack }: { deployment: string; project: string; stack: string },
): Settings {
  const hidden = unknown.map(({ path }) => inSettings(path));
  const given = settingsOf(values);
  for (const path of hidden.filter(isVariable)) put(given, path, PLACEHOLDER);
  const expected = [...alwaysSecret(stack), ...passwordsIn(values), ...variablesIn(values, SECRET_ENV.name)];
  const kept = [...expected, ...secret.map(inSettings)];
  // Whatever else is secret in a section, no error repeats anything of it.
  const unexpected = secret.map(inSettings).filter((path) => !isVariable(path) && !isHidden(expected, path));
  return parse({
    ...{ project, stack, given, hidden, encrypted: kept },
    origin: inputsOf(deployment),
    names: namesOfDeployment(deployment, stack),
    isSecret: (section) => unexpected.some(([first]) => first === section),
  });
}
