/** `npm test`: everything that has to hold before a change goes in, closed by one line that counts it. */

import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../core/errors.mjs';
import { projectConfig, projectName, readStackFile } from '../settings/file.ts';
import { provideBrowser } from '../setup/browser.ts';
import { buildLanguages, buildPebble, buildVersitygw } from '../setup/goModules.ts';
import { provideImages } from '../setup/images.ts';
import { provideShellcheck } from '../setup/shellcheck.ts';
import { say, seconds, step } from '../system/console.mjs';
import { attached, which } from '../system/exec.mjs';
import { BUILT, chooseStack } from './chooseStack.ts';
import type { Command, Context } from './command.ts';
import { stackFile } from './paths.ts';
import { type Machine, prepareMachine } from './workspace.ts';

/** How many checks and tests passed and failed. */
interface Tally {
  passed: number;
  failed: number;
}

const NONE: Tally = { passed: 0, failed: 0 };

interface Suite {
  context: Context;
  /** Folder for reports, removed at the end. */
  dir: string;
}

const inModules = ({ context }: Suite, ...path: string[]) => join(context.root, 'node_modules', ...path);

async function timed(name: string, work: () => Promise<number>): Promise<number> {
  const started = Date.now();
  say(`\n── ${name}`);
  const code = await work();
  say(`${code === 0 ? '✔' : '✘'} ${name}  ${seconds(Date.now() - started)}`);
  return code;
}

/** Runs a program that is one check as a whole. */
async function check(name: string, program: string, args: readonly string[], context: Context): Promise<Tally> {
  const code = await timed(name, () => attached(program, args, { env: context.env, cwd: context.root }));
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

const types = (suite: Suite) =>
  check('types', 'node', [inModules(suite, '@typescript', 'native', 'bin', 'tsc'), '--noEmit'], suite.context);

const lint = (suite: Suite) => {
  const biome = inModules(suite, '@biomejs', 'biome', 'bin', 'biome');
  return check('lint', 'node', [biome, 'check', '--error-on-warnings', '.'], suite.context);
};

/** Shell scripts of the repository; not those that npm has built from them, perhaps long ago. */
const scripts = (root: string): string[] =>
  globSync('**/*.sh', { cwd: root, exclude: (path) => /(^|[\\/])(node_modules|dist|\.\w[^\\/]*)$/.test(path) }).sort();

async function shell({ context }: Suite): Promise<Tally> {
  const present = await provideShellcheck(context.env, (activity) => say(`\n… ${activity}`));
  const files = scripts(context.root);
  if (present) return check('shell scripts', 'shellcheck', files, context);
  say(`\n── shell scripts: not checked, as there is no shellcheck on this machine (${files.join(', ')})`);
  return NONE;
}

/** What has to run before the npm packages are there, by Node's own runner and without any transformation. */
async function bootstrap({ context, dir }: Suite): Promise<Tally> {
  const { root, env } = context;
  const tap = join(dir, 'bootstrap.tap');
  const reporters = ['spec', 'tap'].map((name) => `--test-reporter=${name}`);
  const destinations = ['stdout', tap].map((to) => `--test-reporter-destination=${to}`);
  const files = readdirSync(join(root, 'tests', 'bootstrap')).map((name) => join('tests', 'bootstrap', name));
  const args = ['--test', ...reporters, ...destinations, ...files];
  const code = await timed('bootstrap', () => attached('node', args, { env, cwd: root }));
  const count = (word: string) =>
    Number(new RegExp(`^# ${word} (\\d+)`, 'm').exec(readFileSync(tap, 'utf8'))?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail') + count('cancelled') || (code === 0 ? 0 : 1) };
}

/** The language host, and the linter of workflows, which is a Go program. */
async function goModules({ context }: Suite): Promise<Tally[]> {
  const { root, env } = context;
  if (!which('go', env['PATH'])) {
    say('\n── language host and workflows: not tested, as there is no Go on this machine');
    return [];
  }
  const go = (name: string, folder: string, args: readonly string[]) =>
    check(name, 'go', args, { env, root: join(root, 'setup', 'go', folder) });
  const workflows = join(root, '.github', 'workflows');
  const files = readdirSync(workflows).map((name) => join(workflows, name));
  return [
    await go('language host', 'language-nodejs', ['test', './...']),
    await go('workflows', 'actionlint', ['tool', 'actionlint', ...files]),
  ];
}

interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numRuntimeErrorTestSuites: number;
}

/** Unit and integration tests; others with `--selectProjects`. */
async function jest(suite: Suite, args: readonly string[]): Promise<Tally> {
  const { root, env } = suite.context;
  const file = join(suite.dir, 'jest.json');
  const projects = args.includes('--selectProjects') ? [] : ['--selectProjects', 'unit', 'integration'];
  const all = [inModules(suite, 'jest', 'bin', 'jest.js'), '--json', `--outputFile=${file}`, ...projects, ...args];
  const code = await timed('tests', () => attached('node', all, { env, cwd: root }));
  try {
    const report = JSON.parse(readFileSync(file, 'utf8')) as JestReport;
    const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
    return { passed: report.numPassedTests, failed: failed || (code === 0 ? 0 : 1) };
  } catch {
    return { passed: 0, failed: 1 }; // jest itself did not come to its end
  }
}

/** Runs everything; prints `N passed, N failed` last and returns the exit code. */
async function test(context: Context, args: readonly string[]): Promise<number> {
  const suite = { context, dir: mkdtempSync(join(tmpdir(), 'open-webui-test-')) };
  try {
    const tallies = [
      await types(suite),
      await lint(suite),
      await shell(suite),
      await bootstrap(suite),
      ...(await goModules(suite)),
      await jest(suite, args),
    ];
    const sum = (key: keyof Tally) => tallies.reduce((total, tally) => total + tally[key], 0);
    console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
    return sum('failed') === 0 ? 0 : 1;
  } finally {
    rmSync(suite.dir, { recursive: true, force: true });
  }
}

/** What the stack `local` would have and its defaults do not need, and what takes minutes the first time: made before the tests' clocks run. */
async function provideForTests(machine: Machine): Promise<void> {
  const { root } = machine;
  const { database, gateway, valkey } = readStackFile(
    stackFile(root, BUILT),
    projectName(root),
    BUILT,
    projectConfig(root),
  );
  const images = [database.image, gateway.image, valkey.balancer.image];
  await step('images of the tests', async (progress) => {
    const obstacle = await provideImages(images, { ...machine, progress });
    if (obstacle) throw new UserError(obstacle);
    await buildPebble({ ...machine, progress });
    await buildVersitygw({ ...machine, progress });
    await buildLanguages({ ...machine, progress });
    return { text: `${images.join(', ')}, a certificate authority, an S3 server, and the language host of YAML` };
  });
  await step('browser of the tests', async (progress) => ({
    text: await provideBrowser(machine.env, progress).then(
      ({ chromium }) => chromium,
      // All that does without one is still tested.
      (error: Error) => `none, so its test fails: ${error.message}`,
    ),
  }));
}

export const command: Command = {
  summary: 'Checks types, style, shell scripts and workflows, runs all tests, and counts what passed and failed.',
  usage: 'npm test [-- ARGUMENTS OF jest]',
  async run(args, context) {
    const machine = await prepareMachine(context, step);
    await chooseStack(machine, step, BUILT);
    await provideForTests(machine);
    return test(machine, args);
  },
};
