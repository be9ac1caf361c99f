/** A stack's way to another state, by the commands that the documentation gives. */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../support/checkout.ts';
import type { Deployment } from '../../support/deployment.ts';

/** Tests of a deployment; leave it as it is, and its old state where it is. `secret` is encrypted in the stack file, which they change. */
export function moving(deployed: () => Deployment, secret: { setting: string; value: string }): void {
  let life: Deployment;

  beforeAll(() => {
    life = deployed();
  });

  /** The commands that the documentation gives, without the line that says what to fill in. */
  const documented = () => {
    const text = readFileSync(join(root, 'docs', 'state.md'), 'utf8').split('### Moving a stack')[1] ?? '';
    return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script = '']) => script.replace(/^STACK=.*\n/, ''));
  };

  it('takes a stack over as it is, and opens with another passphrase', async () => {
    const [move = '', passphrase = ''] = documented();
    const there = mkdtempSync(join(tmpdir(), 'open-webui-state-'));
    const at = { STACK: life.stack, NEW: `file://${there}` };
    const moved = { ...at, PULUMI_BACKEND_URL: at.NEW };
    const run = (script: string, env: Record<string, string>) => life.succeed('bash', ['-euc', script], env);
    const key = 'pulumi config get --path --stack "$STACK"';
    try {
      const before = await life.secrets();
      await run(move, at);
      await run(`printf 'another\\nanother\\n' | ${passphrase}`, moved);

      const env = { ...moved, PULUMI_CONFIG_PASSPHRASE: 'another' };
      await run('pulumi preview --stack "$STACK" --expect-no-changes', env);
      expect((await run(`${key} open-webui:${secret.setting}`, env)).trim() === secret.value).toBe(true);
      const admin = await run('pulumi stack output adminPassword --show-secrets --stack "$STACK"', env);
      expect(before.includes(admin.trim())).toBe(true);
      // Neither the passphrase of before nor the moved file opens anything any more.
      expect((await life.run('bash', ['-euc', `${key} open-webui:${secret.setting}`], moved)).stderr).toContain(
        'incorrect passphrase',
      );
      expect(existsSync(join(life.dir, 'moving.json'))).toBe(false);
    } finally {
      rmSync(there, { recursive: true });
    }
  });
}
