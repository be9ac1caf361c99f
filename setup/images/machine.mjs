/** What building needs of the machine: Debian's tools, root, and programs that never outlive us. */

import { UserError } from '../../system/console.mjs';
import { capture, run, which } from '../../system/exec.mjs';

const ARCHITECTURES = ['amd64', 'arm64'];
const INSTEAD = 'Or bring images: pull the official ones, or `docker load` what another machine has saved.';

/** Root's PATH lacks these in some shells, and debootstrap lives there. */
export const withSbin = (env) => ({ ...env, PATH: `${env.PATH ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' });

/** Refuses a machine that cannot build for the engine, before anything is started. Returns Debian's name of the architecture. */
export async function checkMachine(env) {
  const missing = ['apt-get', 'dpkg', 'setpriv', 'tar'].filter((program) => !which(program, env.PATH));
  if (process.platform !== 'linux' || missing.length > 0) {
    throw new UserError(
      `Images can be built on Debian and Ubuntu only; here is ${process.platform}${missing.map((name) => `, without ${name}`).join('')}.\n  ${INSTEAD}`,
    );
  }
  if (process.getuid() !== 0) {
    throw new UserError(
      `Building a Debian base (debootstrap) needs root: run the same command with sudo.\n  ${INSTEAD}`,
    );
  }
  const here = (await run('dpkg', ['--print-architecture'], { env })).trim();
  const engine = (await run('docker', ['version', '--format', '{{.Server.Os}}/{{.Server.Arch}}'], { env })).trim();
  if (!ARCHITECTURES.includes(here) || engine !== `linux/${here}`) {
    throw new UserError(
      `Images are built here for linux/${here} and the engine runs ${engine}; it has to be the same, one of ${ARCHITECTURES.join(', ')}.\n  ${INSTEAD}`,
    );
  }
  return here;
}

/** Installs packages of the machine's own distribution. */
export async function aptInstall(packages, { env, log }) {
  const options = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' }, log };
  // One broken third-party list fails the whole update; whether ours came through shows in the next line.
  await capture('apt-get', ['update'], options);
  await run(
    'apt-get',
    ['-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends', ...packages],
    options,
  );
}

/**
 * As `run`, but the program, all that it starts and all that it mounts end with this process, however that ends: after a `kill -9`
 * the next run can clear up what was left half-done, and nobody still writes to it.
 */
export async function runBound(command, args, options) {
  const namespaces = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const { code } = await capture('unshare', [...namespaces, 'true'], { env: options.env }).catch(() => ({ code: 1 }));
  // A container without the right to do this cannot mount either; there only the program itself is bound.
  const contained = code === 0 ? ['unshare', ...namespaces, command] : [command];
  try {
    return await run('setpriv', ['--pdeathsig', 'KILL', ...contained, ...args], options);
  } catch (error) {
    // Name what was wanted, not what it was wrapped in.
    throw new UserError(error.message.replace(/^setpriv .*? failed/, `${command} ${args[0]} failed`));
  }
}
