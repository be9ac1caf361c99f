/** What is on a Docker engine, whoever made it. Labels say who did, and the provider has no way to read them: the docker command has. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Where an engine answers: as for the provider, DOCKER_HOST or this machine's default socket when there is no address. */
export interface Endpoint {
  address?: string;
  /** Folder with ca.pem, cert.pem and key.pem, for `tcp://`. */
  certificates?: string;
}

export interface Found {
  kind: 'container' | 'network' | 'volume';
  name: string;
  /** `project/stack` of the labels; undefined where they are missing, so that nobody is known to have made it. */
  owner: string | undefined;
  /** Of a container: its image by the reference that it was made with, the volumes that it uses, and whether it runs. */
  image: string;
  volumes: readonly string[];
  runs: boolean;
}

/** An engine that has not answered by then is not asked any longer, in milliseconds. */
const TIMEOUT = 20_000;

const OWNER = '{{.Label "com.pulumi.project"}}\t{{.Label "com.pulumi.stack"}}';

const QUESTIONS = [
  {
    kind: 'container',
    args: ['ps', '--all', '--no-trunc', '--format', `{{.Names}}\t${OWNER}\t{{.Image}}\t{{.Mounts}}\t{{.State}}`],
  },
  { kind: 'network', args: ['network', 'ls', '--format', `{{.Name}}\t${OWNER}`] },
  { kind: 'volume', args: ['volume', 'ls', '--format', `{{.Name}}\t${OWNER}`] },
] as const;

/** The environment in which the docker command asks the engine that the provider uses; of its own it would follow the present context. */
function environment({ address, certificates }: Endpoint): NodeJS.ProcessEnv {
  // Of this name DOCKER_HOST is a part.
  if (!address) return { ...process.env, DOCKER_CONTEXT: 'default' };
  const { DOCKER_CONTEXT: _, DOCKER_TLS_VERIFY: __, DOCKER_CERT_PATH: ___, ...env } = process.env;
  const tls = certificates ? { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates } : {};
  return { ...env, DOCKER_HOST: address, ...tls };
}

/**
 * All containers, networks and volumes of an engine.
 *
 * @throws Error that says why it cannot be told: there is no docker command, or no engine that answers it.
 */
export async function inventory(endpoint: Endpoint): Promise<Found[]> {
  const options = { env: environment(endpoint), timeout: TIMEOUT, maxBuffer: 64 * 1024 * 1024 };
  const ask = async ({ kind, args }: (typeof QUESTIONS)[number]): Promise<Found[]> => {
    const { stdout } = await promisify(execFile)('docker', args, options);
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [name = '', project = '', stack = '', image = '', mounts = '', state = ''] = line.split('\t');
        const owner = project && stack ? `${project}/${stack}` : undefined;
        return { kind, name, owner, image, volumes: mounts.split(',').filter(Boolean), runs: state === 'running' };
      });
  };
  try {
    return (await Promise.all(QUESTIONS.map(ask))).flat();
  } catch (error) {
    const { code, killed, stderr, message } = error as Error & { code?: unknown; killed?: boolean; stderr?: string };
    if (code === 'ENOENT') throw new Error('there is no docker command on PATH');
    if (killed) throw new Error(`the engine has not answered within ${TIMEOUT / 1000} s`);
    throw new Error(stderr?.trim().split('\n').at(-1) || message);
  }
}
