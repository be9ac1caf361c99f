/** Which stacks a change touches. */

/** What no deployment is made from. Everything else may change every stack. */
const HARMLESS = [/\.md$/, /^docs\//, /^examples\//, /^tests\//, /^LICENSE$/, /^\.gitignore$/];

/** The stack whose file has a name; undefined for any other file. */
export const stackOf = (file: string): string | undefined => /^Pulumi\.([\w.-]+)\.yaml$/.exec(file)?.[1];

/**
 * Stacks that are to be previewed. `local` is one of them: a preview pulls no image, so it needs none, and what breaks it would
 * otherwise be found by the first person who has no registry.
 */
export function affectedStacks(changed: readonly string[], stacks: readonly string[]): string[] {
  const all = [...stacks].sort();
  if (changed.some((file) => !stackOf(file) && !HARMLESS.some((pattern) => pattern.test(file)))) return all;
  // The file of a deleted stack changes nothing that could be shown.
  return all.filter((stack) => changed.includes(`Pulumi.${stack}.yaml`));
}
