/** What building needs of the machine: Debian's tools, root, and programs that never outlive this one. */

import { UserError } from '../../core/errors.mjs';
import type { Docker } from '../../docker/client.ts';
import type { Progress } from '../../system/console.mjs';
import { capture, run, which } from '../../system/exec.mjs';
import { isRoot } from '../apt.ts';

/** Debian's names of the architectures for which images can be built. */
const ARCHITECTURES = ['amd64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

/** What the steps of a build share. */
export interface Building {
  docker: Docker;
  progress: Progress;
  /** For programs, docker among them. */
  env: NodeJS.ProcessEnv;
  /** File that gets what they say. */
  log: string;
  architecture: Architecture;
}

const INSTEAD = 'Or bring images: pull the official ones, or `docker load` what another machine has saved.';

/** Root's PATH lacks these in some shells, and debootstrap lives there. */
export const withSbin = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...env,
  PATH: `${env['PATH'] ?? ''}:/usr/sbin:/sbin`,
  LC_ALL: 'C',
});

/**
 * Refuses a machine that cannot build for the engine, before anything is started.
 *
 * @returns Debian's name of the architecture.
 * @throws UserError
 */
export async function requireMachine(docker: Docker, env: NodeJS.ProcessEnv): Promise<Architecture> {
  const missing = ['apt-get', 'dpkg', 'setpriv', 'tar'].filter((program) => !which(program, env['PATH']));
  if (process.platform !== 'linux' || missing.length > 0) {
    throw new UserError(
      `Images can be built on Debian and Ubuntu only; here is ${process.platform}${missing.map((name) => `, without ${name}`).join('')}.\n  ${INSTEAD}`,
    );
  }
  if (!isRoot()) {
    throw new UserError(
      `Building a Debian base (debootstrap) needs root: run the same command with sudo.\n  ${INSTEAD}`,
    );
  }
  const here = (await run('dpkg', ['--print-architecture'], { env })).trim();
  const engine = (await docker.run(['version', '--format', '{{.Server.Os}}/{{.Server.Arch}}'])).trim();
  const architecture = ARCHITECTURES.find((one) => one === here);
  if (!architecture || engine !== `linux/${here}`) {
    throw new UserError(
      `Images are built here for linux/${here} and the engine runs ${engine}; it has to be the same, one of ${ARCHITECTURES.join(', ')}.\n  ${INSTEAD}`,
    );
  }
  return architecture;
}

/**
 * As `run`, but the program, all that it starts and all that it mounts end with this process, however that ends: after a `kill -9`
 * the next run can clear up what was left half-done, and nothing still writes to it.
 */
export async function runBound(
  command: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; log: string },
): Promise<string> {
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const { env } = options;
  const { code } = await capture('unshare', [...namespaces, 'true'], { env }).catch(() => ({ code: 1 }));
  // A container without the right to do this cannot mount either; there only the program itself is bound.
  const contained = code === 0 ? ['unshare', ...namespaces, command] : [command];
  try {
    return await run('setpriv', ['--pdeathsig', 'KILL', ...contained, ...args], options);
  } catch (error) {
    // Name what was wanted, not what it was wrapped in.
    throw new UserError((error as Error).message.replace(/^setpriv .*? failed/, `${command} ${args[0]} failed`));
  }
}
