/** Builds programs from published Go modules, for machines that reach packages but not the programs' downloads. */

import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InternalError, UserError } from '../core/errors.mjs';
import { cached, folder } from '../system/cache.mjs';
import type { Progress } from '../system/console.mjs';
import { run, which } from '../system/exec.mjs';

/** What a build needs. */
export interface GoBuild {
  /** Folder of the checkout. */
  root: string;
  env: NodeJS.ProcessEnv;
  progress: Progress;
}

const VERSION_VARIABLE = 'github.com/pulumi/pulumi/sdk/v3/go/common/version.Version';

const moduleFolder = (root: string, module: string) => join(root, 'setup', 'go', module);

/** Names a build by what goes into it, so that a changed module is built again. */
function fingerprint(root: string, ...modules: string[]): string {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const module of modules) {
    for (const entry of readdirSync(moduleFolder(root, module), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && !entry.name.endsWith('_test.go'))
        hash.update(readFileSync(join(entry.parentPath, entry.name)));
    }
  }
  return hash.digest('hex').slice(0, 12);
}

/** Version of the CLI that is built, as its go.mod has it. */
export function cliVersion(root: string): string {
  const text = readFileSync(join(moduleFolder(root, 'cli'), 'go.mod'), 'utf8');
  const version = /^(?:require )?\s*github\.com\/pulumi\/pulumi\/pkg\/v3 (v\S+)/m.exec(text)?.[1];
  if (!version) throw new InternalError('setup/go/cli/go.mod does not require the Pulumi CLI');
  return version;
}

/** Version of Caddy that is built, as its go.mod has it. */
export function caddyVersion(root: string): string {
  const text = readFileSync(join(moduleFolder(root, 'caddy'), 'go.mod'), 'utf8');
  const version = /^\s*github\.com\/caddyserver\/caddy\/v2 v(\S+)/m.exec(text)?.[1];
  if (!version) throw new InternalError('setup/go/caddy/go.mod does not require Caddy');
  return version;
}

/**
 * Builds programs of one module that have nothing to do with Pulumi; returns the folder with them.
 *
 * @param what what is built, in words. @param args flags of the compiler, and the packages.
 */
const buildPrograms = (
  options: GoBuild,
  module: string,
  { what, args }: { what: string; args: readonly string[] },
): Promise<string> =>
  folder(cached(module, `modules-${fingerprint(options.root, module)}`), async (into) => {
    if (!which('go', options.env['PATH'])) {
      throw new UserError(
        `${what} is built from its Go module here, which needs Go`,
        'install Go 1.26 or newer (or any since 1.21 that may fetch its own newer release)',
      );
    }
    await build(options, module, what, ['-o', `${into}/`, ...args]);
  });

/** Builds Caddy, about 3 minutes on 2 cores; returns the folder with the program. */
export const buildCaddy = (options: GoBuild): Promise<string> => {
  const flags = `-s -w -X github.com/caddyserver/caddy/v2.CustomVersion=v${caddyVersion(options.root)}`;
  // As the releases are built: without databases for certificates of one's own authority.
  const args = ['-tags', 'nobadger,nomysql,nopgx', '-ldflags', flags, 'github.com/caddyserver/caddy/v2/cmd/caddy'];
  return buildPrograms(options, 'caddy', { what: `Caddy ${caddyVersion(options.root)}`, args });
};

/** Builds Pebble, the certificate authority of the tests; returns the folder with it and its DNS. */
export const buildPebble = (options: GoBuild): Promise<string> => {
  const main = 'github.com/letsencrypt/pebble/v2/cmd/pebble';
  return buildPrograms(options, 'pebble', { what: 'Pebble', args: [main, `${main}-challtestsrv`] });
};

/** Builds Versity's gateway, the S3 server of the tests, about 2 minutes on 2 cores; returns the folder with the program. */
export const buildVersitygw = (options: GoBuild): Promise<string> => {
  const args = ['-ldflags', '-s -w', 'github.com/versity/versitygw/cmd/versitygw'];
  return buildPrograms(options, 'versitygw', { what: "Versity's S3 gateway", args });
};

/** Builds the registry of the tests, about a minute on 2 cores; returns the folder with the program. */
export const buildRegistry = (options: GoBuild): Promise<string> =>
  buildPrograms(options, 'registry', { what: 'a registry of images', args: ['-ldflags', '-s -w', '.'] });

/** Folders with the language hosts of tests. */
export interface Languages {
  /** Of YAML, and for Python and Go one that makes SDKs. */
  bin: string;
  /** One that makes SDKs for Node.js. Not with the others: it does not run programs. */
  nodejs: string;
}

