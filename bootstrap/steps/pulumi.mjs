/** The Pulumi CLI, its Node.js language host and the plugins of the program: found, downloaded, or built. */

import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cached, folder } from '../../system/cache.mjs';
import { UserError } from '../../system/console.mjs';
import { capture, run, which } from '../../system/exec.mjs';
import { buildCli, buildPlugin, pluginBuild } from './go-modules.mjs';
import { atLeast } from './node.mjs';

/** The first with everything that the program and its commands ask of the engine. */
const MINIMUM = '3.250.0';

/** Where Pulumi publishes its releases; a mirror may be named instead. */
const RELEASES = process.env.PULUMI_RELEASES_URL ?? 'https://get.pulumi.com/releases/sdk';

/** Long enough for a slow line, short enough for a machine that has none. */
const PROBE_MS = 10_000;

const exe = process.platform === 'win32' ? '.exe' : '';

/** The versions that package-lock.json names: the program, the CLI and the plugins always fit together. */
function versions(root) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const version = (name) => packages[`node_modules/@pulumi/${name}`].version;
  return { cli: version('pulumi'), docker: version('docker'), random: version('random') };
}

/** The checksums of a release, or undefined where Pulumi's releases cannot be reached. */
async function checksums(version) {
  try {
    const answer = await fetch(`${RELEASES}/pulumi-${version}-checksums.txt`, {
      signal: AbortSignal.timeout(PROBE_MS),
    });
    return answer.ok ? await answer.text() : undefined;
  } catch {
    return undefined;
  }
}

/** Downloads a release into `dir`, checked against its published checksum. */
async function download(version, sums, dir, progress) {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const archive = `pulumi-v${version}-${os}-${process.arch}.${os === 'windows' ? 'zip' : 'tar.gz'}`;
  const expected = sums
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, name]) => name === archive)?.[0];
  if (!expected)
    throw new UserError(`Pulumi ${version} has no release ${archive}. Put a pulumi ${MINIMUM} or newer on PATH.`);
  progress(`downloading ${archive}`);
  const answer = await fetch(`${RELEASES}/${archive}`);
  if (!answer.ok) throw new UserError(`${RELEASES}/${archive}: ${answer.status} ${answer.statusText}`);
  const file = join(dir, archive);
  const hash = createHash('sha256');
  await pipeline(
    Readable.fromWeb(answer.body),
    async function* (chunks) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(file),
  );
  const actual = hash.digest('hex');
  if (actual !== expected) {
    throw new UserError(
      `${archive} has the checksum ${actual}, but ${expected} is published. It was not used. Try again, or put pulumi on PATH yourself.`,
    );
  }
  progress(`unpacking ${archive}`);
  await run('tar', ['-xf', archive], { cwd: dir });
  rmSync(file);
  // The archive for Windows has one folder more.
  renameSync([join(dir, 'pulumi', 'bin'), join(dir, 'pulumi')].find(existsSync), join(dir, 'bin'));
}

/** Puts a Pulumi CLI and its language host first on `env.PATH`: what is there, else the release, else a build. */
async function cli(env, progress, version) {
  const ofModules = `${buildCli.version()}, built from Go modules`;
  const released = cached('pulumi', version);
  const present = which('pulumi', env.PATH);
  if (present && which('pulumi-language-nodejs', env.PATH)) {
    // Its own version takes it half a second.
    if (dirname(present) === buildCli.dir()) return ofModules;
    const { stdout } = await capture(present, ['version'], { env });
    if (atLeast(stdout.trim(), MINIMUM)) return `${stdout.trim()}`;
  }
  let bin = join(released, 'bin');
  let origin = `v${version}, release`;
  if (!existsSync(bin)) {
    // A build of an earlier run saves the question.
    const built = buildCli.dir();
    if (existsSync(built)) {
      [bin, origin] = [built, ofModules];
    } else {
      progress('looking for the release');
      const sums = await checksums(version);
      if (sums) await folder(released, (dir) => download(version, sums, dir, progress));
      else [bin, origin] = [await buildCli(env, progress), ofModules];
    }
  }
  env.PATH = bin + delimiter + env.PATH;
  return origin;
}

/** Says in a plugin's folder which build it is of; an official one has none. */
const BUILD = 'built-from-modules';

/** Whether a plugin is installed, completely and not from an older build; asking the CLI would take half a second. */
function installed(env, name, version) {
  const plugins = pluginsFolder(env);
  const dir = `resource-${name}-v${version}`;
  if (!existsSync(join(plugins, dir, `pulumi-resource-${name}${exe}`))) return false;
  if (readdirSync(plugins).includes(`${dir}.partial`)) return false;
  const mark = join(plugins, dir, BUILD);
  return !existsSync(mark) || readFileSync(mark, 'utf8') === pluginBuild();
}

const pluginsFolder = (env) => join(env.PULUMI_HOME ?? join(homedir(), '.pulumi'), 'plugins');

async function plugin(env, progress, name, version) {
  if (installed(env, name, version)) return;
  const install = ['plugin', 'install', 'resource', name, version];
  const pulumi = which('pulumi', env.PATH);
  progress(`installing the ${name} plugin ${version}`);
  // The CLI finds, downloads and checks official plugins itself; it gives up within seconds where it cannot reach them.
  const official = await capture(pulumi, install, { env, timeout: 300_000 });
  if (official.code === 0) return;
  const file = await buildPlugin(name, env, progress);
  await run(pulumi, [...install, '--file', file, '--reinstall'], { env });
  writeFileSync(join(pluginsFolder(env), `resource-${name}-v${version}`, BUILD), pluginBuild());
}

/** Makes `pulumi` usable: the CLI and language host on `env.PATH`, the program's plugins installed. */
export async function pulumiStep(env, progress, root) {
  const wanted = versions(root);
  const text = await cli(env, progress, wanted.cli);
  for (const name of ['docker', 'random']) await plugin(env, progress, name, wanted[name]);
  env.PULUMI_SKIP_UPDATE_CHECK ??= 'true';
  // The CLI and its plugins are Go programs that live for seconds: a tenth of their work is to free memory that nobody needs.
  env.GOGC ??= '400';
  return `${text}; plugins docker ${wanted.docker}, random ${wanted.random}`;
}
