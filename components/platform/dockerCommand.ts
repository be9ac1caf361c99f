/** The docker command, for what the provider can neither read nor set. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Where an engine answers: as for the provider, DOCKER_HOST or this machine's default socket when there is no address. */
export interface Endpoint {
  address?: string | undefined;
  /** Folder with ca.pem, cert.pem and key.pem, for `tcp://`. */
  certificates?: string | undefined;
}

/** An engine that has not answered by then is not asked any longer, in milliseconds. */
const TIMEOUT = 20_000;

/** The environment in which the docker command asks the engine that the provider uses; of its own it would follow the present context. */
function environment({ address, certificates }: Endpoint): NodeJS.ProcessEnv {
  // Of this name DOCKER_HOST is a part.
  if (!address) return { ...process.env, DOCKER_CONTEXT: 'default' };
  const { DOCKER_CONTEXT: _, DOCKER_TLS_VERIFY: __, DOCKER_CERT_PATH: ___, ...env } = process.env;
  const tls = certificates ? { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates } : {};
  return { ...env, DOCKER_HOST: address, ...tls };
}

/**
 * What the docker command prints.
 *
 * @throws Error that says why in a line: there is no such command, no engine answers it, or what the engine says.
 */
export async function dockerCommand(endpoint: Endpoint, args: readonly string[]): Promise<string> {
  const options = { env: environment(endpoint), timeout: TIMEOUT, maxBuffer: 64 * 1024 * 1024 };
  try {
    return (await promisify(execFile)('docker', args, options)).stdout;
  } catch (error) {
    const { code, killed, stderr, message } = error as Error & { code?: unknown; killed?: boolean; stderr?: string };
    if (code === 'ENOENT') throw new Error('there is no docker command on PATH');
    if (killed) throw new Error(`the engine has not answered within ${TIMEOUT / 1000} s`);
    throw new Error(stderr?.trim().split('\n').at(-1) || message);
  }
}
