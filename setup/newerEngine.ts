/** Docker of Debian 13, in a folder: a newer engine to test with, beside that of this machine. */

import { UserError } from '../core/errors.mjs';
import { cached, folder } from '../system/cache.mjs';
import type { Progress } from '../system/console.mjs';
import { which } from '../system/exec.mjs';
import { isRoot } from './apt.ts';
import { debianRoot } from './images/debianBase.ts';
import { withSbin } from './images/machine.ts';

/** What a Docker engine takes; the `docker` command is the machine's own. */
const PACKAGES = ['docker.io', 'containerd', 'runc', 'iptables', 'ca-certificates'];

/**
 * A root file system of Debian 13 with its Docker engine, from the cache; made at the first call.
 *
 * @throws UserError on a machine that is not Debian or Ubuntu, and for a user other than root.
 */
export async function newerEngineRoot(env: NodeJS.ProcessEnv, progress: Progress): Promise<string> {
  const missing = ['apt-get', 'setpriv', 'chroot', 'unshare'].filter((name) => !which(name, withSbin(env)['PATH']));
  if (process.platform !== 'linux' || missing.length > 0 || !isRoot()) {
    const lacks = missing.map((name) => ` without ${name}`).join(',');
    throw new UserError(
      `A second Docker engine runs on Debian and Ubuntu only, as root; here is ${process.platform}${lacks}, user ${process.getuid?.() ?? 'unknown'}.`,
      'Run the tests as root on such a machine, or leave those of the second engine to CI.',
    );
  }
  const log = cached('logs', 'newer-engine.log');
  // The folder appears under its name once it is complete.
  return folder(cached('engines', 'debian-13'), async (root) =>
    debianRoot('trixie', root, { env: withSbin(env), log, progress }, PACKAGES),
  );
}
