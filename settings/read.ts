import * as pulumi from '@pulumi/pulumi';
import { engineOf } from '../docker/contexts.ts';
import { settingsOf } from './keys.ts';
import { parse, type Settings } from './parse.ts';

/** Left out of the SDK's types, though every reading of a configuration secret goes through it. */
const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret(key: string): boolean };

function decoded(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * The settings of the present stack, and the engine that they name. The only place that reads Pulumi's configuration.
 *
 * @throws pulumi.RunError that names every setting which cannot be used, before any resource is registered.
 */
export function readSettings(): Settings & { engine: ReturnType<typeof engineOf> } {
  const project = pulumi.getProject();
  const stack = pulumi.getStack();
  try {
    const texts = settingsOf({ project, stack }, pulumi.runtime.allConfig());
    const settings = parse({
      project,
      stack,
      given: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, decoded(text)])),
      isSecret: (key) => isConfigSecret(`${project}:${key}`),
    });
    return { ...settings, engine: engineOf(settings.host) };
  } catch (error) {
    // Pulumi shows the message of a RunError without a stack trace.
    throw new pulumi.RunError((error as Error).message);
  }
}
