/** Packages of the machine's own distribution. */

import { readFileSync } from 'node:fs';
import { capture, run } from '../system/exec.mjs';

export const isRoot = (): boolean => process.getuid?.() === 0;

/** Whether this machine is Debian or made of it, such as Ubuntu. */
export function isDebian(): boolean {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/** Waits for another apt rather than failing, in seconds. */
const LOCK = ['-o', 'DPkg::Lock::Timeout=300'];

/**
 * Installs packages with apt; needs root.
 *
 * @param recommended whether what they recommend is installed as well. Default: false
 * @throws RemoteError with the end of what apt says.
 */
export async function aptInstall(
  packages: readonly string[],
  { env, log, recommended = false }: { env: NodeJS.ProcessEnv; log: string; recommended?: boolean },
): Promise<void> {
  const options = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' }, log };
  // One broken list of another vendor fails the whole update; the installation shows whether ours came through.
  await capture('apt-get', [...LOCK, 'update', '-q'], options);
  const only = recommended ? [] : ['--no-install-recommends'];
  await run('apt-get', [...LOCK, 'install', '-q', '-y', ...only, ...packages], options);
}
