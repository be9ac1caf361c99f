/** From Compose files to the description of a deployment. */

import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { UserError } from '../../../core/errors.mjs';
import type { Service, Source, Unknown } from '../source.ts';
import { parseDotenv, parseRawEnv } from './dotenv.ts';
import { folderName, type Project, type Reading, readProject, shortPath } from './files.ts';
import { describeService, type Names } from './service.ts';
import { isRaw, type Raw } from './yaml.ts';

export interface ComposeOptions extends Reading {
  /** Profiles that are on, besides those of COMPOSE_PROFILES. */
  profiles: readonly string[];
  /** Name of the project, instead of the one that follows from files and folder. */
  projectName?: string | undefined;
}

const object = (value: unknown): Raw => (isRaw(value) ? value : {});

/** Everything that a service's variables come from: its files, what it says itself, and, for a name alone, the environment. */
function variablesOf(
  name: string,
  service: Raw,
  { variables, missing }: Project,
): { env: Record<string, string>; unknown: Unknown[] } {
  const unknown: Unknown[] = [];
  const env: Record<string, string> = {};
  for (const file of (service['env_file'] ?? []) as { path: string; required?: boolean; format?: string }[]) {
    if (!existsSync(file.path)) {
      if (String(file.required) !== 'false')
        unknown.push({
          service: name,
          text: `the file ${shortPath(file.path)} (services.${name}.env_file) does not exist`,
        });
      continue;
    }
    const outside = {
      get: (variable: string) => variables(variable) ?? env[variable],
      missing: (variable: string) => missing.push({ service: name, text: `${variable} (${shortPath(file.path)})` }),
    };
    try {
      const read = file.format === 'raw' ? parseRawEnv : parseDotenv;
      Object.assign(env, read(readFileSync(file.path, 'utf8'), outside));
    } catch (error) {
      throw new UserError(`${shortPath(file.path)}: ${(error as Error).message}`);
    }
  }
  for (const [variable, value] of Object.entries(object(service['environment']))) {
    const found = value === null ? variables(variable) : String(value);
    if (found !== undefined) env[variable] = found;
    // Compose leaves out a name alone that the environment does not have, even where a file has it.
    else delete env[variable];
  }
  return { env, unknown };
}

/** Real names of volumes and networks. */
function namesIn(model: Raw, project: string): Names {
  const real = (section: string) => (name: string) => {
    const facts = object(object(model[section])[name]);
    const external = facts['external'];
    const given = facts['name'] ?? object(external)['name'];
    if (given !== undefined) return String(given);
    return external ? name : `${project}_${name}`;
  };
  return { project, volume: real('volumes'), network: real('networks') };
}

/** Volumes and networks that services use and the file does not define: Compose refuses them. */
function undefinedNames(model: Raw, services: Readonly<Record<string, Raw>>): string[] {
  return Object.entries(services).flatMap(([name, service]) => {
    const volumes = ((service['volumes'] ?? []) as Raw[]).flatMap(({ type, source }) =>
      type === 'volume' && source !== undefined ? [String(source)] : [],
    );
    const networks = Object.keys(object(service['networks'])).filter((network) => network !== 'default');
    const lacking = (kind: string, used: readonly string[]) =>
      used
        .filter((one) => !(one in object(model[`${kind}s`])))
        .map((one) => `the ${kind} "${one}" of the service ${name} has no entry under "${kind}s:"`);
    return [...lacking('volume', volumes), ...lacking('network', networks)];
  });
}

/** The files of secrets and configurations, beside the service that gets them. */
function withFiles(model: Raw, service: Raw, dir: string): Raw {
  const located = ['secrets', 'configs'].flatMap((kind) => {
    if (!Array.isArray(service[kind])) return [];
    const all = (service[kind] as Raw[]).map((one) => {
      const { file } = object(object(model[kind])[String(one['source'])]);
      return file === undefined ? one : { ...one, file: resolve(dir, String(file)) };
    });
    return [[kind, all]];
  });
  return { ...service, ...Object.fromEntries(located) };
}

/** Services that run, and those that only a profile would start. */
function parted(model: Raw, profiles: readonly string[]) {
  const all = Object.entries(object(model['services'])).map(([name, service]) => [name, object(service)] as const);
  const profilesOf = (service: Raw) => ((service['profiles'] ?? []) as unknown[]).map(String);
  const runs = (service: Raw) =>
    profilesOf(service).length === 0 ||
    profilesOf(service).some((one) => profiles.includes(one) || profiles.includes('*'));
  return {
    active: Object.fromEntries(all.filter(([, service]) => runs(service))),
    inactive: Object.fromEntries(
      all.filter(([, service]) => !runs(service)).map(([name, service]) => [name, profilesOf(service)]),
    ),
  };
}

/** Options of the docker compose command for the same project; its name where it does not follow from the folder. */
const optionsOf = ({ envFiles, profiles }: ComposeOptions, files: readonly string[], name: string | undefined) => [
  ...files.flatMap((file) => ['--file', file]),
  ...envFiles.flatMap((file) => ['--env-file', file]),
  ...profiles.flatMap((profile) => ['--profile', profile]),
  ...(name === undefined ? [] : ['--project-name', name]),
];

/**
 * Reads what Compose files describe.
 *
 * @throws UserError for files that Compose itself would refuse.
 */
export function readCompose(options: ComposeOptions): Source {
  const read = readProject(options);
  const { model, files, dir, variables } = read;
  const given = options.projectName ?? variables('COMPOSE_PROJECT_NAME') ?? model['name'];
  const project = String(given ?? folderName(dir));
  const profiles = [...options.profiles, ...(variables('COMPOSE_PROFILES')?.split(',') ?? [])];
  const { active, inactive } = parted(model, profiles);
  const lacking = undefinedNames(model, active);
  if (lacking.length > 0) {
    throw new UserError(
      `${files.join(', ')} is not complete, and Compose refuses it: ${lacking.join(', and ')}.`,
      'copy the whole file: the missing part is at its end, under "volumes:" and "networks:" without indentation',
    );
  }
  const names = namesIn(model, project);
  const unknown: Unknown[] = [];
  const services = Object.entries(active).map(([name, service]): Service => {
    const found = variablesOf(name, service, read);
    unknown.push(...found.unknown);
    return describeService(name, withFiles(model, service, dir), found.env, names);
  });
  const networks = Object.fromEntries(
    [...new Set(['default', ...Object.keys(object(model['networks']))])].map((key) => {
      const facts = object(object(model['networks'])[key]);
      const subnets = ((object(facts['ipam'])['config'] ?? []) as Raw[])
        .flatMap(({ subnet }) => subnet ?? [])
        .map(String);
      const attachable = String(facts['attachable']) === 'true';
      return [names.network(key), { external: Boolean(facts['external']), attachable, subnets }];
    }),
  );
  const missing = read.missing.map(({ service, text }) => ({ service, text: `${text} has no value` }));
  return {
    ...{
      kind: 'compose',
      files,
      project,
      compose: optionsOf(options, files, given === undefined ? undefined : project),
      services,
      inactive,
      networks,
    },
    unknown: [...new Map([...missing, ...unknown].map((one) => [`${one.service} ${one.text}`, one])).values()],
  };
}
