/** Inputs as Pulumi hands them to a component: values, among them some that are secret, and in a preview some that are not known yet. */

import * as pulumi from '@pulumi/pulumi';
import type { Path } from '../settings/opaque.ts';

/** What the SDK's types leave out, though every resource goes through it. */
interface Inner {
  isKnown: Promise<boolean>;
  isSecret: Promise<boolean>;
  allResources(): Promise<Set<pulumi.Resource>>;
  promise(withUnknowns?: boolean): Promise<unknown>;
}

/** An input with the place where it stands. */
export interface Placed {
  path: Path;
  output: pulumi.Output<unknown>;
}

/** Inputs, as far as they are known. */
export interface Gathered {
  /** Their values; one that is not known is undefined. */
  values: Record<string, unknown>;
  /** Those that are not known before the update. */
  unknown: readonly Placed[];
  /** Those that are secret. */
  secret: readonly Path[];
  /** What has to exist before. */
  dependsOn: readonly pulumi.Resource[];
}

class Gathering {
  readonly unknown: Placed[] = [];
  readonly secret: Path[] = [];
  readonly #dependsOn = new Set<pulumi.Resource>();

  get dependsOn(): pulumi.Resource[] {
    return [...this.#dependsOn];
  }

  async value(input: unknown, path: Path): Promise<unknown> {
    if (pulumi.Output.isInstance(input)) return this.#output(input, path);
    if (Array.isArray(input)) return this.#list(input, path);
    if (typeof input !== 'object' || input === null) return input;
    const entries = Object.entries(input).map(
      async ([key, inner]) => [key, await this.value(inner, [...path, key])] as const,
    );
    // A key that is there without a value is one that a language with types writes for none.
    return Object.fromEntries(
      (await Promise.all(entries)).filter(([, inner]) => inner !== undefined && inner !== null),
    );
  }

  /** A list is one setting: one part that is not known, or secret, makes all of it so. */
  async #list(input: readonly unknown[], path: Path): Promise<unknown> {
    const inside = new Gathering();
    const values = await Promise.all(input.map((one) => inside.value(one, path)));
    for (const one of inside.dependsOn) this.#dependsOn.add(one);
    if (inside.secret.length > 0) this.secret.push(path);
    if (inside.unknown.length === 0) return values;
    this.unknown.push({ path, output: pulumi.output(input) });
    return undefined;
  }

  async #output(output: pulumi.Output<unknown>, path: Path): Promise<unknown> {
    const inner = output as unknown as Inner;
    for (const one of await inner.allResources()) this.#dependsOn.add(one);
    if (await inner.isSecret) this.secret.push(path);
    if (await inner.isKnown) return this.value(await inner.promise(), path);
    this.unknown.push({ path, output });
    return undefined;
  }
}

/** Waits for all inputs. */
export async function gather(inputs: pulumi.Inputs): Promise<Gathered> {
  const gathering = new Gathering();
  const values = (await gathering.value(inputs, [])) as Record<string, unknown>;
  return { values, unknown: gathering.unknown, secret: gathering.secret, dependsOn: gathering.dependsOn };
}
