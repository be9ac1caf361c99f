/**
 * Which stacks a change touches. Reads the names of changed files, one a line, and prints the stacks as a JSON list:
 *
 *   git diff --name-only --no-renames main | node ops/ci/affected.ts
 */

import { readdirSync, readFileSync } from 'node:fs';

/** What no deployment is made from. Everything else may change every stack. */
const HARMLESS = [/\.md$/, /^docs\//, /^examples\//, /^tests\//, /^LICENSE$/, /^\.gitignore$/];

const stackOf = (file: string): string | undefined => /^Pulumi\.([\w.-]+)\.yaml$/.exec(file)?.[1];

/**
 * Stacks that are to be previewed. `local` is one of them: a preview pulls no image, so it needs none, and what breaks it would
 * otherwise be found by the first person who has no registry.
 */
export function affected(changed: readonly string[], stacks: readonly string[]): string[] {
  const all = [...stacks].sort();
  if (changed.some((file) => !stackOf(file) && !HARMLESS.some((pattern) => pattern.test(file)))) return all;
  // The file of a stack that is no more changes nothing that could be shown.
  return all.filter((stack) => changed.includes(`Pulumi.${stack}.yaml`));
}

if (process.argv[1]?.endsWith('affected.ts')) {
  const stacks = readdirSync('.').flatMap((file) => stackOf(file) ?? []);
  console.log(JSON.stringify(affected(readFileSync(0, 'utf8').split('\n').filter(Boolean), stacks)));
}
