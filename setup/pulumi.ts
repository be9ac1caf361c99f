/** The Pulumi CLI, its Node.js language host and the plugins of the program: found, downloaded, or built. */

import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { UserError } from '../core/errors.mjs';
import { cached, folder } from '../system/cache.mjs';
import type { Progress } from '../system/console.mjs';
import { capture, run, which } from '../system/exec.mjs';
import { atLeast } from '../system/versions.mjs';
import { buildCli, buildPlugin, cliFolder, cliVersion, type GoBuild, pluginBuild } from './goModules.ts';

/** The first with everything that the program and its commands ask of the engine. */
const MINIMUM = '3.250.0';

/** Where Pulumi publishes its releases; PULUMI_RELEASES_URL names a mirror instead. */
const RELEASES = 'https://get.pulumi.com/releases/sdk';

/** Long enough for a slow line, short enough for a machine that has none, in milliseconds. */
const PROBE_MS = 10_000;

const PLUGINS = ['docker', 'random'] as const;

const exe = process.platform === 'win32' ? '.exe' : '';

/** The versions that package-lock.json names: the program, the CLI and the plugins always fit together. */
function lockedVersion(root: string, name: string): string {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version: string } | undefined>;
  };
  const found = packages[`node_modules/@pulumi/${name}`];
  if (!found) throw new UserError(`package-lock.json does not name @pulumi/${name}`);
  return found.version;
}

const releases = ({ PULUMI_RELEASES_URL: mirror = RELEASES }: NodeJS.ProcessEnv) => mirror;

/** The checksums of a release; undefined where Pulumi's releases cannot be reached. */
async function checksums(version: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const url = `${releases(env)}/pulumi-${version}-checksums.txt`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) });
    return answer.ok ? await answer.text() : undefined;
  } catch {
    return undefined;
  }
}

/** Downloads a file; returns its SHA-256 checksum. */
async function fetchFile(url: string, file: string): Promise<string> {
  const answer = await fetch(url);
  if (!answer.ok || !answer.body) throw new UserError(`${url}: ${answer.status} ${answer.statusText}`);
  const hash = createHash('sha256');
  await pipeline(
    Readable.fromWeb(answer.body as ReadableStream<Uint8Array>),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(file),
  );
  return hash.digest('hex');
}

/** Downloads a release into `dir`, checked against its published checksum. */
async function download(
  version: string,
  { sums, dir, env, progress }: { sums: string; dir: string; env: NodeJS.ProcessEnv; progress: Progress },
): Promise<void> {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const archive = `pulumi-v${version}-${os}-${process.arch}.${os === 'windows' ? 'zip' : 'tar.gz'}`;
  const [published] =
    sums
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find(([, name]) => name === archive) ?? [];
  if (!published)
    throw new UserError(`Pulumi ${version} has no release ${archive}. Put a pulumi ${MINIMUM} or newer on PATH.`);
  progress(`downloading ${archive}`);
  const file = join(dir, archive);
  const actual = await fetchFile(`${releases(env)}/${archive}`, file);
  if (actual !== published) {
    throw new UserError(
      `${archive} has the checksum ${actual}, but ${published} is published. It was not used. Try again, or put pulumi on PATH yourself.`,
    );
  }
  progress(`unpacking ${archive}`);
  await run('tar', ['-xf', archive], { cwd: dir });
  rmSync(file);
  // The archive for Windows has one folder more.
  const bin = join(dir, 'pulumi', 'bin');
  renameSync(existsSync(bin) ? bin : join(dir, 'pulumi'), join(dir, 'bin'));
}

/** A Pulumi CLI with its language host; `bin` is its folder where PATH does not have it yet. */
interface Cli {
  bin?: string;
  text: string;
}

/** Finds a Pulumi CLI and its language host: on PATH, else the release, else a build. */
async function findCli(build: GoBuild, version: string): Promise<Cli> {
  const { root, env, progress } = build;
  const built = { bin: cliFolder(root), text: `${cliVersion(root)}, built from Go modules` };
  const present = which('pulumi', env['PATH']);
  if (present && which('pulumi-language-nodejs', env['PATH'])) {
    // Its own answer takes half a second.
    if (dirname(present) === built.bin) return { text: built.text };
    const own = (await capture(present, ['version'], { env })).stdout.trim();
    if (atLeast(own, MINIMUM)) return { text: own };
  }
  const folderOfRelease = cached('pulumi', version);
  const released = { bin: join(folderOfRelease, 'bin'), text: `v${version}, release` };
  if (existsSync(released.bin)) return released;
  // An earlier run that has built it has found no release.
  if (existsSync(built.bin)) return built;
  progress('looking for the release');
  const sums = await checksums(version, env);
  if (sums) await folder(folderOfRelease, (dir) => download(version, { sums, dir, env, progress }));
  else await buildCli(build);
  return sums ? released : built;
}

/** File in a plugin's folder that names the build from Go modules; an official plugin has none. */
const BUILD = 'built-from-modules';

const pluginsFolder = ({ PULUMI_HOME: home = join(homedir(), '.pulumi') }: NodeJS.ProcessEnv) => join(home, 'plugins');

/** Whether a plugin is installed, completely and not from an older build; the CLI takes half a second to say so. */
function isInstalled({ root, env }: GoBuild, name: string, version: string): boolean {
  const plugins = pluginsFolder(env);
  const dir = `resource-${name}-v${version}`;
  if (!existsSync(join(plugins, dir, `pulumi-resource-${name}${exe}`))) return false;
  if (readdirSync(plugins).includes(`${dir}.partial`)) return false;
  const mark = join(plugins, dir, BUILD);
  return !existsSync(mark) || readFileSync(mark, 'utf8') === pluginBuild(root);
}

async function providePlugin(build: GoBuild, name: string, version: string): Promise<void> {
  const { root, env, progress } = build;
  if (isInstalled(build, name, version)) return;
  const install = ['plugin', 'install', 'resource', name, version];
  progress(`installing the ${name} plugin ${version}`);
  // The CLI finds, downloads and checks official plugins itself; it gives up within seconds where it cannot reach them.
  const official = await capture('pulumi', install, { env, timeout: 300_000 });
  if (official.code === 0) return;
  const file = await buildPlugin(name, build);
  await run('pulumi', [...install, '--file', file, '--reinstall'], { env });
  writeFileSync(join(pluginsFolder(env), `resource-${name}-v${version}`, BUILD), pluginBuild(root));
}

/**
 * Makes `pulumi` usable, with its language host and the program's plugins.
 *
 * @returns an environment whose PATH has it.
 * @throws UserError that says what the user has to install.
 */
export async function providePulumi(
  { root, env }: { root: string; env: NodeJS.ProcessEnv },
  progress: Progress,
): Promise<{ env: NodeJS.ProcessEnv; text: string }> {
  const { bin, text } = await findCli({ root, env, progress }, lockedVersion(root, 'pulumi'));
  const own: NodeJS.ProcessEnv = {
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    // The CLI and its plugins are Go programs that live for seconds: a tenth of their work is to free memory that nothing needs.
    GOGC: '400',
    ...env,
    ...(bin && { PATH: bin + delimiter + env['PATH'] }),
  };
  const plugins = PLUGINS.map((name) => ({ name, version: lockedVersion(root, name) }));
  for (const { name, version } of plugins) await providePlugin({ root, env: own, progress }, name, version);
  return { env: own, text: `${text}; plugins ${plugins.map(({ name, version }) => `${name} ${version}`).join(', ')}` };
}
