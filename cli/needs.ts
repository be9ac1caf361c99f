/** What has to be known of a stack before Pulumi runs. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Host } from '../core/endpoint.ts';
import { UserError } from '../core/errors.mjs';
import { deploysPostgres } from '../core/postgres.ts';
import { privateRegistryOf } from '../core/registries.ts';
import type { StackFile } from '../settings/file.ts';
import type { Settings } from '../settings/parse.ts';
import type { Context } from './command.ts';
import { type Needs, recall } from './fingerprint.ts';
import { shortName, stackFile } from './paths.ts';

/**
 * Refuses a stack that has no file.
 *
 * @throws UserError with the stacks that have one.
 */
export function requireStackFile(root: string, stack: string): void {
  if (existsSync(stackFile(root, stack))) return;
  const stacks = readdirSync(root).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  throw new UserError(
    `There is no stack ${stack}, as there is no Pulumi.${shortName(stack)}.yaml. There are: ${stacks.join(', ')}.`,
  );
}

/** Whether a stack file takes settings from environments of Pulumi ESC, which change without it. */
const hasEnvironments = (root: string, stack: string): boolean =>
  /^environment:/m.test(readFileSync(stackFile(root, stack), 'utf8'));

/** What has to be known of a stack before Pulumi runs. */
const NEEDED = [
  ...[['host'], ['valkey', 'image'], ['webui', 'image'], ['database']],
  ...[
    ['gateway', 'domain'],
    ['gateway', 'image'],
    ['valkey', 'highAvailability'],
    ['valkey', 'balancer'],
  ],
] as const;

/** A stack's file, and which of some settings it hides. */
async function readFile(root: string, stack: string) {
  // Loads the schema of all settings, which takes longer than most commands need.
  const [{ projectConfig, projectName, readStackFile }, { isHidden, isPartlyHidden }] = await Promise.all([
    import('../settings/file.ts'),
    import('../settings/opaque.ts'),
  ]);
  const project = projectName(root);
  return {
    project,
    /** @throws UserError that names every setting which cannot be used. */
    read: () => readStackFile(stackFile(root, stack), project, shortName(stack), projectConfig(root)),
    hides: ({ hidden }: StackFile, ...paths: readonly (readonly string[])[]) =>
      paths.some((path) => isPartlyHidden(hidden, path)),
    /** Whether the file hides what must be known; of registries that is only their addresses. */
    hidesNeeded: ({ hidden }: StackFile) =>
      NEEDED.some((path) => isPartlyHidden(hidden, path)) || isHidden(hidden, ['registries']),
  };
}

interface Asking {
  /** Whether a stack that does not exist may be created in the state, so that Pulumi reads its settings. Default: false */
  create?: boolean;
  /** An environment in which there is the Pulumi CLI, for what only Pulumi knows. Default: it is made present without a word */
  pulumi?: () => Promise<NodeJS.ProcessEnv>;
}

async function provided(context: Context): Promise<NodeJS.ProcessEnv> {
  const { providePulumi } = await import('../setup/pulumi.ts');
  return (await providePulumi(context, () => {})).env;
}

async function readFresh(
  context: Context,
  stack: string,
  { create = false, pulumi = () => provided(context) }: Asking,
): Promise<Needs> {
  const { root } = context;
  const { project, read, hidesNeeded } = await readFile(root, stack);
  const needsOf = ({ database, gateway, host, registries, valkey, webui }: Settings): Needs => {
    const images = {
      ...{ valkey: valkey.image, webui: webui.image },
      ...(deploysPostgres(database) && { database: database.image }),
      ...(gateway.domain && { gateway: gateway.image }),
      ...(valkey.highAvailability && { balancer: valkey.balancer.image }),
    };
    const kept = Object.values(images).filter((image) => privateRegistryOf(image, registries) !== undefined);
    return { project, host, images, ...(kept.length > 0 && { kept }) };
  };
  const ask = async () => {
    const { askPulumi, parseEntries } = await import('./pulumiSettings.ts');
    const entries = await askPulumi({ root, env: await pulumi() }, { project, stack, create });
    return () => parseEntries(entries, { project, stack: shortName(stack) });
  };
  if (!hasEnvironments(root, stack)) {
    const file = read();
    if (!hidesNeeded(file)) return needsOf(file);
    const said = await ask();
    return { ...needsOf(said().settings), isDecrypted: true };
  }
  let said: Awaited<ReturnType<typeof ask>>;
  try {
    said = await ask();
  } catch (error) {
    const file = read();
    if (hidesNeeded(file)) throw error;
    return { ...needsOf(file), partial: true };
  }
  const { settings, secret } = said();
  return { ...needsOf(settings), isDecrypted: secret };
}

/**
 * What a stack needs: as the last `npm run up` noted it, unless something has changed since, else from its file; from Pulumi where the file
 * hides some of it, or an ESC environment has a say.
 *
 * @throws UserError that names every setting which cannot be used.
 */
export async function readNeeds(context: Context, stack: string, asking: Asking = {}): Promise<Needs> {
  const { root } = context;
  requireStackFile(root, stack);
  const noted = hasEnvironments(root, stack) ? undefined : recall(root, shortName(stack));
  return noted ?? readFresh(context, stack, asking);
}

const isNamed = ({ address, context }: Host): boolean => (address ?? context) !== undefined;

/** Whether a stack's settings name its engine, in clear or encrypted. */
export async function namesHost(context: Context, stack: string): Promise<boolean> {
  const { root } = context;
  requireStackFile(root, stack);
  if (hasEnvironments(root, stack)) return isNamed((await readNeeds(context, stack)).host);
  const { read, hides } = await readFile(root, stack);
  const file = read();
  return isNamed(file.host) || hides(file, ['host']);
}
