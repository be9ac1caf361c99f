/** The component for programs of every language: what Pulumi's engine asks a package for. */

import * as pulumi from '@pulumi/pulumi';
import { Deployment } from '../components/deployment.ts';
import { COMPONENTS } from '../core/resourceTypes.ts';
import { preflight, type Subject, withPrepared } from '../preflight/index.ts';
import type { Path } from '../settings/opaque.ts';
import type { Settings } from '../settings/parse.ts';
import { warningsOf } from '../settings/warnings.ts';
import { SECRET_ENV } from './forms.ts';
import { type Gathered, gather } from './inputs.ts';
import { outputsOf } from './outputs.ts';
import { inputsOf, readInputs } from './settings.ts';

type Checks = Pick<Awaited<ReturnType<typeof preflight>>, 'opts' | 'prepared'>;

/** How the names of what a component consists of go on after its own. */
const PARTS = ['network', 'internal', 'between', 'database', 'secrets', 'valkey', 'webui', 'postgres', 'gateway'];

/** The variables of the web UI, in the clear and secret. */
const VARIABLES = [SECRET_ENV.beside, SECRET_ENV.name];

/** Inputs about a bucket that another resource may give. */
const STORED = ['bucket', 'endpoint', 'region', 'accessKey', 'secretKey'].map((name) => `storage.${name}`);

/** Whether an input reaches the component as it is, so that a preview knows no less of it than an update. */
const isPassed = ([section, key = '', ...rest]: Path): boolean =>
  rest.length === 1
    ? section === SECRET_ENV.section && VARIABLES.some((name) => name === key)
    : ['webui.sessionKey', 'database.url', ...STORED].includes(`${section}.${key}`);

/** The arguments of the component, with the unknown values put back for their placeholders. */
function argsOf(settings: Settings, { prepared }: Checks, { unknown }: Pick<Gathered, 'unknown'>) {
  const args = withPrepared(settings, prepared);
  const passed = unknown.filter(({ path }) => isPassed(path)) as { path: Path; output: pulumi.Output<string> }[];
  const at = (path: string) => passed.find((one) => one.path.join('.') === path)?.output;
  const variables = (group: string): Record<string, pulumi.Output<string>> =>
    Object.fromEntries(passed.flatMap(({ path, output }) => (path[1] === group ? [[path[2], output]] : [])));
  const secretEnv = { ...args.webui.secretEnv, ...variables(SECRET_ENV.name) };
  const env: [string, pulumi.Input<string>][] = Object.entries({ ...args.webui.env, ...variables(SECRET_ENV.beside) });
  const webui = {
    ...args.webui,
    env: Object.fromEntries(env.filter(([name]) => !Object.hasOwn(secretEnv, name))),
    secretEnv,
    sessionKey: at('webui.sessionKey') ?? args.webui.sessionKey,
  };
  const stored = passed.flatMap(({ path: [section, key], output }) => (section === 'storage' ? [[key, output]] : []));
  return {
    ...{ ...args, webui },
    database: { ...args.database, url: at('database.url') ?? args.database.url },
    storage: { ...args.storage, ...Object.fromEntries(stored) },
  };
}

/** Says which inputs a preview shows with their defaults; returns whether anything is not known yet. */
async function warnOfUnknown({ unknown }: Gathered): Promise<boolean> {
  const others = unknown.filter(({ path }) => !isPassed(path)).map(({ path }) => path.join('.'));
  if (others.length > 0)
    await pulumi.log.warn(
      `Not known before the update, so this preview shows ${others.length === 1 ? 'its default' : 'their defaults'}: ${others.join(', ')}.`,
    );
  return unknown.length > 0;
}

/** A deployment at a time: they share an engine, and the lock by which a stack makes one backup at a time. */
let before: Promise<unknown> = Promise.resolve();
function oneAtATime<Result>(work: () => Promise<Result>): Promise<Result> {
  const own = before.then(work, work);
  before = own;
  return own;
}

/**
 * The checks before a deployment, as in the program of a stack file. Where the caller brings a provider and does not say which engine it is for, there
 * is nothing to look at.
 */
async function checked(settings: Settings, subject: Subject, scratch: boolean): Promise<Checks> {
  const { address, context } = settings.host;
  if (subject.provider === undefined || (address ?? context) !== undefined)
    return oneAtATime(() => preflight(settings, { scratch, subject }));
  await pulumi.log.warn(
    `${subject.owner}: the engine of your own provider is unknown, so nothing is checked there and an upgrade makes no backup. To have both, name the engine in the input host.`,
  );
  return { opts: { provider: subject.provider }, prepared: { imageIds: {} } };
}

async function construct(
  name: string,
  inputs: pulumi.Inputs,
  { providers, dependsOn, ...options }: pulumi.ComponentResourceOptions,
): Promise<pulumi.provider.ConstructResult> {
  const gathered = await gather(inputs);
  const before = [dependsOn ?? [], gathered.dependsOn].flat() as pulumi.Resource[];
  const [project, stack] = [pulumi.getProject(), pulumi.getStack()];
  const settings = readInputs(gathered, { deployment: name, project, stack });
  for (const text of warningsOf(settings, inputsOf(name).commands)) await pulumi.log.warn(`${name}: ${text}`);
  const scratch = await warnOfUnknown(gathered);
  const subject: Subject = {
    ...inputsOf(name),
    deployment: name,
    nameOf: (what) => `${name}-${what}`,
    owns: (urn) => PARTS.some((part) => urn.includes(`::${name}-${part}-`)),
    opts: options.parent ? { parent: options.parent } : {},
    provider: (providers as Record<string, pulumi.ProviderResource> | undefined)?.['docker'],
    waits: before.length > 0,
  };
  if (subject.provider !== undefined && Object.keys(settings.registries).length > 0)
    throw new pulumi.RunError(
      `${name}: images are pulled with the provider of your own, which knows nothing of the input registries. Nothing was created or changed.\n  to do: give registryAuth to the provider, and remove registries\n`,
    );
  const checks = await checked(settings, subject, scratch);
  const opts = pulumi.mergeOptions({ ...options, dependsOn: before }, checks.opts);
  const deployment = new Deployment(name, argsOf(settings, checks, gathered), opts);
  return { urn: deployment.urn, state: outputsOf(deployment) };
}

/**
 * The package. An error of the checks names the inputs, and is all that a person sees.
 *
 * @param about its version and its schema, as text.
 */
export const openwebui = ({ version, schema }: { version: string; schema: string }): pulumi.provider.Provider => ({
  version,
  getSchema: async () => schema,
  construct(name, type, inputs, options) {
    if (type !== COMPONENTS.deployment)
      throw new Error(`there is no ${type}; the component is ${COMPONENTS.deployment}`);
    return construct(name, inputs, options);
  },
});
