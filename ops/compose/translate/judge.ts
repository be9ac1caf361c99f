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

/** What the rules say of a stack file. */
function problemsOf(draft: Draft, project: string, given: Draft['given'] = draft.given): readonly Problem[] {
  const encrypted = draft.secrets.map(({ path }) => path);
  const source = { project, stack: draft.stack, given, encrypted };
  return check({ ...source, isSecret: (key) => encrypted.some(([section]) => section === key) }).problems;
}

const isSame = (one: Path, other: Path) => one.join('.') === other.join('.');

/** Takes away what a rule refuses; of a list, only those entries that it refuses by themselves. */
function takeAway(draft: Draft, path: Path, project: string): void {
  const value = draft.get(path);
  const [section = '', key = ''] = path;
  const list: unknown[] = Array.isArray(value) && path.length === 2 ? value : [];
  const kept = list.filter((one) => {
    const alone = { ...draft.given, [section]: { ...(draft.given[section] as object), [key]: [one] } };
    return !problemsOf(draft, project, alone).some((problem) => isSame(problem.path, path));
  });
  if (kept.length === 0 || kept.length === list.length) draft.remove(path);
  else draft.set(path, kept);
}

/** Takes out of the draft what the rules refuse, or corrects it where they know what was meant. */
export function judge(draft: Draft, project: string): void {
  // What is taken away for one rule may be what another one needs.
  for (let round = 0; round < 5; round++) {
    const problems = problemsOf(draft, project);
    if (problems.length === 0) return;
    for (const problem of problems) {
      const { path, instead, reason } = problem;
      if (draft.get(path) === undefined) continue;
      if (instead !== undefined && isVariable(path)) {
        if (draft.isSecret(path)) draft.secret(path, instead);
        else draft.set(path, instead);
        draft.say('better', `${nameOf(path)}: corrected: ${reason ?? 'it would not work'}`);
      } else {
        takeAway(draft, path, project);
        draft.say('cannot', sentence(problem));
      }
    }
  }
}
