import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { workflow } from '../support/workflow.ts';

const root = join(__dirname, '..', '..');
const files = readdirSync(join(root, '.github', 'workflows'));
const scripts = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }).scripts;

describe.each(files)('%s', (file) => {
  const text = readFileSync(join(root, '.github', 'workflows', file), 'utf8');
  const { permissions, jobs } = workflow(file);
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('uses official actions alone, each by its commit', () => {
    const used = [...text.matchAll(/uses: (.+)/g)].map(([, action]) => action);
    expect(used).toHaveLength(steps.filter(({ uses }) => uses).length);
    for (const action of used) expect(action).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('may read, and write nothing but a comment', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const more = Object.entries(jobs).flatMap(([name, job]) => (job.permissions ? [[name, job.permissions]] : []));
    expect(more).toEqual(file === 'preview.yml' ? [['comment', { contents: 'read', 'pull-requests': 'write' }]] : []);
    const kept = steps.filter(
      (step) => step.uses?.startsWith('actions/checkout@') && !step.with?.['persist-credentials'],
    );
    expect(kept).toHaveLength(Object.values(jobs).filter((job) => job.steps.some(({ uses }) => uses)).length);
  });

  it('shows secrets to nothing but the commands that need them', () => {
    for (const { run, env } of steps) {
      if (run && !/preview|drift|up --|ci comment/.test(run)) expect(env).toBeUndefined();
      // Nothing of the event gets into a script but by a variable.
      expect(run ?? '').not.toContain('${{');
    }
  });

  it('calls scripts that there are', () => {
    const called = steps.flatMap(({ run }) => [...(run ?? '').matchAll(/npm run (?:--silent )?([\w:]+)/g)]);
    expect(called.length).toBeGreaterThan(0);
    for (const [, name] of called) expect(scripts).toHaveProperty([name as string]);
  });
});

it('never gives the secrets of this repository to a fork', () => {
  expect(workflow('preview.yml').on).toBe('pull_request');
});

it('deploys nothing until a variable says what', () => {
  const { nothing, ...jobs } = workflow('deploy.yml').jobs;
  expect(nothing?.if).toMatch(/^\$\{\{ !vars\.DEPLOY_STACKS \}\}$/);
  for (const job of Object.values(jobs)) expect(job.if).toMatch(/^\$\{\{ vars\.DEPLOY_STACKS && /);
});

it('lets no look at drift take the place of a deployment that waits', () => {
  const groups = (...path: string[]) =>
    [...readFileSync(join(root, ...path), 'utf8').matchAll(/(?:^ +group|resource_group): ([\w-]+\w)/gm)].map(
      ([, group]) => group,
    );
  expect(groups('.github', 'workflows', 'deploy.yml')).toEqual(['stack', 'drift']);
  expect(groups('docs', 'examples', 'gitlab-ci.yml')).toEqual(['prod', 'prod-drift']);
});

it('gives GitLab the same commands', () => {
  const text = readFileSync(join(root, 'docs', 'examples', 'gitlab-ci.yml'), 'utf8');
  const gitlab = parse(text) as Record<string, { script?: string[] }>;
  const lines = Object.values(gitlab).flatMap(({ script = [] }) => script.join('\n').split('\n'));
  const everywhere = ['preview.yml', 'deploy.yml'].flatMap((file) =>
    Object.values(workflow(file).jobs).flatMap(({ steps }) => steps.flatMap(({ run = '' }) => run.trim().split('\n'))),
  );
  const commands = everywhere.flatMap(
    (line) => /npm ci|npm run (?:--silent )?[\w:]+|node cli\/main\.ts ci \w+/.exec(line)?.[0] ?? [],
  );
  expect(commands).toContain('node cli/main.ts ci affected');
  expect(commands.filter((command) => !lines.some((line) => line.includes(command)))).toEqual([]);
});
