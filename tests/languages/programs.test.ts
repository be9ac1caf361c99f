/** Examples in compiled languages and in Python: their SDKs, and what the programs deploy. */

import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { WEBUI_SECRETS } from '../../core/webui.ts';
import { buildMoreLanguages, cliVersion } from '../../setup/goModules.ts';
import { root } from '../support/checkout.ts';
import { csharpCompiler } from '../support/csharp/compiler.ts';
import { docker, objectsOf } from '../support/docker.ts';
import { Example, run } from '../support/languages.ts';

// A compiler that has never seen the SDK of Pulumi takes minutes.
jest.setTimeout(1_200_000);

const KEY = 'sk-only-for-this-test-0123456789';
const inline = (file: string) => join(root, 'tests', 'support', 'inline', file);
const moreLanguages = () => buildMoreLanguages({ root, env: process.env, progress: () => {} });

/** Programs that run Pulumi themselves read what Pulumi sets for those that it runs. */
const NO_CONFIG = { PULUMI_CONFIG: undefined };

/** A way to run a program: `up`, `preview` or `destroy`; returns what Pulumi prints. */
type Run = (command: 'up' | 'preview' | 'destroy') => Promise<string>;

/** Deployed, changed and destroyed. */
async function live(example: Example, pulumi: Run, name: string): Promise<void> {
  await example.init({ openaiKey: { secure: KEY } });
  await pulumi('up');
  expect(await example.nameOfPage()).toBe(name);
  expect(await docker('exec', `chat-webui-${example.stack}`, 'cat', WEBUI_SECRETS)).toContain(
    `OPENAI_API_KEY='${KEY}'`,
  );
  expect(await pulumi('preview')).toMatch(/22 unchanged/);
  await example.configure({ name: 'Another name' });
  await pulumi('up');
  expect(await example.nameOfPage()).toBe('Another name');
  await pulumi('destroy');
  expect(await objectsOf(example.stack)).toMatchObject({ containers: [], networks: [] });
}

const examples: Example[] = [];
afterAll(() => Promise.all(examples.map((one) => one.remove())));
async function example(name: string, more: readonly string[] = []): Promise<Example> {
  const created = await Example.create(name, more);
  examples.push(created);
  return created;
}

it('Python: type-checked by mypy, deployed, changed, destroyed', async () => {
  const python = await example('python');
  const sdk = await python.generate('python');
  const { dir, stack } = python;
  const env = { ...python.env, ...NO_CONFIG };
  const bin = (program: string) => join(dir, 'venv', 'bin', program);
  await run('python3', ['-m', 'venv', 'venv'], { cwd: dir });
  await run(bin('pip'), ['install', '--quiet', `pulumi==${cliVersion(root).slice(1)}`, 'mypy', sdk], { cwd: dir });
  await run(bin('mypy'), ['__main__.py'], { cwd: dir });
  writeFileSync(join(dir, 'wrong.py'), 'import pulumi_openwebui as o\no.Deployment("a", hardening=3)\n');
  await expect(run(bin('mypy'), ['wrong.py'], { cwd: dir })).rejects.toThrow(/wrong\.py:2: error/);
  await live(
    python,
    (command) => run(bin('python'), [inline('inline.py'), command, stack, dir], { cwd: dir, env }),
    'Chat in Python',
  );
});

it('Go: vetted, deployed, changed, destroyed', async () => {
  const go = await example('go');
  const sdk = await go.generate('go');
  const { dir, stack } = go;
  const env = { ...go.env, ...NO_CONFIG };
  const pulumiSdk = /require .*|\tgithub.com\/pulumi\/pulumi\/sdk\/v3 .*/g;
  const [, version] = readFileSync(join(dir, 'go.mod'), 'utf8').match(pulumiSdk) ?? [];
  const module = 'github.com/pulumi/pulumi-openwebui/sdk/go/openwebui';
  // What the language host of Go writes.
  writeFileSync(join(sdk, 'go.mod'), `module ${module}\n\ngo 1.24\n\nrequire (\n${version}\n)\n`);
  cpSync(inline('inline_test.go'), join(dir, 'inline_test.go'));
  await run('go', ['mod', 'tidy'], { cwd: dir });
  await run('go', ['vet', './...'], { cwd: dir });
  await run('go', ['test', '-c', '-o', 'inline', '.'], { cwd: dir });
  await live(
    go,
    (command) => run(join(dir, 'inline'), ['-test.run', 'Inline', '-test.v', command, stack], { cwd: dir, env }),
    'Chat in Go',
  );
});

it('Java: compiled by Maven, deployed, changed, destroyed', async () => {
  const more = await moreLanguages();
  const java = await example('java', [more]);
  await java.generate('java');
  await run('mvn', ['--batch-mode', '--quiet', 'compile'], { cwd: java.dir });
  const flags = { up: ['--yes', '--skip-preview'], preview: [], destroy: ['--yes', '--skip-preview'] };
  await live(java, (command) => java.pulumi(command, ...flags[command]), 'Chat in Java');
});

it('C#: compiled by Roslyn, beside what stands for the package of Pulumi', async () => {
  const more = await moreLanguages();
  const csharp = await example('csharp');
  // The generator packs a picture, by default from a place that not every machine reaches.
  const server = createServer((_, response) => response.end('a picture'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const file = join(csharp.dir, 'package', 'schema.json');
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    file,
    JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), logoUrl: `http://127.0.0.1:${port}/` }),
  );
  const sdk = await csharp.generate('dotnet', [more]).finally(() => server.close());
  const files = globSync('**/*.cs', { cwd: sdk }).map((name) => join(sdk, name));
  const compile = await csharpCompiler(csharp.path('compiler'));
  expect(await compile(join(csharp.dir, 'Program.cs'), ...files)).toBe('');
  const wrong = join(csharp.dir, 'Wrong.cs');
  writeFileSync(
    wrong,
    `using Pulumi.Openwebui;
using Pulumi.Openwebui.Inputs;
object a = new DeploymentArgs { Hardening = "loose" };
object b = new WebUIPublishArgs { Port = "3000" };
object c = new WebUIArgs { Imge = "local/open-webui" };
`,
  );
  const said = await compile(wrong, ...files).catch(({ message }: Error) => message);
  expect(said.match(/Wrong\.cs\(\d+(?=,\d+\): error)/g)).toEqual([3, 4, 5].map((line) => `Wrong.cs(${line}`));
});
