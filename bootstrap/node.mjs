import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { UserError } from '../core/errors.mjs';
import { cached, folder } from '../system/cache.mjs';
import { capture, run, which } from '../system/exec.mjs';
import { atLeast } from '../system/versions.mjs';

/** @typedef {import('../system/console.mjs').Progress} Progress */

/** The first that runs TypeScript as it is, which Pulumi's start relies on. */
const MINIMUM = '22.18.0';
/** The major version that is fetched where there is none: the present long-term release. */
const FETCHED = '24';

/**
 * npm as a command that runs without a shell, also on Windows.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {[string, ...string[]]}
 */
export function npm(env) {
  const { npm_execpath: script } = process.env;
  if (script?.endsWith('.js')) return ['node', script];
  const found = which('npm', env['PATH']);
  if (!found) throw new UserError('npm is not on PATH: install Node.js 22.18 or newer, which brings it');
  return [found];
}

/**
 * A recent enough Node.js: this one, else that on PATH, else one from npm.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {Progress} progress
 * @returns {Promise<{ program: string, env: NodeJS.ProcessEnv, text: string }>} its file, and an environment whose PATH has it
 * @throws {UserError} when npm has none for this platform
 */
export async function provideNode(env, progress) {
  if (atLeast(process.version, MINIMUM)) return { program: process.execPath, env, text: process.version };
  const present = which('node', env['PATH']);
  if (present && realpathSync(present) !== realpathSync(process.execPath)) {
    const version = (await capture(present, ['--version'], { env })).stdout.trim();
    if (atLeast(version, MINIMUM)) return { program: present, env, text: version };
  }
  const os = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${os}-${process.arch}`;
  const dir = await folder(cached('node', `${FETCHED}-${os}-${process.arch}`), async (into) => {
    progress(`fetching Node.js ${FETCHED} from npm, as this one is ${process.version}`);
    const [command, ...args] = npm(env);
    const install = [
      ...args,
      'install',
      '--prefix',
      into,
      '--no-save',
      '--no-audit',
      '--no-fund',
      `${name}@${FETCHED}`,
    ];
    await run(command, install, { env, cwd: into }).catch((error) => {
      throw new UserError(
        `Node.js ${MINIMUM} or newer is needed, and npm has none for this platform.\n${error.message}\nInstall it from your system or from nodejs.org and try again.`,
      );
    });
  });
  const installed = join(dir, 'node_modules', name);
  const program = ['node', 'node.exe'].map((file) => join(installed, 'bin', file)).find((file) => existsSync(file));
  if (!program) throw new UserError(`${installed} has no node in it: remove ${dir} and try again`);
  const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  const path = dirname(program) + delimiter + env['PATH'];
  return { program, env: { ...env, PATH: path }, text: `v${version}, from npm` };
}
