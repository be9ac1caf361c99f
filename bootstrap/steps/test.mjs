/** Everything that has to hold before a change goes in, closed by one line that counts it. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { say, seconds } from '../../system/console.mjs';
import { attached, which } from '../../system/exec.mjs';

const bin = (root, ...path) => join(root, 'node_modules', ...path);

/** Runs compiler, linter and tests; prints `N passed, N failed` last and returns the exit code. */
export async function testCommand(env, root, args) {
  const node = which('node', env.PATH);
  const total = { passed: 0, failed: 0 };
  const timed = async (name, work) => {
    const started = Date.now();
    say(`\n── ${name}`);
    const code = await work();
    say(`${code === 0 ? '✔' : '✘'} ${name}  ${seconds(Date.now() - started)}`);
    return code;
  };
  const check = (name, command, list) => timed(name, () => attached(command, list, { env, cwd: root }));
  const single = async (...work) => {
    total[(await check(...work)) === 0 ? 'passed' : 'failed']++;
  };

  await single('types', node, [bin(root, '@typescript', 'native', 'bin', 'tsc'), '--noEmit']);
  await single('lint', node, [bin(root, '@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.']);
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-test-'));

  // Plain JavaScript for whichever Node.js is there, so Node's own runner and no transformation.
  const tap = join(dir, 'bootstrap.tap');
  const reporters = ['spec', 'tap'].map((name) => `--test-reporter=${name}`);
  const destinations = ['stdout', tap].map((to) => `--test-reporter-destination=${to}`);
  const files = readdirSync(join(root, 'tests', 'bootstrap')).map((name) => join('tests', 'bootstrap', name));
  const ended = await check('bootstrap', node, ['--test', ...reporters, ...destinations, ...files]);
  const tally = (word) => Number(new RegExp(`^# ${word} (\\d+)`, 'm').exec(readFileSync(tap, 'utf8'))?.[1] ?? 0);
  total.passed += tally('pass');
  total.failed += tally('fail') + tally('cancelled') || (ended === 0 ? 0 : 1);

  const go = async (name, folder, args) => {
    const code = await timed(name, () => attached('go', args, { env, cwd: join(root, 'bootstrap', 'go', folder) }));
    total[code === 0 ? 'passed' : 'failed']++;
  };
  if (which('go', env.PATH)) {
    await go('language host', 'language-nodejs', ['test', './...']);
    const workflows = join(root, '.github', 'workflows');
    const files = readdirSync(workflows).map((name) => join(workflows, name));
    await go('workflows', 'actionlint', ['tool', 'actionlint', ...files]);
  } else {
    say('\n── language host and workflows: not tested, as there is no Go on this machine');
  }

  const file = join(dir, 'jest.json');
  const code = await check('tests', node, [
    bin(root, 'jest', 'bin', 'jest.js'),
    '--json',
    `--outputFile=${file}`,
    ...(args.includes('--selectProjects') ? [] : ['--selectProjects', 'unit', 'integration']),
    ...args,
  ]);
  try {
    const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(file, 'utf8'));
    total.passed += numPassedTests;
    total.failed += numFailedTests + numRuntimeErrorTestSuites;
  } catch {
    total.failed++; // jest itself did not come to its end
  }
  rmSync(dir, { recursive: true, force: true });
  if (code !== 0 && total.failed === 0) total.failed++;
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
  return total.failed === 0 ? 0 : 1;
}
