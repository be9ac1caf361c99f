/** The commands of this repository's workflows, taken from their files. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

interface Workflow {
  on: unknown;
  permissions: Record<string, string>;
  defaults: { run: { shell: string } };
  jobs: Record<
    string,
    {
      if?: string;
      permissions?: Record<string, string>;
      steps: {
        id?: string;
        if?: string;
        run?: string;
        uses?: string;
        env?: Record<string, string>;
        with?: Record<string, unknown>;
      }[];
    }
  >;
}

const root = join(__dirname, '..', '..');

export const workflow = (file: string): Workflow =>
  parse(readFileSync(join(root, '.github', 'workflows', file), 'utf8')) as Workflow;

/** Program and arguments by which GitHub runs the step with that id. */
export function stepOf(file: string, job: string, id: string): [string, string[]] {
  const { defaults, jobs } = workflow(file);
  const script = jobs[job]?.steps.find((step) => step.id === id)?.run;
  if (!script || defaults.run.shell !== 'bash') throw new Error(`no step ${id} for bash in ${file}, job ${job}`);
  return ['bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script]];
}
