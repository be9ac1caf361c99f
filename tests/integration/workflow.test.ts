/** Commands of the preview workflow, as its file has them, in a checkout without packages, as the jobs of them have none. */

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { copyProgram } from '../support/checkout.ts';
import { stepOf } from '../support/workflow.ts';

/** What a program prints; an error shows all of that. */
const run = async (program: string, args: string[], cwd?: string, env: Record<string, string> = {}) =>
  (await promisify(execFile)(program, args, { ...(cwd && { cwd }), env: { ...process.env, ...env } })).stdout;

it('finds the stacks of a pull request from its merge', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-merge-'));
  const git = (...args: string[]) =>
    run('git', ['-C', dir, '-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args]);
  const commit = async (files: string[]) => {
    for (const file of files) writeFileSync(join(dir, file), `${files}`);
    await git('add', '--all');
    await git('commit', '--quiet', '--message', 'test');
  };
  const [program, args] = stepOf('preview.yml', 'stacks', 'affected');
  try {
    copyProgram(dir);
    await git('init', '--quiet', '--initial-branch', 'main');
    await commit(['Pulumi.yaml', 'Pulumi.one.yaml', 'Pulumi.two.yaml']);
    await git('checkout', '--quiet', '-b', 'change');
    await commit(['Pulumi.two.yaml', 'README.md']);
    await git('checkout', '--quiet', 'main');
    // What has come to main in the meantime is not the pull request's.
    await commit(['index.ts']);
    await git('merge', '--quiet', '--no-ff', '--no-edit', 'change');
    const output = join(dir, 'output');
    await run(program, args, dir, { GITHUB_OUTPUT: output });
    expect(readFileSync(output, 'utf8')).toBe('stacks=["two"]\n');
  } finally {
    rmSync(dir, { recursive: true });
  }
});

describe('the comment', () => {
  let dir: string;

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
    const summary = join(dir, 'summary');
    try {
      const { port } = server.address() as AddressInfo;
      const stdout = await run(...stepOf('preview.yml', 'comment', 'comment'), dir, {
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
    dir = mkdtempSync(join(tmpdir(), 'open-webui-comment-'));
    copyProgram(dir);
    mkdirSync(join(dir, 'reports'));
    writeFileSync(join(dir, 'reports', 'preview-dev.md'), '<!-- open-webui preview: dev -->\nreport of dev\n');
  });

  afterAll(() => {
    rmSync(dir, { recursive: true });
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
