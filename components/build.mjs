/**
 * `npm pack`, and `npm install` of this repository from git: JavaScript and types of the components and of what they stand on into dist/,
 * because Node.js strips no types below node_modules. The program itself needs none of it.
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @param {string} name */
const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const compiler = path('../node_modules/@typescript/native/bin/tsc');

// npm runs this after each installation, also without the packages for development; nothing is packed there.
if (existsSync(compiler)) {
  const [root, dist] = [path('..'), path('../dist')];
  rmSync(dist, { recursive: true, force: true });
  process.exitCode = spawnSync(process.execPath, [compiler, '-p', path('.')], { stdio: 'inherit' }).status ?? 1;
  // Programs for containers are read from beside the module that uses them.
  const rooms = readdirSync(dist, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const { name } of rooms) {
    for (const file of readdirSync(join(root, name), { recursive: true, encoding: 'utf8' })) {
      if (/\.(sh|py|sql)$/.test(file)) cpSync(join(root, name, file), join(dist, name, file));
    }
  }
}
