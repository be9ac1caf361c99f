/** What a real browser of the tests takes from the machine. */

import { UserError } from '../core/errors.mjs';
import { cached } from '../system/cache.mjs';
import type { Progress } from '../system/console.mjs';
import { which } from '../system/exec.mjs';
import { aptInstall, isDebian, isRoot } from './apt.ts';
import { withSbin } from './images/machine.ts';

/** Each program by its names, with Debian's package: the browser, the keeper of its certificates, and what gives it a network of its own. */
const PROGRAMS = {
  chromium: { names: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'], package: 'chromium' },
  certutil: { names: ['certutil'], package: 'libnss3-tools' },
  ip: { names: ['ip'], package: 'iproute2' },
  unshare: { names: ['unshare'], package: 'util-linux' },
} as const;

/** Files of the programs. */
export type Browser = Record<keyof typeof PROGRAMS, string>;

/**
 * Finds a browser and what belongs to it; installs Debian's packages of what is missing, where that is possible.
 *
 * @throws UserError that says what to install. @throws RemoteError with the end of what apt says.
 */
export async function provideBrowser(env: NodeJS.ProcessEnv, progress: Progress): Promise<Browser> {
  const path = withSbin(env)['PATH'];
  const find = () => {
    const found = Object.entries(PROGRAMS).map(([key, { names, package: name }]) => {
      const file = names.map((one) => which(one, path)).find((one) => one !== undefined);
      return { key, file, name };
    });
    const missing = found.filter(({ file }) => file === undefined).map(({ name }) => name);
    return { programs: Object.fromEntries(found.map(({ key, file }) => [key, file])) as Browser, missing };
  };
  const { missing } = find();
  if (missing.length > 0 && isRoot() && isDebian()) {
    progress(`installing ${missing.join(', ')} with apt`);
    await aptInstall(missing, { env, log: cached('logs', 'apt.log') });
  }
  const after = find();
  if (after.missing.length === 0) return after.programs;
  throw new UserError(
    `The browser test needs what Debian has in ${after.missing.join(', ')}; only for root on Debian or Ubuntu does this command install it.`,
    'Install it, and try again.',
  );
}
