import { readFileSync } from 'node:fs';
import * as pulumi from '@pulumi/pulumi';
import { parse as parseYaml } from 'yaml';
import { decoded, HIDDEN_KEY, SCRATCH_KEY, settingsOf } from './keys.ts';
import { encryptedPaths, type Path } from './opaque.ts';
import { parse, type Settings } from './parse.ts';
import { warningsOf } from './warnings.ts';

/** Missing in the SDK's types, though every read of a configuration secret goes through it. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };

/**
 * Whether the state exists for one preview only, and so knows nothing of what the engine has: `npm run preview -- --markdown` without the
 * stack's own state.
 */
export const isScratch = (): boolean => pulumi.runtime.getConfig(SCRATCH_KEY) === 'true';

/** The encrypted settings of the stack file in such a preview: something else stands in their place. */
const hiddenSettings = (): Path[] => JSON.parse(pulumi.runtime.getConfig(HIDDEN_KEY) ?? '[]');

/** The encrypted settings as the stack file shows them: Pulumi tells no more than the section. None where the file is elsewhere. */
function encryptedSettings(of: { project: string; stack: string }): Path[] {
  try {
    const file = parseYaml(readFileSync(`Pulumi.${of.stack}.yaml`, 'utf8')) as {
      config?: Record<string, unknown>;
    } | null;
    return encryptedPaths(settingsOf(of, file?.config ?? {}));
  } catch {
    return [];
  }
}

/**
 * The settings of the present stack. Warns about what is accepted and may be a mistake.
 *
 * @throws pulumi.RunError that names every setting which cannot be used, before any resource is registered.
 */
export function readSettings(): Settings {
  const project = pulumi.getProject();
  const stack = pulumi.getStack();
  try {
    const hidden = hiddenSettings();
    const texts = settingsOf({ project, stack }, pulumi.runtime.allConfig());
    const settings = parse({
      project,
      stack,
      given: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, decoded(text)])),
      isSecret: (key) => isConfigSecret(`${project}:${key}`),
      hidden,
      encrypted: [...hidden, ...encryptedSettings({ project, stack })],
    });
    for (const text of warningsOf(settings)) void pulumi.log.warn(text);
    return settings;
  } catch (error) {
    // Pulumi shows the message of a RunError without a stack trace.
    throw new pulumi.RunError((error as Error).message);
  }
}
