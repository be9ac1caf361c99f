/** A program that runs for a moment in a container as the web UI's will be: with its image, on its networks, and what it sees of the host. */

import * as pulumi from '@pulumi/pulumi';
import { isBuiltHere } from '../core/images.ts';
import type { Docker } from '../docker/client.ts';
import { inspect } from '../docker/inspect.ts';

/** What a program meets. */
export interface Surroundings {
  image: string;
  /** Networks of the web UI; those that do not exist yet are left out. */
  networks: readonly string[];
  /** Further arguments of `docker create`. Default: none. */
  args?: readonly string[] | undefined;
}

/** What a program has found, or why it has found nothing. */
export type Tried<Seen> = { seen: Seen } | { failure: string };

/**
 * Runs a Python program that reads its input, which may be secret, from the standard input and prints one line of JSON.
 *
 * @returns undefined in a preview in which the engine has no such image, and for one that is built here.
 */
export async function tryInside<Seen>(
  docker: Docker,
  { image, networks, args = [] }: Surroundings,
  program: string,
  input: string,
): Promise<Tried<Seen> | undefined> {
  const [images, present] = await Promise.all([
    inspect(docker, 'image', [image]),
    inspect(docker, 'network', networks),
  ]);
  const names = new Set(present.map(({ Name }) => Name));
  const [first = 'bridge', ...others] = networks.filter((name) => names.has(name));
  if (images.length === 0) {
    if (pulumi.runtime.isDryRun() || isBuiltHere(image)) return undefined;
    await docker.run(['pull', '--quiet', image]);
  }
  const id = (
    await docker.run([
      ...['create', '--rm', '--interactive', '--no-healthcheck', '--read-only', '--user', '65534:65534'],
      ...['--network', first, '--add-host', 'host.docker.internal:host-gateway'],
      ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--memory', '256m'],
      ...args,
      ...['--entrypoint', 'python3', image, '-I', '-c', program],
    ])
  ).trim();
  for (const name of others) await docker.run(['network', 'connect', name, id]);
  const { stdout, stderr } = await docker.capture(['start', '--attach', '--interactive', id], {
    input,
    timeout: 60_000,
  });
  // One that has not come to its end by then.
  await docker.capture(['rm', '--force', id]);
  const line = stdout.trim().split('\n').at(-1) ?? '';
  return line.startsWith('{')
    ? { seen: JSON.parse(line) as Seen }
    : { failure: stderr.trim().split('\n').at(-1) || 'no answer within a minute' };
}
