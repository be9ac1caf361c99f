/** The policy pack as Pulumi runs it: previews of every stack of the repository, and of a program that breaks every rule. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { copyProgram, linkPackages, root } from '../support/checkout.ts';
import { pulumiEnvironment } from '../support/deployment.ts';

jest.setTimeout(120_000);

const stackFiles = readdirSync(root).filter((file) => /^Pulumi\..+\.yaml$/.test(file));
const stacks = stackFiles.map((file) => file.split('.')[1] ?? '');

/** A container and a volume against which every rule has something to say, in a production stack. */
const BAD_PROGRAM = `
import * as docker from '@pulumi/docker';

new docker.Container('bad', {
  image: 'docker.io/valkey/valkey:8.0.1-alpine',
  privileged: true,
  ports: [{ internal: 6379, external: 6379, ip: '0.0.0.0' }],
  envs: ['SERVICE_TOKEN=never-shown'],
});
new docker.Container('floating', { image: 'docker.io/valkey/valkey:latest' });
new docker.Volume('data', { name: 'data' });
`;

let dir: string;

/** Runs Pulumi in the copy; never fails by itself. */
async function pulumi(...args: string[]) {
  // No engine, as in a review: what is there, on its ports as well, is not what is asked here.
  const env = { ...process.env, ...pulumiEnvironment(dir), DOCKER_HOST: `unix://${dir}/no-engine.sock` };
  return promisify(execFile)('pulumi', args, { cwd: dir, env }).then(
    ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, text: stdout + stderr }),
  );
}

/** Previews a new stack as \`npm run preview\` does; returns each finding of the pack as "[level] rule resource". */
async function preview(stack: string) {
  const made = await pulumi('stack', 'init', stack, '--non-interactive');
  if (made.code !== 0) throw new Error(made.text);
  const { code, text } = await pulumi(
    ...['preview', '--stack', stack, '--policy-pack', 'policy', '--non-interactive', '--color', 'never'],
  );
  const findings = [...text.matchAll(/\[(mandatory|advisory)\]\s+(\S+)\s+\(\S+: (\S+)\)/g)];
  return { code, text, findings: findings.map(([, level, rule, resource]) => `${level} ${rule} ${resource}`).sort() };
}

beforeAll(async () => {
  await promisify(execFile)('pulumi', ['version']).catch((error: Error) => {
    throw new Error(`These tests need Pulumi; npm test sets it up.\n${error.message}`);
  });
  dir = mkdtempSync(join(tmpdir(), 'open-webui-policy-'));
  copyProgram(dir, stackFiles);
  linkPackages(dir);
});

afterAll(() => {
  if (dir) rmSync(dir, { recursive: true, force: true });
});

/** What the pack may say about a stack of the repository: nothing but these pieces of advice. */
const ADVICE: Record<string, string[]> = {
  // Its image is published under that tag alone.
  sage: ['advisory image-exact-advice chat-webui-container'],
};

it.each(stacks)('lets the stack %s pass', async (stack) => {
  const { code, text, findings } = await preview(stack);
  expect({ findings, failed: code !== 0 && text }).toEqual({ findings: ADVICE[stack] ?? [], failed: false });
  expect(text).toMatch(/open-webui@v\S+ \(local: policy\)/);
  // Said of a rule that met a value which is unknown before the deployment: it would have checked nothing.
  expect(text).not.toContain("can't run policy");
});

it('refuses a program that breaks the rules, by the name of each', async () => {
  writeFileSync(join(dir, 'index.ts'), BAD_PROGRAM);
  const { code, text, findings } = await preview('production');
  expect(findings).toEqual([
    ...['bad', 'floating'].flatMap((name) => [`mandatory capabilities-dropped ${name}`]),
    'mandatory data-volume-protected data',
    ...['bad', 'floating'].flatMap((name) => [`mandatory healthcheck-present ${name}`]),
    'mandatory image-exact floating',
    ...['bad', 'floating'].flatMap((name) => [`mandatory log-bounded ${name}`]),
    ...['bad', 'floating'].flatMap((name) => [`mandatory memory-limited ${name}`]),
    'mandatory no-host-access bad',
    'mandatory no-secret-in-environment bad',
    'mandatory valkey-not-exposed bad',
    'mandatory valkey-without-known-holes bad',
  ]);
  expect(code).not.toBe(0);
  expect(text).toContain('bad publishes port 6379 of Valkey on 0.0.0.0.');
  expect(text.split('Policies:')[1]).not.toContain('never-shown');
});
