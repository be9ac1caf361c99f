/** From a stack file's `host` to an endpoint: the only place that knows contexts, certificates and `~`. */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint, Host, Place } from '../core/endpoint.ts';
import { UserError } from '../core/errors.mjs';

type Environment = Record<string, string | undefined>;

const expandHome = (path: string) => (path.startsWith('~/') ? join(homedir(), path.slice(2)) : path);

const configFolder = (env: Environment) => env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');

/**
 * What a Docker context stands for, as `docker context create` has stored it.
 *
 * @throws UserError when there is no such context on this machine.
 */
function contextEndpoint(name: string, env: Environment): Endpoint {
  const contexts = join(configFolder(env), 'contexts');
  const id = createHash('sha256').update(name).digest('hex');
  const file = join(contexts, 'meta', id, 'meta.json');
  if (!existsSync(file)) {
    throw new UserError(`There is no Docker context "${name}" on this machine; docker context ls lists them.`);
  }
  const { Endpoints } = JSON.parse(readFileSync(file, 'utf8')) as { Endpoints: { docker: { Host: string } } };
  const certificates = join(contexts, 'tls', id, 'docker');
  return { address: Endpoints.docker.Host, ...(existsSync(certificates) && { certificates }) };
}

/** Name of the context that the docker command would use; undefined for the default one. */
function presentContext(env: Environment): string | undefined {
  const { DOCKER_CONTEXT: named } = env;
  if (named) return named === 'default' ? undefined : named;
  try {
    const { currentContext } = JSON.parse(readFileSync(join(configFolder(env), 'config.json'), 'utf8'));
    return currentContext && currentContext !== 'default' ? currentContext : undefined;
  } catch {
    return undefined; // There is no configuration.
  }
}

/** An endpoint, and what named it: for messages. */
export interface NamedEndpoint extends Endpoint {
  /** "DOCKER_HOST", "the Docker context x", "Pulumi.dev.yaml"; undefined for this machine's default socket. */
  by?: string | undefined;
  manager?: NamedEndpoint | undefined;
}

/**
 * The engine that the environment names, as the docker command understands it: DOCKER_HOST, else the present context, else this machine's
 * default socket.
 *
 * @throws UserError when the present context does not exist.
 */
export function ambientEndpoint(env: Environment = process.env): NamedEndpoint {
  const { DOCKER_HOST: address, DOCKER_CERT_PATH: certificates, DOCKER_TLS_VERIFY: verify } = env;
  // As the docker command has it: without a folder, its own settings hold the certificates.
  if (address)
    return { by: 'DOCKER_HOST', address, ...(verify && { certificates: certificates || configFolder(env) }) };
  const context = presentContext(env);
  return context === undefined ? {} : { by: `the Docker context "${context}"`, ...contextEndpoint(context, env) };
}

/** What names an endpoint, in words. */
export const nameOfEndpoint = ({ by, address }: NamedEndpoint): string =>
  address === undefined ? "this machine's default engine" : by === undefined ? address : `${by} (${address})`;

/**
 * The engine of a stack as this machine reaches it: the one that its file names, else that of the environment.
 *
 * @throws UserError that says what is missing on this machine.
 */
export function resolveHost(
  { manager, ...host }: Host,
  file = 'the stack file',
  env: Environment = process.env,
): NamedEndpoint {
  const engine = resolvePlace(host, 'host', file, env);
  return manager ? { ...engine, manager: resolvePlace(manager, 'host.manager', file, env) } : engine;
}

function resolvePlace(
  { address, certificates, context }: Place,
  setting: string,
  file: string,
  env: Environment,
): NamedEndpoint {
  if (context !== undefined) return { by: `${file} (the Docker context ${context})`, ...contextEndpoint(context, env) };
  if (address === undefined) return ambientEndpoint(env);
  if (certificates === undefined) return { by: file, address };
  const folder = expandHome(certificates);
  const missing = ['ca.pem', 'cert.pem', 'key.pem'].filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0)
    throw new UserError(`${folder} lacks ${missing.join(', ')}; ${setting}.certificates is a folder with all three.`);
  return { by: file, address, certificates: folder };
}
