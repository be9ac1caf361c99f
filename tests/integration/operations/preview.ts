/** The commands of the preview workflow, as its file has them. */

import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Deployment } from '../../support/deployment.ts';
import { docker, freePort } from '../../support/docker.ts';
import { stepOf } from '../../support/workflow.ts';

const NEW_KEY = 'sk-the-one-that-is-to-come';

/** What a report says before the text of the preview, without empty lines. */
const lines = (report: string) => (report.split('<details>')[0] ?? '').split('\n').filter(Boolean);

/** Tests of a deployment that is as its stack file says; they change that file and nothing else. `secret` is encrypted in it. */
export function preview(deployed: () => Deployment, secret: { setting: string; value: string }): void {
  let life: Deployment;

  beforeAll(() => {
    life = deployed();
  });

  const stackFile = () => join(life.dir, `Pulumi.${life.stack}.yaml`);

  const set = (setting: string, value: string, ...flags: string[]) =>
    life.succeed('pulumi', [
      'config',
      'set',
      '--stack',
      life.stack,
      '--path',
      ...flags,
      `open-webui:${setting}`,
      value,
    ]);

  /** Runs the workflow's own command and reads the report it leaves. */
  async function previewed(env: Record<string, string> = {}) {
    const { code, stderr } = await life.run(...stepOf('preview.yml', 'preview', 'preview'), {
      STACK: life.stack,
      ...env,
    });
    return { code, stderr, report: readFileSync(join(life.dir, `preview-${life.stack}.md`), 'utf8') };
  }

  const head = () => [`<!-- open-webui preview: ${life.stack} -->`, `### Preview of \`${life.stack}\``];

  it('says that nothing changes', async () => {
    const { code, report } = await previewed();
    expect(lines(report)).toEqual([...head(), expect.stringMatching(/^Nothing changes: \d+ as they are\.$/)]);
    expect(code).toBe(0);
  });

  it('shows lost data first, what is replaced, and what the policies refuse; and no secret', async () => {
    await set(secret.setting, NEW_KEY, '--secret');
    await set('webui.volume', `other-${life.stack}`);
    await set('valkey.memory', '600 MiB');
    await set('valkey.publish.address', '0.0.0.0');
    await set('valkey.publish.port', String(await freePort()));

    const { code, stderr, report } = await previewed();

    expect(lines(report)).toEqual([
      ...head(),
      expect.stringMatching(/^3 to replace, \d+ as they are, \*\*1 violation of the policies\*\*\.$/),
      '**Data would be replaced or deleted**',
      `- **replace \`chat-webui-data\`**, \`docker:Volume\` (\`name\`). **The old volume \`${life.webui}\` is kept on the engine, and the container starts with another.**`,
      '**Would be replaced or deleted**',
      '- **replace `chat-valkey-container`**, `docker:Container` (`memory`, `memorySwap`, `ports`).',
      expect.stringMatching(/^- \*\*replace `chat-webui-container`\*\*, `docker:Container` \(.*`volumes`.*\)\.$/),
      '**Violated policies: this cannot be deployed**',
      '- `valkey-not-exposed`, `chat-valkey-container`',
      '```text',
      expect.any(String),
      'chat-valkey-container publishes port 6379 of Valkey on 0.0.0.0.',
      expect.stringMatching(/^Allowed: /),
      expect.stringMatching(/^To do: /),
      '```',
    ]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('chat-valkey-container publishes port 6379 of Valkey on 0.0.0.0.');
    expect(report).toContain(`~ name: "${life.webui}" => "other-${life.stack}"`);
    for (const one of [secret.value, NEW_KEY, ...(await life.secrets())]) {
      // Not the texts: a failing test must not show what it protects.
      expect([report.includes(one), stderr.includes(one)]).toEqual([false, false]);
    }
  });

  it('shows why settings are refused', async () => {
    await set('valkey.memory', 'lots');
    const { code, report } = await previewed();
    expect(lines(report).slice(2, 6)).toEqual([
      '**The preview failed.**',
      '```text',
      `1 setting in Pulumi.${life.stack}.yaml cannot be used. Nothing was created or changed.`,
      '  open-webui:valkey.memory',
    ]);
    expect(code).not.toBe(0);
  });

  it('finds a change outside Pulumi with --refresh --expect-no-changes', async () => {
    const drift = (...flags: string[]) =>
      life.run('npm', ['run', '--silent', 'preview', '--', '--stack', life.stack, '--refresh', ...flags]);
    expect((await drift('--expect-no-changes')).code).toBe(0);
    const memory = (size: string) => docker('update', '--memory', size, '--memory-swap', size, life.valkey);
    await memory('600m');
    const { code, stdout } = await drift('--expect-no-changes', '--markdown').finally(() => memory('512m'));
    expect(lines(stdout)).toEqual([
      ...head(),
      '**The preview failed.**',
      ...['```text', 'no changes were expected for preview but changes were proposed', '```'],
      expect.stringMatching(/^1 to change, \d+ as they are\.$/),
      '| To change | Type | What differs |',
      '| --- | --- | --- |',
      '| `chat-valkey-container` | `docker:Container` | `memory`, `memorySwap` |',
    ]);
    expect(code).not.toBe(0);
  });

  it('compares with nothing in a fork, without a secret, and leaves nothing behind', async () => {
    const home = mkdtempSync(join(tmpdir(), 'pulumi-home-'));
    symlinkSync(join(process.env['PULUMI_HOME'] ?? join(homedir(), '.pulumi'), 'plugins'), join(home, 'plugins'));
    const none = { PULUMI_HOME: home, PULUMI_BACKEND_URL: '', PULUMI_ACCESS_TOKEN: '', PULUMI_CONFIG_PASSPHRASE: '' };
    const before = readFileSync(stackFile(), 'utf8');
    try {
      const { code, stderr, report } = await previewed({ ...none, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
      expect(lines(report).slice(2)).toEqual([
        `Compared with nothing: no state of \`${life.stack}\` was available, so all of it is to be created. Encrypted settings have another value here: \`open-webui:${secret.setting}\`.`,
        expect.stringMatching(/^\d+ to create\.$/),
        expect.stringMatching(/^To create: .*`chat-webui-container`/),
      ]);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(readFileSync(stackFile(), 'utf8')).toBe(before);
      expect(existsSync(join(life.dir, '.pulumi-state'))).toBe(false);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
}
