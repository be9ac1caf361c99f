/** Images for an engine that can pull none: the same programs, from Debian's and Python's package registries. */

import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianBase } from '../../setup/images/debian-base.mjs';
import { checkMachine, runBound, withSbin } from '../../setup/images/machine.mjs';
import { downloadWheels } from '../../setup/images/wheels.mjs';
import { cached, folder, locked } from '../../system/cache.mjs';
import { run } from '../../system/exec.mjs';

export const LOCAL_IMAGES = { valkey: 'local/valkey:8.1-debian', openWebui: 'local/open-webui:0.12.4-pypi' };

const RECIPES = {
  [LOCAL_IMAGES.valkey]: { dir: 'valkey', suite: 'trixie' },
  [LOCAL_IMAGES.openWebui]: { dir: 'open-webui', suite: 'bookworm', context: wheelContext },
};

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()]);

/**
 * Builds those of the local images `names` that the engine lacks, and returns what it built.
 *
 * A name appears in the engine only with the complete image, and each part before it is kept or cleared by the next run: a run can
 * be killed at any point.
 */
export async function buildImages(names, { progress = () => {}, env = process.env } = {}) {
  const unknown = names.find((name) => !RECIPES[name]);
  if (unknown) throw new Error(`${unknown} is none of the local images ${Object.keys(RECIPES).join(', ')}`);
  const wanted = await lacking(names, env);
  if (wanted.length === 0) return [];

  progress(`to be built: ${wanted.join(', ')}`);
  const settings = { progress, env: withSbin(env), log: cached('logs', 'images.log') };
  const architecture = await checkMachine(settings.env);
  return locked('images', async () => {
    // Another process may have built them while this one waited for the lock.
    const missing = await lacking(names, env);
    if (missing.length > 0) rmSync(settings.log, { force: true });
    for (const name of missing) await build(name, { ...settings, architecture });
    return missing;
  });
}

async function lacking(names, env) {
  const list = await run('docker', ['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}'], { env });
  const present = new Set(list.split('\n'));
  return names.filter((name) => !present.has(name));
}

async function build(name, settings) {
  const { progress, env, log } = settings;
  const { dir, suite, context } = RECIPES[name];
  const source = fileURLToPath(new URL(`../images/${dir}`, import.meta.url));
  const base = `local/debian:${suite}`;
  if ((await lacking([base], env)).length > 0) await debianBase(suite, settings);
  const from = context ? await context(source, settings) : source;

  progress(`building ${name}`);
  const version = /:([\d.]+)/.exec(name)[1];
  const args = [`BASE=${base}`, `VERSION=${version}`, ...PROXY_VARIABLES.filter((variable) => env[variable])];
  await runBound(
    'docker',
    ['build', '--network', 'host', '--force-rm', ...args.flatMap((arg) => ['--build-arg', arg]), '--tag', name, from],
    // The classic builder is part of every engine, the other one a plugin that may not be there.
    { env: { ...env, DOCKER_BUILDKIT: '0' }, log },
  );
  // The stage that installed the wheels is as large as the image and has served its turn.
  await run('docker', ['image', 'prune', '--force', '--filter', 'label=local.stage'], { env, log });
}

/** The recipe beside its wheels: what a build reads has to be in one folder. */
async function wheelContext(source, settings) {
  const lock = join(source, 'requirements.lock');
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 12);
  const context = cached('images', `open-webui-${digest}`);
  await folder(join(context, 'wheels'), (dir) => downloadWheels(lock, dir, settings));
  cpSync(source, context, { recursive: true });
  return context;
}
