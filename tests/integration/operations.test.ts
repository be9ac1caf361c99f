/** What a team does with a stack that is deployed by plain Pulumi, with an encrypted setting. */

import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Deployment } from '../support/deployment.ts';
import { docker, freePort, inspect } from '../support/docker.ts';
import { stepOf } from '../support/workflow.ts';
import { moving } from './operations/moving.ts';
import { rotation } from './operations/rotation.ts';

jest.setTimeout(600_000);

const SECRET = { setting: 'webui.env.OPENAI_API_KEY', value: 'sk-the-one-that-is-deployed' };

const NEW_KEY = 'sk-the-one-that-is-to-come';

let life: Deployment;
let stackFile: string;
let deployed: string;

beforeAll(async () => {
  life = await Deployment.create('operations');
  await life.init();
  stackFile = join(life.dir, `Pulumi.${life.stack}.yaml`);
  const setting = ['--path', '--secret', `open-webui:${SECRET.setting}`, SECRET.value];
  await life.succeed('pulumi', ['config', 'set', '--stack', life.stack, ...setting]);
  // Read by a proxy, and no secret.
  const host = ['--path', 'open-webui:webui.env.VIRTUAL_HOST', 'chat.example.com'];
  await life.succeed('pulumi', ['config', 'set', '--stack', life.stack, ...host]);
  await life.succeed('pulumi', ['up', '--yes', '--skip-preview', '--stack', life.stack]);
  deployed = readFileSync(stackFile, 'utf8');
});

afterEach(() => {
  if (deployed) writeFileSync(stackFile, deployed);
});

afterAll(async () => {
  await life?.remove();
});

const set = (setting: string, value: string, ...flags: string[]) =>
  life.succeed('pulumi', ['config', 'set', '--stack', life.stack, '--path', ...flags, `open-webui:${setting}`, value]);

/** Runs the workflow's own command and reads the report it leaves. */
async function previewed(env: Record<string, string> = {}) {
  const { code, stderr } = await life.run(...stepOf('preview.yml', 'preview', 'preview'), {
    STACK: life.stack,
    ...env,
  });
  return { code, stderr, report: readFileSync(join(life.dir, `preview-${life.stack}.md`), 'utf8') };
}

const head = () => [`<!-- open-webui preview: ${life.stack} -->`, `### Preview of \`${life.stack}\``];

/** What a report says before the text of the preview, without empty lines. */
const lines = (report: string) => (report.split('<details>')[0] ?? '').split('\n').filter(Boolean);

it('leaves to a proxy what it reads from the container, and shows no secret there', async () => {
  const variables = (await inspect('container', life.webui)).Config.Env as string[];
  expect(variables).toContain('VIRTUAL_HOST=chat.example.com');
  expect(variables.join('\n')).not.toContain('OPENAI_API_KEY');
  expect(await life.secretEnv()).toMatchObject({ OPENAI_API_KEY: SECRET.value });
});

describe('a preview', () => {
  it('says that nothing changes', async () => {
    const { code, report } = await previewed();
    expect(lines(report)).toEqual([...head(), expect.stringMatching(/^Nothing changes: \d+ as they are\.$/)]);
    expect(code).toBe(0);
  });

  it('shows lost data first, what is replaced, and what the policies refuse; and no secret', async () => {
    await set(SECRET.setting, NEW_KEY, '--secret');
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
    for (const one of [SECRET.value, NEW_KEY, ...(await life.secrets())]) {
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
    try {
      const { code, stderr, report } = await previewed({ ...none, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' });
      expect(lines(report).slice(2)).toEqual([
        `Compared with nothing: no state of \`${life.stack}\` was available, so everything is to be created. Encrypted settings have another value here: \`open-webui:${SECRET.setting}\`.`,
        expect.stringMatching(/^\d+ to create\.$/),
        expect.stringMatching(/^To create: .*`chat-webui-container`/),
      ]);
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(readFileSync(stackFile, 'utf8')).toBe(deployed);
      expect(existsSync(join(life.dir, '.pulumi-state'))).toBe(false);
    } finally {
      rmSync(home, { recursive: true });
    }
  });
});

describe('another state', () => moving(() => life, SECRET));
// Last: it changes the secrets that the others know.
describe('a rotation', () => rotation(() => life));
