/** Which files make up a Compose project, and what they say together: several files, `extends`, `include`, `.env`. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { UserError } from '../../../core/errors.mjs';
import { canonicalService } from './canonical.ts';
import { parseDotenv } from './dotenv.ts';
import type { Variables } from './interpolate.ts';
import { merged } from './merge.ts';
import { isRaw, parseCompose, type Raw } from './yaml.ts';

/** A variable that has no value, or a file that is not there. */
export interface Missing {
  service: string | undefined;
  text: string;
}

export interface Reading {
  /** Files or one folder, as they were named. */
  files: readonly string[];
  /** Files with variables instead of `.env`. */
  envFiles: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
}

/** What the files say, one in the form of the other. */
export interface Project {
  model: Raw;
  files: readonly string[];
  dir: string;
  variables: (name: string) => string | undefined;
  missing: Missing[];
}

const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** The files of a folder are found as Compose finds them: the first name, with its override. */
function found(path: string): string[] {
  if (!existsSync(path)) throw new UserError(`There is no file ${path}.`);
  if (!statSync(path).isDirectory()) return [path];
  const main = NAMES.map((name) => join(path, name)).find((file) => existsSync(file));
  if (!main) throw new UserError(`${path} has no Compose file: none of ${NAMES.join(', ')}.`);
  const override = ['yml', 'yaml'].map((end) => main.replace(/\.ya?ml$/, `.override.${end}`));
  return [main, ...override.filter((file) => existsSync(file)).slice(0, 1)];
}

const object = (value: unknown): Raw => (isRaw(value) ? value : {});

/** Variables of files, and of the environment, which has the last word. */
function readEnv(files: readonly string[], env: Reading['env'], missing: Missing[]): Record<string, string> {
  const values: Record<string, string> = {};
  for (const file of files) {
    const outside: Variables = {
      get: (name) => env[name] ?? values[name],
      missing: (name) => missing.push({ service: undefined, text: `${name}, which ${file} uses` }),
    };
    try {
      Object.assign(values, parseDotenv(readFileSync(file, 'utf8'), outside));
    } catch (error) {
      if (error instanceof UserError) throw new UserError(`${file}: ${error.message}`);
      throw new UserError(`${file} cannot be read: ${(error as Error).message}`);
    }
  }
  return values;
}

/** Reads files of one project, with all that they extend and include. */
class Reader {
  readonly missing: Missing[];
  readonly variables: (name: string) => string | undefined;

  constructor(variables: (name: string) => string | undefined, missing: Missing[]) {
    this.variables = variables;
    this.missing = missing;
  }

  #parse(file: string, dir: string): Raw {
    const at = ([section, name]: readonly string[]): Variables => ({
      get: this.variables,
      missing: (variable, why) =>
        this.missing.push({
          service: section === 'services' ? name : undefined,
          text: why ? `${variable}: ${why}` : variable,
        }),
    });
    const model = parseCompose(readFileSync(file, 'utf8'), file, at);
    const services = Object.entries(object(model['services'])).map(([name, service]) => {
      try {
        return [name, canonicalService(object(service), dir)];
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        throw new UserError(`${file}: services.${name}: ${error.message}`, error.next);
      }
    });
    return { ...model, services: Object.fromEntries(services) };
  }

  /** A service with what it extends. */
  #extended(services: Raw, name: string, place: { file: string; dir: string }, way: readonly string[]): Raw {
    const here = `${place.file}: services.${name}`;
    if (way.includes(here)) throw new UserError(`${here} extends itself`);
    if (!isRaw(services[name])) throw new UserError(`${here} does not exist, and another service extends it`);
    const { extends: base, ...own } = services[name];
    if (base === undefined) return own;
    const given = isRaw(base) ? base : { service: base };
    const { file, service } = given as { file?: string; service: string };
    const path = file === undefined ? place.file : resolve(place.dir, file);
    if (!existsSync(path)) throw new UserError(`${here} extends a service of ${path}, which does not exist`);
    const next = { file: path, dir: file === undefined ? place.dir : dirname(path) };
    const others = file === undefined ? services : object(this.#parse(path, next.dir)['services']);
    return merged(this.#extended(others, service, next, [...way, here]), own);
  }

  /** What a file says, with what it extends and includes. */
  read(file: string, dir: string): Raw {
    const { include = [], ...model } = this.#parse(file, dir);
    const services = object(model['services']);
    const complete = Object.keys(services).map((name) => [name, this.#extended(services, name, { file, dir }, [])]);
    const own: Raw = { ...model, services: Object.fromEntries(complete) };
    return (include as unknown[]).reduce<Raw>((all, one) => merged(this.#included(one, dir), all), own);
  }

  #included(given: unknown, dir: string): Raw {
    const { path, project_directory: folder, env_file: env } = isRaw(given) ? given : { path: given };
    const files = [path].flat().map((one) => resolve(dir, String(one)));
    const own = folder === undefined ? dirname(files[0] ?? '') : resolve(dir, String(folder));
    const named = env === undefined ? [join(own, '.env')].filter(existsSync) : [env].flat().map(String);
    const values = readEnv(
      named.map((one) => resolve(dir, one)),
      {},
      this.missing,
    );
    const inner = new Reader((name) => this.variables(name) ?? values[name], this.missing);
    return files.map((one) => inner.read(one, own)).reduce(merged, {});
  }
}

/** A path as a person would write it. */
export const shortPath = (path: string): string => {
  const short = relative('.', path);
  return short.startsWith('..') && isAbsolute(path) ? path : short || '.';
};

/**
 * Reads a Compose project from its files.
 *
 * @throws UserError for a file that is not there, or cannot be read.
 */
export function readProject({ files, envFiles, env }: Reading): Project {
  const paths = files.flatMap(found).map((file) => resolve(file));
  const dir = dirname(paths[0] ?? '.');
  const missing: Missing[] = [];
  const dotenv = envFiles.length > 0 ? envFiles : [join(dir, '.env')].filter((file) => existsSync(file));
  const values = readEnv(dotenv, env, missing);
  // Compose is run where its file is; this command is run somewhere else.
  const variables = (name: string) => (name === 'PWD' ? dir : (env[name] ?? values[name]));
  const reader = new Reader(variables, missing);
  const model = paths.map((file) => reader.read(file, dir)).reduce(merged, {});
  return { model, files: paths.map(shortPath), dir, variables, missing };
}

/** Name of a project whose files do not give one: that of its folder, as far as Compose accepts it. */
export const folderName = (dir: string): string =>
  basename(dir)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
