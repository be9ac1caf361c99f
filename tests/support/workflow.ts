/** The commands of this repository's workflows, taken from their files. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

type Variables = Record<string, string>;

export interface Step {
  id?: string;
  if?: string;
  run?: string;
  uses?: string;
  env?: Variables;
  with?: Record<string, unknown>;
}

export interface Job {
  if?: string;
  permissions?: Record<string, string>;
  env?: Variables;
  /** A called workflow, instead of steps; it may get secrets. */
  uses?: string;
  secrets?: unknown;
  steps: Step[];
}

export interface Workflow {
  on: unknown;
  permissions: Record<string, string>;
  defaults: { run: { shell: string } };
  env?: Variables;
  jobs: Record<string, Job>;
}

const root = join(__dirname, '..', '..');

export const workflow = (file: string): Workflow =>
  parse(readFileSync(join(root, '.github', 'workflows', file), 'utf8')) as Workflow;

/** Names of the events that start a workflow, however they are written. */
export const eventsOf = ({ on }: Pick<Workflow, 'on'>): string[] =>
  typeof on === 'string' ? [on] : Array.isArray(on) ? on : Object.keys(on as object);

/** Events that run this repository's workflow, with its secrets, for what a stranger sends. */
const FOR_STRANGERS = [
  'pull_request_target',
  'workflow_run',
  'issue_comment',
  'issues',
  'discussion',
  'discussion_comment',
  'fork',
  'watch',
];

/** Commands that need the credentials of a state. */
const NEEDS_SECRETS = /npm run (--silent )?(preview|drift|up)\b|ci comment/;

const holdsSecret = (value: unknown) =>
  /\b(secrets\b|github\.token|toJSON\(\s*github\s*\))/.test(JSON.stringify(value ?? ''));

/**
 * What of a workflow gives secrets, or a token that may write, to something that need not have them; nothing when it is as it should be.
 */
export function leaks(flow: Workflow): string[] {
  const found: string[] = [];
  const strangers = eventsOf(flow).filter((event) => FOR_STRANGERS.includes(event));
  if (strangers.length > 0) found.push(`runs for strangers on ${strangers.join(', ')}`);
  // Every command of every job would get them, those of packages, too.
  if (holdsSecret(flow.env)) found.push('secrets in env of the workflow');
  for (const [name, job] of Object.entries(flow.jobs)) {
    if (holdsSecret(job.env)) found.push(`secrets in env of the job ${name}`);
    if (job.secrets !== undefined) found.push(`secrets given to what the job ${name} calls`);
    for (const [index, step] of (job.steps ?? []).entries()) {
      const where = `step ${index + 1} of the job ${name}`;
      if (holdsSecret(step.with)) found.push(`secrets in with of ${where}`);
      if (holdsSecret(step.env) && !NEEDS_SECRETS.test(step.run ?? '')) found.push(`secrets in env of ${where}`);
      // Nothing of the event gets into a script but by a variable.
      if (step.run?.includes('${{')) found.push(`an expression in the script of ${where}`);
    }
  }
  return found;
}

/** Program and arguments by which GitHub runs the step with that id. */
export function stepOf(file: string, job: string, id: string): [string, string[]] {
  const { defaults, jobs } = workflow(file);
  const script = jobs[job]?.steps.find((step) => step.id === id)?.run;
  if (!script || defaults.run.shell !== 'bash') throw new Error(`no step ${id} for bash in ${file}, job ${job}`);
  return ['bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script]];
}
