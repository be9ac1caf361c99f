/** Examples in other languages: copies with a package, an SDK and a state of their own. */

import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import { type Outputs, stackOf } from '../../ops/outputs.ts';
import { withPage } from '../../ops/relay.ts';
import { verify } from '../../ops/verify/verify.ts';
import { Session } from '../../ops/webui.ts';
import { buildLanguages, type Languages } from '../../setup/goModules.ts';
import { root } from './checkout.ts';
import { IMAGES, pulumiEnvironment } from './deployment.ts';
import { freePort, removeObjectsOf, requireEngine, testStack } from './docker.ts';

const execute = promisify(execFile);

/** The language hosts, which are in the cache when `npm test` runs this. */
export const languageHosts = (): Promise<Languages> => buildLanguages({ root, env: process.env, progress: () => {} });

/** Output of a program; an error shows all that it printed. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env }: { cwd: string; env?: NodeJS.ProcessEnv },
) {
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
  return execute(program, args, options).then(
    ({ stdout }) => stdout,
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => {
      throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
    },
  );
}

/** The package as Pulumi gets it from a tag: the folder `package` of a repository, beside its package.json. */
export function copyPackage(dir: string): string {
  const folder = join(dir, 'package');
  mkdirSync(folder);
  for (const name of ['package.js', 'package.json'])
    if (!existsSync(join(dir, name))) cpSync(join(root, name), join(dir, name));
  for (const name of ['PulumiPlugin.yaml', 'package.json', 'schema.json', 'bin'])
    cpSync(join(root, 'package', name), join(folder, name), { recursive: true });
  return folder;
}

/** Config of an example, by its keys. */
type Config = Record<string, string | number | { secure: string }>;

/** A copy of an example with a stack of its own. */
export class Example {
  readonly stack: string;
  readonly dir: string;
  readonly env: Record<string, string>;
  readonly port: number;
  readonly #name: string;

  private constructor(name: string, { port, bin }: { port: number; bin: string }) {
    this.#name = name;
    this.port = port;
    this.stack = testStack(name);
    this.dir = mkdtempSync(join(tmpdir(), `open-webui-${name}-`));
    cpSync(join(root, 'examples', name), this.dir, { recursive: true });
    const PATH = [bin, process.env['PATH']].join(delimiter);
    this.env = { ...pulumiEnvironment(this.dir), PATH };
  }

  /** Copies an example, and the package beside it. */
  static async create(name: string, more: readonly string[] = []): Promise<Example> {
    await requireEngine();
    const { bin } = await languageHosts();
    const example = new Example(name, { port: await freePort(), bin: [bin, ...more].join(delimiter) });
    // In the place of what npm would install there.
    symlinkSync(join(root, 'node_modules'), join(copyPackage(example.dir), 'node_modules'));
    example.#edit((project) => ({ ...project, packages: { openwebui: './package' } }));
    return example;
  }

