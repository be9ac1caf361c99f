import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PACKAGE } from '../core/resourceTypes.ts';
import { packageSchema } from '../package/schema.ts';
import { jsonText } from '../settings/reference.ts';
import { run } from '../system/exec.mjs';
import type { Command } from './command.ts';

interface Manifest {
  version: string;
  description: string;
  license: string;
  engines: Record<string, string>;
  dependencies: Record<string, string>;
}

/** The npm packages that built code imports. */
export function packagesIn(folder: string): string[] {
  const texts = globSync('**/*.{js,mjs}', { cwd: folder }).map((file) => readFileSync(join(folder, file), 'utf8'));
  const statement =
    /^(?:(?:import|export)\b[^;'"=]*\bfrom|import) ["']([^."'][^"']*)["'];|\bimport\(["']([^."'][^"']*)["']\)/gm;
  const names = texts.flatMap((text) => [...text.matchAll(statement)].map(([, fixed, late]) => fixed ?? late ?? ''));
  const packages = names.map((name) => /^(@[^/]+\/[^/]+|[^/]+)/.exec(name)?.[0] ?? name);
  return [...new Set(packages)].filter((name) => !isBuiltin(name)).toSorted();
}

/** package.json of the package: what npm installs for it where it is used. */
export function manifestFor(own: Manifest, packages: readonly string[]): Record<string, unknown> {
  const { version, license, engines } = own;
  const dependencies = packages.map((name) => {
    const range = own.dependencies[name];
    if (range === undefined) throw new Error(`${name} is imported by the package, and no dependency in package.json`);
    return [name, range];
  });
  return {
    ...{ name: PACKAGE, version, license, private: true, type: 'module', main: 'bin/package/index.js', engines },
    description: 'Open WebUI on Docker with the Valkey that its websockets need, for programs of every Pulumi language',
    dependencies: Object.fromEntries(dependencies),
  };
}

/** Writes what travels with the package: built code, schema and package.json. `into` takes the built code. */
export async function writePackage(root: string, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  await run('node', [join(root, 'components', 'build.mjs'), 'package', join(folder, 'bin')], { env, cwd: root });
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
  const manifest = manifestFor(own, packagesIn(join(folder, 'bin')));
  writeFileSync(join(folder, 'package.json'), jsonText(manifest));
  const about = { version: own.version, description: String(manifest['description']), license: own.license };
  writeFileSync(join(folder, 'schema.json'), jsonText(packageSchema(about)));
}

export const command: Command = {
  summary: 'Builds the package for other languages: JavaScript, schema and package.json in package/.',
  usage: 'npm run package',
  async run(args, { root, env }) {
    parseArgs({ args: [...args], options: {} });
    await writePackage(root, join(root, 'package'), env);
    console.log('Wrote package/bin, package/schema.json and package/package.json.');
    return 0;
  },
};
