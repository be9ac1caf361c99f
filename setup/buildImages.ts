/** Images for an engine that can pull none: the same programs, from Debian's and Python's package registries. */

import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { endpointEnvironment } from '../core/endpoint.ts';
import { UserError } from '../core/errors.mjs';
import { imageName, LOCAL, parseImage } from '../core/images.ts';
import type { Docker } from '../docker/client.ts';
import { cached, folder, locked } from '../system/cache.mjs';
import type { Progress } from '../system/console.mjs';
import { buildCaddy, caddyVersion } from './goModules.ts';
import { baseImage, debianBase, type Suite } from './images/debianBase.ts';
import { type Building, requireMachine, runBound, withSbin } from './images/machine.ts';
import { downloadWheels, lockedVersion } from './images/wheels.ts';

/** How one image is built; its files are in `images/` below its name. */
interface Recipe {
  suite: Suite;
  /** The one version that it builds, by its folder and that of the checkout. */
  version(source: string, root: string): string;
  /** Folder from which the engine builds. */
  context(source: string, building: Building, root: string): Promise<string>;
}

const lockIn = (source: string) => join(source, 'requirements.lock');

/** The recipe beside its wheels: the engine reads what it builds from out of one folder. */
async function wheelContext(source: string, building: Building): Promise<string> {
  const lock = lockIn(source);
  const digest = createHash('sha256').update(readFileSync(lock)).digest('hex').slice(0, 12);
  const context = cached('images', `open-webui-${digest}`);
  await folder(join(context, 'wheels'), (dir) => downloadWheels(lock, dir, building));
  cpSync(source, context, { recursive: true });
  return context;
}

/** The recipe beside a program that was built from Go modules. */
async function caddyContext(source: string, { env, progress }: Building, root: string): Promise<string> {
  const built = await buildCaddy({ root, env, progress });
  const context = cached('images', `caddy-${basename(built)}`);
  cpSync(source, context, { recursive: true });
  cpSync(join(built, 'caddy'), join(context, 'caddy'));
  return context;
}

/** Recipes by the last part of a repository's name. */
const RECIPES: Readonly<Record<string, Recipe>> = {
  // Debian 13 stays on this version and repairs it.
  valkey: { suite: 'trixie', version: () => '8.1', context: async (source) => source },
  haproxy: { suite: 'trixie', version: () => '3.0', context: async (source) => source },
  // The same there.
  postgres: { suite: 'trixie', version: () => '17', context: async (source) => source },
  caddy: { suite: 'trixie', version: (_, root) => caddyVersion(root), context: caddyContext },
  'open-webui': { suite: 'bookworm', version: (source) => lockedVersion(lockIn(source)), context: wheelContext },
};

interface Planned {
  name: string;
  source: string;
  version: string;
  recipe: Recipe;
}

/** @throws UserError for an image without a recipe, and for another version than the recipe builds. */
function plan(name: string, root: string): Planned {
  const recipe = Object.hasOwn(RECIPES, imageName(name)) ? RECIPES[imageName(name)] : undefined;
  const next = 'the stack file Pulumi.local.yaml names the images that can be built here';
  if (!recipe) {
    const known = Object.keys(RECIPES).map((one) => `${LOCAL}${one}`);
    throw new UserError(`There is no recipe for ${name}; there is one for ${known.join(', ')}`, next);
  }
  const source = join(root, 'setup', 'images', imageName(name));
  const version = recipe.version(source, root);
  const wanted = /^[\d.]+/.exec(parseImage(name).tag ?? '')?.[0];
  if (wanted !== version)
    throw new UserError(`${name} cannot be built, as its recipe in ${source} builds ${version}`, next);
  return { name, source, version, recipe };
}

const PROXY_VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()]);

/** Those of some images that an engine lacks. */
async function missingOf(names: readonly string[], docker: Docker): Promise<string[]> {
  const list = await docker.run(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}']);
  const present = new Set(list.split('\n'));
  return names.filter((name) => !present.has(name));
}

async function build({ name, source, version, recipe }: Planned, building: Building, root: string): Promise<void> {
  const { progress, docker, env, log } = building;
  const base = baseImage(recipe.suite);
  if ((await missingOf([base], docker)).length > 0) await debianBase(recipe.suite, building);
  const from = await recipe.context(source, building, root);
  progress(`building ${name}`);
  const args = [`BASE=${base}`, `VERSION=${version}`, ...PROXY_VARIABLES.filter((variable) => env[variable])];
  await runBound(
    'docker',
    ['build', '--network', 'host', '--force-rm', ...args.flatMap((arg) => ['--build-arg', arg]), '--tag', name, from],
    // The classic builder is part of every engine, the other one a plugin that may not be there.
    { env: { ...env, DOCKER_BUILDKIT: '0' }, log },
  );
  // The stage that installed the wheels is as large as the image and has served its turn.
  await docker.run(['image', 'prune', '--force', '--filter', 'label=local.stage'], { log });
}

/**
 * Builds those of the local images `names` that the engine lacks, and returns what it built.
 *
 * A name appears in the engine only with the complete image, and each part before it is kept or cleared by the next run: a run can
 * be killed at any point.
 *
 * @throws UserError for an image that has no recipe, and on a machine that cannot build.
 */
export async function buildImages(
  names: readonly string[],
  { root, env, docker, progress }: { root: string; env: NodeJS.ProcessEnv; docker: Docker; progress: Progress },
): Promise<string[]> {
  const planned = names.map((name) => plan(name, root));
  const wanted = await missingOf(names, docker);
  if (wanted.length === 0) return [];

  progress(`to be built: ${wanted.join(', ')}`);
  const own = withSbin(endpointEnvironment(docker.endpoint, env));
  const log = cached('logs', 'images.log');
  const building: Building = { docker, progress, env: own, log, architecture: await requireMachine(docker, own) };
  return locked('images', async () => {
    // Another process may have built them while this one waited for the lock.
    const missing = await missingOf(names, docker);
    if (missing.length > 0) rmSync(log, { force: true });
    for (const one of planned.filter(({ name }) => missing.includes(name))) await build(one, building, root);
    return missing;
  });
}
