/** The commands of the preview workflow, as its file has them, for a stack that is deployed; and the stack's way to another state. */

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deployment } from '../support/deployment.ts';
import { docker, freePort } from '../support/docker.ts';
import { stepOf } from '../support/workflow.ts';

jest.setTimeout(600_000);

const OLD_KEY = 'sk-the-one-that-is-deployed';
const NEW_KEY = 'sk-the-one-that-is-to-come';
const SETTING = 'open-webui:webui.env.OPENAI_API_KEY';

let life: Deployment;
let stackFile: string;
let deployed: string;

const succeeds = async (program: string, args: string[], env?: Record<string, string>) => {
  const { code, stdout, stderr } = await life.run(program, args, env);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
};

const set = (setting: string, value: string, ...flags: string[]) =>
  succeeds('pulumi', ['config', 'set', '--stack', life.stack, '--path', ...flags, `open-webui:${setting}`, value]);

/** Runs the workflow's own command and reads the report it leaves. */
async function preview(env: Record<string, string> = {}) {
  const { code, stderr } = await life.run(...stepOf('preview.yml', 'preview', 'preview'), {
    STACK: life.stack,
    ...env,
  });
  return { code, stderr, report: readFileSync(join(life.dir, `preview-${life.stack}.md`), 'utf8') };
}

/** What a report says before the text of the preview, without empty lines. */
const lines = (report: string) => (report.split('<details>')[0] ?? '').split('\n').filter(Boolean);

beforeAll(async () => {
  life = await Deployment.create('preview');
  await life.select();
  stackFile = join(life.dir, `Pulumi.${life.stack}.yaml`);
  await set('webui.env.OPENAI_API_KEY', OLD_KEY, '--secret');
  await succeeds('pulumi', ['up', '--yes', '--skip-preview', '--stack', life.stack]);
  deployed = readFileSync(stackFile, 'utf8');
});

afterEach(() => {
  if (deployed) writeFileSync(stackFile, deployed);
});

afterAll(async () => {
  await life?.remove();
});

const head = () => [`<!-- open-webui preview: ${life.stack} -->`, `### Preview of \`${life.stack}\``];

it('says that nothing changes', async () => {
  const { code, report } = await preview();
  expect(lines(report)).toEqual([...head(), expect.stringMatching(/^Nothing changes: \d+ as they are\.$/)]);
  expect(code).toBe(0);
});

it('shows lost data first, what is replaced, and what the policies refuse; and no secret', async () => {
  await set('webui.env.OPENAI_API_KEY', NEW_KEY, '--secret');
  await set('webui.volume', `other-${life.stack}`);
  await set('valkey.memory', '600 MiB');
  await set('valkey.publish.address', '0.0.0.0');
  await set('valkey.publish.port', String(await freePort()));

  const { code, stderr, report } = await preview();

  expect(lines(report)).toEqual([
    ...head(),
    expect.stringMatching(/^3 to replace, \d+ as they are, \*\*1 violation of the policies\*\*\.$/),
    '**Data would be replaced or deleted**',
    `- **replace \`webui-data\`**, \`docker:Volume\` (\`name\`). **The old volume \`${life.webui}\` is kept on the engine, and the container starts with another.**`,
    '**Would be replaced or deleted**',
    '- **replace `valkey-container`**, `docker:Container` (`memory`, `memorySwap`, `ports`).',
    expect.stringMatching(/^- \*\*replace `webui-container`\*\*, `docker:Container` \(.*`volumes`.*\)\.$/),
    '**Violated policies: this cannot be deployed**',
    '- `valkey-not-exposed`, `valkey-container`',
    '```text',
    expect.any(String),
    'valkey-container publishes port 6379 of Valkey on 0.0.0.0.',
    expect.stringMatching(/^Allowed: /),
    expect.stringMatching(/^To do: /),
    '```',
  ]);
  expect(code).not.toBe(0);
  expect(stderr).toContain('valkey-container publishes port 6379 of Valkey on 0.0.0.0.');
  expect(report).toContain(`~ name: "${life.webui}" => "other-${life.stack}"`);
  for (const secret of [OLD_KEY, NEW_KEY, ...(await life.secrets())]) {
    // Not the texts: a failing test must not show what it protects.
    expect([report.includes(secret), stderr.includes(secret)]).toEqual([false, false]);
  }
});

