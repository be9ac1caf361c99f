/** What each tool leaves on a machine, and what it takes to put it there. */

import { cpSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UserError } from '../core/errors.mjs';
import { run, which } from '../system/exec.mjs';
import type { Tools } from './tools.ts';

export interface Footprint {
  /** MiB of each part, by its name. */
  sizes: readonly (readonly [string, number])[];
  /** Packages below node_modules: all, and without those for development. */
  packages: { all: number; production: number };
  /** Seconds of `npm ci` with npm's cache filled, and MiB that it makes. */
  install: { seconds: number; size: number };
}

const MIB = 2 ** 20;

/** Bytes of a file or of all files in a folder. */
function bytes(path: string): number {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + bytes(join(path, name)), 0);
}

/** The file of a program. */
function fileOf(program: string, { PATH }: NodeJS.ProcessEnv): string {
  const file = which(program, PATH);
  if (!file) throw new UserError(`${program} is not on PATH`);
  return realpathSync(file);
}

/** Measures what is installed, and installs the npm packages once more in a folder of its own. */
export async function footprint(root: string, env: NodeJS.ProcessEnv, tools: Tools): Promise<Footprint> {
  const pulumi = dirname(fileOf('pulumi', env));
  const { PULUMI_HOME: home = join(homedir(), '.pulumi') } = env;
  const plugins = join(home, 'plugins');
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean }>;
  };
  const packages = Object.entries(lock.packages).filter(([path]) => existsSync(join(root, path)) && path !== '');
  const dir = mkdtempSync(join(tmpdir(), 'open-webui-bench-'));
  try {
    for (const file of ['package.json', 'package-lock.json']) cpSync(join(root, file), join(dir, file));
    const started = performance.now();
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund'];
    await run('npm', ['ci', ...quiet], { cwd: dir, env });
    const seconds = (performance.now() - started) / 1000;
    const installed = bytes(join(dir, 'node_modules'));
    await run('npm', ['prune', '--omit=dev', ...quiet], { cwd: dir, env });
    const version = (name: string) =>
      (
        JSON.parse(readFileSync(join(root, 'node_modules/@pulumi', name, 'package.json'), 'utf8')) as {
          version: string;
        }
      ).version;
    const program = (name: string) => bytes(join(pulumi, name));
    return {
      sizes: [
        ['pulumi: CLI and language host', program('pulumi') + program('pulumi-language-nodejs')],
        ['pulumi: plugin docker', bytes(join(plugins, `resource-docker-v${version('docker')}`))],
        ['pulumi: plugin random', bytes(join(plugins, `resource-random-v${version('random')}`))],
        ['pulumi: npm packages needed at run time', bytes(join(dir, 'node_modules'))],
        ['npm packages for development', installed - bytes(join(dir, 'node_modules'))],
        ['terraform: CLI', bytes(fileOf('terraform', env))],
        ['terraform: provider docker', bytes(tools.provider)],
        ['docker compose', bytes(realpathSync(tools.compose.program))],
      ].map(([name, size]) => [name as string, (size as number) / MIB]),
      packages: { all: packages.length, production: packages.filter(([, { dev }]) => !dev).length },
      install: { seconds, size: installed / MIB },
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
