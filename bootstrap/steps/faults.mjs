import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attached, which } from '../../system/exec.mjs';

/** Causes every fault of docs/faults.md, lets the tests write what they have seen into it, and prints its table. */
export async function faultsCommand(env, root, args) {
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const code = await attached(which('node', env.PATH), [jest, '--selectProjects', 'faults', ...args], {
    env: { ...env, FAULTS_TO_PAGE: '1' },
    cwd: root,
  });
  const page = readFileSync(join(root, 'docs', 'faults.md'), 'utf8');
  console.log(
    `\n${page
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .join('\n')}`,
  );
  return code;
}