it('shows why settings are refused', async () => {
  await set('valkey.memory', 'lots');
  const { code, report } = await preview();
  expect(lines(report).slice(2, 6)).toEqual([
    '**The preview failed.**',
    '```text',
    `1 setting in Pulumi.${life.stack}.yaml cannot be used. Nothing was created or changed.`,
    '  open-webui:valkey.memory',
  ]);
  expect(code).not.toBe(0);
});

it('finds a change past Pulumi with --refresh --expect-no-changes', async () => {
  const drift = (...flags: string[]) =>
    life.run('npm', ['run', '--silent', 'preview', '--', '--stack', life.stack, '--refresh', ...flags]);
  expect((await drift('--expect-no-changes')).code).toBe(0);
  const memory = (size: string) => docker('update', '--memory', size, '--memory-swap', size, life.valkey);
  await memory('600m');
  const { code, stdout } = await drift('--expect-no-changes', '--markdown').finally(() => memory('512m'));
  expect(lines(stdout)).toEqual([
    ...head(),
    '**The preview failed.**',
    ...['```text', 'no changes were expected for preview but changes were proposed', '```'],
    expect.stringMatching(/^1 to change, \d+ as they are\.$/),
    '| To change | Type | What differs |',
    '| --- | --- | --- |',
    '| `valkey-container` | `docker:Container` | `memory`, `memorySwap` |',
  ]);
  expect(code).not.toBe(0);
});

