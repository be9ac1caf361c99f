import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { cached, folder } from '../../system/cache.mjs';
import { UserError } from '../../system/console.mjs';
import { capture, run, which } from '../../system/exec.mjs';

/** The first that runs TypeScript as it is, which Pulumi's start relies on. */
const MINIMUM = '22.18.0';
/** What is fetched where there is none: the long-term release of the day. */
const FETCHED = '24';

/** Whether version `a` is at least version `b`; both as `1.2.3`. */
export function atLeast(a, b) {
  const [x, y] = [a, b].map((text) =>
    text
      .replace(/^v/, '')
      .split('.')
      .map((part) => Number.parseInt(part, 10)),
  );
  for (const i of [0, 1, 2]) if (x[i] !== y[i]) return x[i] > y[i];
  return true;
}

/** npm as a command that runs without a shell, also on Windows. */
export function npm(env) {
  const { npm_execpath: script } = process.env;
  if (script?.endsWith('.js')) return ['node', script];
  const found = which('npm', env.PATH);
  if (!found) throw new UserError('npm is not on PATH: install Node.js 22.18 or newer, which brings it');
  return [found];
}

/** Puts a recent enough Node.js first on `env.PATH`: the machine's, else one from npm. */
export async function nodeStep(env, progress) {
  const present = which('node', env.PATH);
  if (present) {
    const version =
      realpathSync(present) === realpathSync(process.execPath)
        ? process.version
        : (await capture(present, ['--version'], { env })).stdout.trim();
    if (atLeast(version, MINIMUM)) return version;
  }
  const os = process.platform === 'win32' ? 'win' : process.platform;
  const name = `node-${os}-${process.arch}`;
  const dir = await folder(cached('node', `${FETCHED}-${os}-${process.arch}`), async (into) => {
    progress(`fetching Node.js ${FETCHED} from npm, as this one is ${process.version}`);
    const [command, ...args] = npm(env);
    try {
      await run(
        command,
        [...args, 'install', '--prefix', into, '--no-save', '--no-audit', '--no-fund', `${name}@${FETCHED}`],
        { env, cwd: into },
      );
    } catch (error) {
      throw new UserError(
        `Node.js ${MINIMUM} or newer is needed, and npm has none for this platform.\n${error.message}\nInstall it from your system or from nodejs.org and try again.`,
      );
    }
  });
  const bin = dirname(
    [join(dir, 'node_modules', name, 'bin', 'node'), join(dir, 'node_modules', name, 'bin', 'node.exe')].find(
      existsSync,
    ) ?? dir,
  );
  env.PATH = bin + delimiter + env.PATH;
  const { version } = JSON.parse(readFileSync(join(dir, 'node_modules', name, 'package.json'), 'utf8'));
  return `v${version}, from npm`;
}
