import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What makes commands keep Pulumi's state in the checkout, whatever the user has logged in to: a home of its own for Pulumi, with this
 * machine's plugins.
 */
export function embeddedState(): { env: Record<string, string>; remove: () => void } {
  const home = mkdtempSync(join(tmpdir(), 'pulumi-home-'));
  symlinkSync(join(process.env['PULUMI_HOME'] ?? join(homedir(), '.pulumi'), 'plugins'), join(home, 'plugins'));
  return {
    env: { PULUMI_HOME: home, PULUMI_BACKEND_URL: '', PULUMI_ACCESS_TOKEN: '', PULUMI_CONFIG_PASSPHRASE: '' },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