it('compares with nothing in a fork, without a secret, and leaves nothing behind', async () => {
  const home = mkdtempSync(join(tmpdir(), 'pulumi-home-'));
  symlinkSync(join(process.env['PULUMI_HOME'] ?? join(homedir(), '.pulumi'), 'plugins'), join(home, 'plugins'));
  const none = { PULUMI_HOME: home, PULUMI_BACKEND_URL: '', PULUMI_ACCESS_TOKEN: '', PULUMI_CONFIG_PASSPHRASE: '' };
  try {
    const { code, stderr, report } = await preview({ ...none, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
    expect(lines(report).slice(2)).toEqual([
      `Compared with nothing: no state of \`${life.stack}\` was available, so all of it is to be created. Encrypted settings have another value here: \`${SETTING}\`.`,
      expect.stringMatching(/^\d+ to create\.$/),
      expect.stringMatching(/^To create: .*`webui-container`/),
    ]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(readFileSync(stackFile, 'utf8')).toBe(deployed);
    expect(existsSync(join(life.dir, '.pulumi-state'))).toBe(false);
  } finally {
    rmSync(home, { recursive: true });
  }
});

it('finds the stacks of a pull request from its merge', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-merge-'));
  const git = (...args: string[]) =>
    succeeds('git', ['-C', dir, '-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args]);
  const commit = async (files: string[]) => {
    for (const file of files) writeFileSync(join(dir, file), `${files}`);
    await git('add', '--all');
    await git('commit', '--quiet', '--message', 'test');
  };
  const [program, args] = stepOf('preview.yml', 'stacks', 'affected');
  try {
    mkdirSync(join(dir, 'ops'));
    cpSync(join(life.dir, 'ops', 'ci'), join(dir, 'ops', 'ci'), { recursive: true });
    await git('init', '--quiet', '--initial-branch', 'main');
    await commit(['Pulumi.yaml', 'Pulumi.one.yaml', 'Pulumi.two.yaml']);
    await git('checkout', '--quiet', '-b', 'change');
    await commit(['Pulumi.two.yaml', 'README.md']);
    await git('checkout', '--quiet', 'main');
    // What has come to main in the meantime is not the pull request's.
    await commit(['index.ts']);
    await git('merge', '--quiet', '--no-ff', '--no-edit', 'change');
    const output = join(dir, 'output');
    await succeeds('env', ['-C', dir, `GITHUB_OUTPUT=${output}`, program, ...args]);
    expect(readFileSync(output, 'utf8')).toBe('stacks=["two"]\n');
  } finally {
    rmSync(dir, { recursive: true });
  }
});

describe('the comment', () => {
  /** Runs the workflow's command against an API that holds no comment yet; returns what was written where. */
  async function commented(status: number) {
    const written: string[] = [];
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += chunk;
      if (request.method === 'GET') return response.end('[]');
      if (status < 300) written.push((JSON.parse(text) as { body: string }).body);
      return response.writeHead(status).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const summary = join(life.dir, 'summary');
    try {
      const { port } = server.address() as AddressInfo;
      const stdout = await succeeds(...stepOf('preview.yml', 'comment', 'comment'), {
        ...{ GITHUB_API_URL: `http://127.0.0.1:${port}`, GITHUB_REPOSITORY: 'me/chat', PULL_REQUEST: '7' },
        ...{ GITHUB_TOKEN: 'token', GITHUB_STEP_SUMMARY: summary, GITLAB_CI: '', STACKS: '["dev","gone"]' },
      });
      return { stdout, written, summary: existsSync(summary) ? readFileSync(summary, 'utf8') : '' };
    } finally {
      server.close();
    }
  }

  const both =
    /^<!-- open-webui preview: dev -->\nreport of dev\n\n<!-- open-webui preview: gone -->\n.*\n\n\*\*There is no report\*\*/;

  beforeAll(() => {
    mkdirSync(join(life.dir, 'reports'));
    writeFileSync(join(life.dir, 'reports', 'preview-dev.md'), '<!-- open-webui preview: dev -->\nreport of dev\n');
  });

  it('holds every report, and tells which are missing', async () => {
    const { written, summary } = await commented(201);
    expect(written).toEqual([expect.stringMatching(both)]);
    expect(summary).toBe('');
  });

  it('goes into the summary of the run where it may not be written', async () => {
    const { stdout, written, summary } = await commented(403);
    expect(written).toEqual([]);
    expect(summary).toMatch(both);
    expect(stdout).toContain('::notice::');
  });
});

describe('another state', () => {
  /** The commands that the documentation gives, without the line that says what to fill in. */
  const documented = () => {
    const text =
      readFileSync(join(__dirname, '..', '..', 'docs', 'state.md'), 'utf8').split('### Moving a stack')[1] ?? '';
    return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script = '']) => script.replace(/^STACK=.*\n/, ''));
  };

  it('takes a stack over as it is, and opens with another passphrase', async () => {
    const [move = '', passphrase = ''] = documented();
    const there = mkdtempSync(join(tmpdir(), 'open-webui-state-'));
    const at = { STACK: life.stack, NEW: `file://${there}` };
    const moved = { ...at, PULUMI_BACKEND_URL: at.NEW };
    const run = (script: string, env: Record<string, string>) => succeeds('bash', ['-euc', script], env);
    const key = 'pulumi config get --path --stack "$STACK"';
    try {
      const before = await life.secrets();
      await run(move, at);
      await run(`printf 'another\\nanother\\n' | ${passphrase}`, moved);

      const env = { ...moved, PULUMI_CONFIG_PASSPHRASE: 'another' };
      await run('pulumi preview --stack "$STACK" --expect-no-changes', env);
      expect((await run(`${key} ${SETTING}`, env)).trim() === OLD_KEY).toBe(true);
      const admin = await run('pulumi stack output adminPassword --show-secrets --stack "$STACK"', env);
      expect(before.includes(admin.trim())).toBe(true);
      // Neither the passphrase of before nor the moved file opens anything any more.
      expect((await life.run('bash', ['-euc', `${key} ${SETTING}`], moved)).stderr).toContain('incorrect passphrase');
      expect(existsSync(join(life.dir, 'moving.json'))).toBe(false);
    } finally {
      rmSync(there, { recursive: true });
    }
  });
});
