/**
 * JavaScript of a folder's modules and of what they stand on, for where Node.js strips no types: below node_modules, and in a plugin of Pulumi. The
 * program itself needs none of it. `npm pack`, and `npm install` of this repository from git, build the components into dist/.
 *
 * Usage: node components/build.mjs [FOLDER [OUT]], FOLDER has a tsconfig.json that names OUT.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiler = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
const [folder = 'components', to] = process.argv.slice(2);
const project = join(root, folder);

// npm runs this after each installation, also without the packages for development; nothing is packed there.
if (existsSync(compiler)) {
  const { compilerOptions } = JSON.parse(readFileSync(join(project, 'tsconfig.json'), 'utf8'));
  const out = to === undefined ? resolve(project, compilerOptions.outDir) : resolve(to);
  rmSync(out, { recursive: true, force: true });
  const args = [compiler, '-p', project, '--outDir', out];
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
  // Programs for containers are read from beside the module that uses them.
  const rooms = readdirSync(out, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of rooms) {
    for (const file of readdirSync(join(root, name), { recursive: true, encoding: 'utf8' })) {
      const isWanted = /\.(sh|py|sql)$/.test(file) && existsSync(join(out, name, dirname(file)));
      if (isWanted) cpSync(join(root, name, file), join(out, name, file));
    }
  }
}
