/** Private registries: the docker command reads passwords only from a file, which exists only while the command runs. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DOCKER_HUB } from '../core/images.ts';
import { type Credentials, privateRegistryOf, type Registries } from '../core/registries.ts';
import { connect, type Docker } from './client.ts';

/** The docker command's own name for Docker Hub. */
const HUB_KEY = 'https://index.docker.io/v1/';

/**
 * Runs work with a client that has the credentials of one registry and none of this machine's own Docker settings, which could name a helper that
 * stores the password.
 */
async function knowing<Result>(
  { endpoint }: Docker,
  address: string,
  { username, password }: Credentials,
  work: (docker: Docker) => Promise<Result>,
): Promise<Result> {
  // With mode 0700.
  const folder = mkdtempSync(join(tmpdir(), 'open-webui-registry-'));
  try {
    const key = address === DOCKER_HUB ? HUB_KEY : address;
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [key]: { auth } } }), { mode: 0o600 });
    return await work(connect(endpoint, { ...process.env, DOCKER_CONFIG: folder }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A client whose pulls sign in to those registries. Pulls from other registries do not change. */
export function authenticated(docker: Docker, registries: Registries): Docker {
  if (Object.keys(registries).length === 0) return docker;
  const through = <Result>(args: readonly string[], work: (docker: Docker) => Promise<Result>): Promise<Result> => {
    const image = args[0] === 'pull' ? args.at(-1) : undefined;
    const address = image === undefined ? undefined : privateRegistryOf(image, registries);
    const credentials = address === undefined ? undefined : registries[address];
    return address === undefined || credentials === undefined
      ? work(docker)
      : knowing(docker, address, credentials, work);
  };
  return {
    ...docker,
    capture: (args, options) => through(args, (client) => client.capture(args, options)),
    run: (args, options) => through(args, (client) => client.run(args, options)),
  };
}

/** How a registry responds to credentials. */
export type Reception =
  | { kind: 'accepted' }
  /** It rejects them. */
  | { kind: 'refused'; said: string }
  /** The engine gets no answer from it, or not that of a registry. */
  | { kind: 'silent'; said: string };

const REFUSED = /unauthori[sz]ed|denied|forbidden|incorrect username or password|\b40[13]\b/i;

/** How long a registry may take to answer, in milliseconds. */
const TIMEOUT = 30_000;

/**
 * Has the engine sign in to a registry, as it does for a pull. Leaves nothing behind.
 *
 * @returns undefined if the engine itself does not answer.
 */
export function signIn(docker: Docker, address: string, credentials: Credentials): Promise<Reception | undefined> {
  return knowing(docker, address, credentials, async (client) => {
    const { code, stderr, timedOut } = await client.capture(
      ['login', '--username', credentials.username, '--password-stdin', address],
      { input: credentials.password, timeout: TIMEOUT },
    );
    if (code === 0) return { kind: 'accepted' };
    if (timedOut) return { kind: 'silent', said: `no answer within ${TIMEOUT / 1000} s` };
    const said = (stderr.trim().split('\n').at(-1) ?? '').replace(/^Error response from daemon: /, '');
    if (/Cannot connect to the Docker daemon|error during connect/.test(said)) return undefined;
    return { kind: REFUSED.test(said) ? 'refused' : 'silent', said };
  });
}