  #edit(change: (project: Record<string, unknown>) => Record<string, unknown>): void {
    const file = join(this.dir, 'Pulumi.yaml');
    writeFileSync(file, stringify(change(parse(readFileSync(file, 'utf8')))));
  }

  path = (name: string): string => join(this.dir, name);

  /** Makes the SDK of a language in `sdks/pulumi-openwebui`, as `pulumi package add` does. */
  async generate(language: string, more: readonly string[] = []): Promise<string> {
    const { nodejs } = await languageHosts();
    const PATH = [...(language === 'nodejs' ? [nodejs] : []), ...more, this.env['PATH']].join(delimiter);
    const args = [
      'package',
      'gen-sdk',
      './package/schema.json',
      '--language',
      language,
      '--local',
      '--out',
      'generated',
    ];
    await run('pulumi', args, { cwd: this.dir, env: { ...this.env, PATH } });
    const sdk = join(this.dir, 'sdks', 'pulumi-openwebui');
    mkdirSync(join(this.dir, 'sdks'));
    // That of Go is in a folder by the name of its package.
    renameSync(join(this.dir, 'generated', language, ...(language === 'go' ? ['openwebui'] : [])), sdk);
    rmSync(join(this.dir, 'generated'), { recursive: true });
    return sdk;
  }

  /** Runs this project's compiler in the folder. */
  compile = (...args: string[]): Promise<string> =>
    run(process.execPath, [join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc'), ...args], {
      cwd: this.dir,
    });

  /** Gives a program in TypeScript its packages: Pulumi's own, and the SDK, built as its own script does when npm has installed it. */
  async link(): Promise<void> {
    const sdk = await this.generate('nodejs');
    const packages = join(this.dir, 'node_modules');
    mkdirSync(join(packages, '@pulumi'), { recursive: true });
    for (const name of ['@pulumi/pulumi', '@pulumi/docker', '@pulumi/random', '@types'])
      symlinkSync(join(root, 'node_modules', name), join(packages, name));
    symlinkSync(sdk, join(packages, '@pulumi', 'openwebui'));
    await this.compile('-p', sdk);
    cpSync(join(sdk, 'package.json'), join(sdk, 'bin', 'package.json'));
  }

  /** Runs a program in the folder; never fails by itself. */
  start = (program: string, args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    execute(program, args, { cwd: this.dir, env: { ...process.env, ...this.env }, maxBuffer: 64 * 1024 * 1024 }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
    );

  /** Runs a command of this project on the stack; never fails by itself. */
  command = (name: string, ...args: string[]) =>
    this.start(process.execPath, [
      join(root, 'cli', 'main.ts'),
      name,
      '--cwd',
      this.dir,
      '--stack',
      this.stack,
      ...args,
    ]);

  /** Runs Pulumi on the stack; an error shows all that it printed. */
  pulumi = (...args: string[]): Promise<string> =>
    run('pulumi', [...args, '--stack', this.stack, '--non-interactive', '--color', 'never'], {
      cwd: this.dir,
      env: this.env,
    });

  /** The stack with its configuration. */
  async init(config: Config = {}): Promise<void> {
    await this.pulumi('stack', 'init');
    await this.configure({ port: this.port, valkeyImage: IMAGES.valkey, webuiImage: IMAGES.webui, ...config });
  }

  async configure(config: Config): Promise<void> {
    for (const [key, value] of Object.entries(config)) {
      const [flag, text] = typeof value === 'object' ? ['--secret', value.secure] : ['--plaintext', String(value)];
      await this.pulumi('config', 'set', flag, key, text);
    }
  }

  up = (): Promise<string> => this.pulumi('up', '--yes', '--skip-preview');

  /** Outputs, secrets included. */
  outputs = async (): Promise<Record<string, unknown>> =>
    JSON.parse(await this.pulumi('stack', 'output', '--json', '--show-secrets'));

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The name that the web UI shows, seen by its administrator. */
  async nameOfPage(outputs?: Record<string, unknown>): Promise<string> {
    const { adminEmail, adminPassword } = (outputs ?? (await this.outputs())) as Record<string, string>;
    const session = await Session.signIn(this.origin, adminEmail as string, adminPassword as string);
    const { name } = (await session.request('GET', '/api/config')) as { name: string };
    // Open WebUI adds its own.
    return name.replace(/ \(Open WebUI\)$/, '');
  }

  /** What `npm run verify` would say of it: names of checks that hold. */
  async verify(): Promise<{ held: string[]; failed: string[] }> {
    const { valkeyUrl, valkeyOperatorPassword, servers, ...outputs } = await this.outputs();
    const { valkey, ...others } = servers as Outputs['servers'];
    const kept = { url: valkeyUrl, operatorPassword: valkeyOperatorPassword };
    const found = { ...outputs, servers: { ...others, valkey: { ...valkey, ...kept } }, host: {} };
    const workspace = { stack: this.stack, root: this.dir, env: { ...process.env, ...this.env } };
    const stack = stackOf(workspace, found);
    if (!stack) throw new Error(`the outputs are not those of a deployment: ${Object.keys(found).join(', ')}`);
    const results = await withPage(stack, (reachable) => verify(reachable));
    const names = (ok: boolean) =>
      results.filter((one) => one.ok === ok).map(({ name, detail }) => (ok ? name : detail));
    return { held: names(true), failed: names(false) };
  }

  async remove(): Promise<void> {
    await removeObjectsOf(this.stack);
    rmSync(this.dir, { recursive: true, force: true });
  }

  get name(): string {
    return this.#name;
  }
}
