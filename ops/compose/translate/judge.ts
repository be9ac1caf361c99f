/** Holds a stack file that was made against the rules for every stack file: what they refuse cannot move. */

import { check } from '../../../settings/parse.ts';
import type { Problem } from '../../../settings/problems.ts';
import type { Draft, Path } from './draft.ts';

const VARIABLES: Path = ['webui', 'env'];
const isVariable = (path: Path) => path.length === 3 && VARIABLES.every((key, at) => path[at] === key);

const nameOf = (path: Path) => (isVariable(path) ? (path.at(-1) ?? '') : path.join('.'));

function sentence({ path, reason, allowed, fix }: Problem): string {
  return `${nameOf(path)}: ${[reason, `allowed: ${allowed}`, fix].filter(Boolean).join('; ')}`;
}

/** What the rules say of the draft. */
function problemsOf(draft: Draft, project: string): readonly Problem[] {
  const secret = draft.secrets.length > 0;
  return check({ project, stack: draft.stack, given: draft.given, isSecret: (key) => secret && key === 'webui' })
    .problems;
}

/** Takes out of the draft what the rules refuse, or corrects it where they know what was meant. */
export function judge(draft: Draft, project: string): void {
  // What one rule takes away, another may need; it is taken away itself then.
  for (let round = 0; round < 5; round++) {
    const problems = problemsOf(draft, project);
    if (problems.length === 0) return;
    for (const problem of problems) {
      const { path, instead, reason } = problem;
      const value = draft.get(path);
      if (value === undefined) continue;
      if (instead !== undefined && isVariable(path)) {
        if (draft.isSecret(path)) draft.secret(path, instead);
        else draft.set(path, instead);
        draft.say('better', `${nameOf(path)}: corrected, as ${reason ?? 'it would not work'}`);
      } else {
        draft.remove(path);
        draft.say('cannot', sentence(problem));
      }
    }
  }
}
