/**
 * `npm pack`, and `npm install` of this repository from git: JavaScript and types of the components into dist/, as Node.js strips no
 * types below node_modules. The program itself needs none of it.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const compiler = path('../node_modules/@typescript/native/bin/tsc');

// npm runs this after each installation, also without the packages for development; nobody packs there.
if (existsSync(compiler)) {
  rmSync(path('../dist'), { recursive: true, force: true });
  process.exitCode = spawnSync(process.execPath, [compiler, '-p', path('.')], { stdio: 'inherit' }).status ?? 1;
}
