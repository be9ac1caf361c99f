import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type Job, leaks, type Workflow, workflow } from '../support/workflow.ts';

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

  it('shows secrets to nothing but the commands that need them, and runs for no stranger', () => {
    expect(leaks(workflow(file))).toEqual([]);
  });

  it('calls scripts that there are', () => {
    const called = steps.flatMap(({ run }) => [...(run ?? '').matchAll(/npm run (?:--silent )?([\w:]+)/g)]);
    expect(called.length).toBeGreaterThan(0);
    for (const [, name] of called) expect(scripts).toHaveProperty([name as string]);
  });
});

it('previews pull requests without the secrets of this repository where a fork sends them', () => {
  expect(workflow('preview.yml').on).toBe('pull_request');
});

describe('what gives secrets away', () => {
  const expression = (text: string) => `\${{ ${text} }}`;
  const TOKEN = expression('secrets.PULUMI_ACCESS_TOKEN');
  const flow = (more: Partial<Workflow>, job: Partial<Job> = {}): Workflow => ({
    ...{ on: 'push', permissions: {}, defaults: { run: { shell: 'bash' } } },
    ...more,
    jobs: { build: { steps: [{ run: 'npm ci' }], ...job } },
  });

  it.each<[string, Workflow]>([
    ['runs for strangers on pull_request_target', flow({ on: { pull_request_target: { types: ['opened'] } } })],
    ['runs for strangers on workflow_run', flow({ on: ['push', 'workflow_run'] })],
    ['secrets in env of the workflow', flow({ env: { A: TOKEN } })],
    ['secrets in env of the job build', flow({}, { env: { A: TOKEN } })],
    ['secrets in env of the job build', flow({}, { env: { A: expression('toJSON(secrets)') } })],
    ['secrets given to what the job build calls', flow({}, { uses: './.github/workflows/x.yml', secrets: 'inherit' })],
    ['secrets in env of step 1 of the job build', flow({}, { steps: [{ run: 'npm ci', env: { A: TOKEN } }] })],
    ['secrets in env of step 1 of the job build', flow({}, { steps: [{ uses: 'actions/x', env: { A: TOKEN } }] })],
    [
      'secrets in with of step 1 of the job build',
      flow({}, { steps: [{ uses: 'actions/x', with: { token: TOKEN } }] }),
    ],
    [
      'an expression in the script of step 1 of the job build',
      flow({}, { steps: [{ run: `echo ${expression('github.event.pull_request.title')}` }] }),
    ],
  ])('is found: %s', (text, given) => {
    expect(leaks(given)).toEqual([text]);
  });

  it('is not a secret for a command that needs it', () => {
    expect(leaks(flow({}, { steps: [{ run: 'npm run up -- --stack x', env: { A: TOKEN } }] }))).toEqual([]);
  });
});

it('deploys nothing until a variable says what', () => {
  const { nothing, ...jobs } = workflow('deploy.yml').jobs;
  expect(nothing?.if).toMatch(/^\$\{\{ !vars\.DEPLOY_STACKS \}\}$/);
  for (const job of Object.values(jobs)) expect(job.if).toMatch(/^\$\{\{ vars\.DEPLOY_STACKS && /);
});

it('keeps the backup before an upgrade where no checkout removes it, and encrypted', () => {
  const { deploy } = workflow('deploy.yml').jobs;
  const env = deploy?.steps.find(({ run }) => run?.includes('npm run up'))?.env ?? {};
  expect(env['OPEN_WEBUI_BACKUP_DIR']).toContain("vars.BACKUP_DIR || format('{0}/backups', runner.temp)");
  expect(env['OPEN_WEBUI_BACKUP_PASSPHRASE']).toContain('secrets.OPEN_WEBUI_BACKUP_PASSPHRASE');
  // A runner's temporary folder ends with the job.
  const copy = deploy?.steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
  expect(copy?.if).toContain('always() && !vars.BACKUP_DIR');
  expect(copy?.with?.['path']).toContain('runner.temp }}/backups/');
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