/** Builds them, about 3 minutes on 2 cores. */
export async function buildLanguages(options: GoBuild): Promise<Languages> {
  const bin = await folder(cached('languages', `modules-${fingerprint(options.root, 'languages')}`), async (into) => {
    const yaml = 'github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml';
    await build(options, 'languages', 'the language host of YAML', ['-ldflags', '-s -w', '-o', `${into}/`, yaml]);
    const [python, go, nodejs] = ['python', 'go', 'nodejs'].map((name) => `pulumi-language-${name}`) as [
      string,
      string,
      string,
    ];
    await build(options, 'languages', 'the generator of SDKs', ['-ldflags', '-s -w', '-o', join(into, python), '.']);
    copyFileSync(join(into, python), join(into, go));
    mkdirSync(join(into, 'nodejs'));
    copyFileSync(join(into, python), join(into, 'nodejs', nodejs));
  });
  return { bin, nodejs: join(bin, 'nodejs') };
}

/** Builds the language hosts of Java and .NET, about 3 minutes on 2 cores; returns the folder with them. */
export const buildMoreLanguages = (options: GoBuild): Promise<string> =>
  folder(cached('languages', `more-${fingerprint(options.root, 'languages')}`), async (into) => {
    const flags = ['-ldflags', '-s -w', '-o'];
    const java = 'github.com/pulumi/pulumi-java/pkg/cmd/pulumi-language-java';
    await build(options, 'languages', 'the language host of Java', [...flags, `${into}/`, java]);
    const dotnet = 'github.com/pulumi/pulumi-dotnet/pulumi-language-dotnet/v3';
    const file = join(into, 'pulumi-language-dotnet');
    await build(options, 'languages', 'the language host of .NET', [...flags, file, dotnet]);
  });

function requireTools(env: NodeJS.ProcessEnv): void {
  if (process.platform !== 'linux') {
    throw new UserError(
      "Pulumi's downloads cannot be reached from here, and building them from Go modules is for Linux only.\nInstall Pulumi 3.250 or newer (pulumi.com/docs/install) so that it is on PATH, and try again.",
    );
  }
  if (!which('go', env['PATH'])) {
    throw new UserError(
      "Pulumi's downloads cannot be reached from here, so Pulumi has to be built, which needs Go.\nInstall Go 1.26 or newer (or any since 1.21 that may fetch its own newer release), or put pulumi 3.250 or newer on PATH, and try again.",
    );
  }
}

async function build({ root, env, progress }: GoBuild, module: string, what: string, args: string[]): Promise<void> {
  requireTools(env);
  progress(`building ${what} from Go modules`);
  await run('go', ['build', '-trimpath', ...args], {
    // What the machine sets for its own projects must not steer the compiler.
    env: { ...env, CGO_ENABLED: '0', GOFLAGS: '-buildvcs=false', GOWORK: 'off' },
    cwd: moduleFolder(root, module),
    log: cached('logs', `go-${module}.log`),
  });
}

/** Folder of the CLI and the language host, once they are built. */
export const cliFolder = (root: string): string =>
  cached('pulumi', `modules-${fingerprint(root, 'cli', 'language-nodejs')}`);

/** Builds the CLI and the language host into {@link cliFolder}. */
export async function buildCli(options: GoBuild): Promise<void> {
  const { root, progress } = options;
  await folder(cliFolder(root), async (into) => {
    progress(
      "Pulumi's downloads cannot be reached: building from Go modules instead, about 5 minutes on 2 cores, once",
    );
    const version = cliVersion(root);
    const flags = `-s -w -X ${VERSION_VARIABLE}=${version}`;
    const main = 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi';
    await build(options, 'cli', `the Pulumi CLI ${version}`, ['-ldflags', flags, '-o', `${into}/`, main]);
    const host = join(into, 'pulumi-language-nodejs');
    await build(options, 'language-nodejs', 'the language host', ['-ldflags', '-s -w', '-o', host, '.']);
  });
}

/** Names the present build of the plugins. */
export const pluginBuild = (root: string): string => `modules-${fingerprint(root, 'providers')}`;

/** Builds the plugins; returns the file of one of them. */
export async function buildPlugin(name: string, options: GoBuild): Promise<string> {
  const dir = await folder(cached('plugins', pluginBuild(options.root)), async (into) => {
    options.progress(
      'its download cannot be reached: building from Go modules instead, about 5 minutes on 2 cores, once',
    );
    const args = ['-tags', 'no_compose', '-ldflags', '-s -w', '-o', `${into}/`, './cmd/...'];
    await build(options, 'providers', 'the plugins', args);
  });
  return join(dir, `pulumi-resource-${name}`);
}
