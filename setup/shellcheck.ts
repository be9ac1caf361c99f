/** The checker of shell scripts. */

import { cached } from '../system/cache.mjs';
import type { Progress } from '../system/console.mjs';
import { which } from '../system/exec.mjs';
import { aptInstall, isDebian, isRoot } from './apt.ts';

/** Whether shellcheck is present; installs Debian's package where that is possible. */
export async function provideShellcheck(env: NodeJS.ProcessEnv, progress: Progress): Promise<boolean> {
  const present = () => which('shellcheck', env['PATH']) !== undefined;
  if (present() || !isRoot() || !isDebian()) return present();
  progress('installing shellcheck with apt');
  // Without a package the caller says that nothing was checked.
  await aptInstall(['shellcheck'], { env, log: cached('logs', 'apt.log') }).catch(() => {});
  return present();
}
