/** Everything that has to hold before a change goes in, closed by one line that counts it. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { say, seconds } from '../lib/console.mjs';
import { attached, which } from '../lib/exec.mjs';

const bin = (root, ...path) => join(root, 'node_modules', ...path);

/** Runs compiler, linter and tests; prints `N passed, N failed` last and returns the exit code. */
export async function testCommand(env, root, args) {
  const node = which('node', env.PATH);
  const total = { passed: 0, failed: 0 };
  const check = async (name, command, list) => {
    const started = Date.now();
    say(`\n── ${name}`);
    const code = await attached(command, list, { env, cwd: root });
    say(`${code === 0 ? '✔' : '✘'} ${name}  ${seconds(Date.now() - started)}`);
    return code;
  };
  const single = async (...work) => {
    total[(await check(...work)) === 0 ? 'passed' : 'failed']++;
  };

  await single('types', node, [bin(root, '@typescript', 'native', 'bin', 'tsc'), '--noEmit']);
  await single('lint', node, [bin(root, '@biomejs', 'biome', 'bin', 'biome'), 'check', '--error-on-warnings', '.']);
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-test-'));
  const file = join(dir, 'jest.json');
  const code = await check('tests', node, [
    bin(root, 'jest', 'bin', 'jest.js'),
    '--json',
    `--outputFile=${file}`,
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
