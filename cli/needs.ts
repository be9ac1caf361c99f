/** What has to be known of a stack before Pulumi runs. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../core/errors.mjs';
import type { Settings } from '../settings/parse.ts';
import { capture } from '../system/exec.mjs';
import { type Needs, recall } from './fingerprint.ts';

/** The name of a stack without the organization and the project, which Pulumi allows before it: `ORG/STACK`, `ORG/PROJECT/STACK`. */
export const shortName = (stack: string): string => stack.split('/').at(-1) ?? stack;

export const stackFile = (root: string, stack: string): string => join(root, `Pulumi.${shortName(stack)}.yaml`);

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

interface Value {
  value?: string;
  objectValue?: unknown;
  secret: boolean;
}

/** All settings of a stack as Pulumi has them, its ESC environments included; undefined where it cannot be asked. */
async function askPulumi(
  root: string,
  stack: string,
  env: NodeJS.ProcessEnv,
): Promise<{ values: Record<string, unknown>; secret: Set<string> } | undefined> {
  const args = ['config', '--json', '--show-secrets', '--non-interactive', '--stack', stack];
  const { code, stdout } = await capture('pulumi', args, { env, cwd: root });
  if (code !== 0) return undefined;
  const config = Object.entries(JSON.parse(stdout) as Record<string, Value>);
  return {
    values: Object.fromEntries(config.map(([key, { value, objectValue }]) => [key, objectValue ?? value])),
    secret: new Set(config.flatMap(([key, { secret }]) => (secret ? [key] : []))),
  };
}

/** @param pulumi the environment in which Pulumi runs, for what only Pulumi knows. */
async function readFresh(root: string, stack: string, pulumi: () => Promise<NodeJS.ProcessEnv>): Promise<Needs> {
  // Loads the schema of all settings, which takes longer than most commands need.
  const { projectConfig, projectName, readStackFile, readValues } = await import('../settings/file.ts');
  const project = projectName(root);
  const name = shortName(stack);
  const needsOf = ({ host, valkey, webui }: Settings): Needs => ({
    project,
    host,
    images: { valkey: valkey.image, webui: webui.image },
  });
  if (!hasEnvironments(root, stack))
    return needsOf(readStackFile(stackFile(root, stack), project, name, projectConfig(root)));
  const asked = await askPulumi(root, stack, await pulumi());
  if (asked)
    return needsOf(readValues(asked.values, { project, stack: name, isSecret: (key) => asked.secret.has(key) }));
  return { ...needsOf(readStackFile(stackFile(root, stack), project, name, projectConfig(root))), partial: true };
}

/**
 * What a stack needs: as the last `npm run up` noted it, unless something has changed since, else from its file, and from Pulumi where an
 * ESC environment has a say.
 *
 * @throws UserError that names every setting which cannot be used.
 */
export async function readNeeds(
  root: string,
  stack: string,
  pulumi: () => Promise<NodeJS.ProcessEnv> = async () => process.env,
): Promise<Needs> {
  requireStackFile(root, stack);
  const noted = hasEnvironments(root, stack) ? undefined : recall(root, shortName(stack));
  return noted ?? readFresh(root, stack, pulumi);
}
