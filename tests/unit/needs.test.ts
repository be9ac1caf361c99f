/** What the commands know of a stack before Pulumi runs: the same as Pulumi. */

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { namesHost, readNeeds } from '../../cli/needs.ts';
import { shortName } from '../../cli/paths.ts';
import { chosenBackend, folderOf } from '../../cli/state.ts';

const dir = mkdtempSync(join(tmpdir(), 'needs-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let root: string;
const write = (name: string, text: string) => writeFileSync(join(root, name), text);
beforeEach(() => {
  root = mkdtempSync(join(dir, 'project-'));
  write('Pulumi.yaml', 'name: chat\n');
});

/** An environment with a Pulumi CLI that runs a line of shell. */
function pulumi(line: string): NodeJS.ProcessEnv {
  write('pulumi', `#!/bin/sh\n${line}\n`);
  chmodSync(join(root, 'pulumi'), 0o755);
  return { PATH: `${root}${delimiter}${process.env['PATH']}` };
}

describe('the backend', () => {
  const env = (more: object = {}) => ({ PULUMI_HOME: root, ...more });
  it('is what the variable says, then Pulumi.yaml, then the login', () => {
    const chosen = (more?: object) => chosenBackend({ root, env: env(more) });
    expect(chosen()).toBeUndefined();
    expect(chosen({ PULUMI_ACCESS_TOKEN: 'x' })).toBe('Pulumi Cloud');
    write('credentials.json', '{"current": "https://api.pulumi.com"}');
    expect(chosen()).toBe('https://api.pulumi.com');
    write('Pulumi.yaml', 'name: chat\nbackend:\n  url: s3://states\n');
    expect(chosen()).toBe('s3://states');
    expect(chosen({ PULUMI_BACKEND_URL: 'file:///srv' })).toBe('file:///srv');
  });

  it.each([
    ['file:///srv/pulumi', '/srv/pulumi'],
    ['file:///srv/pulumi/?no_tmp_dir=true', '/srv/pulumi'],
    ['file://./states', '/srv/project/states'],
    ['s3://states', undefined],
  ])('%s is the folder %s', (backend, folder) => {
    expect(folderOf(backend, '/srv/project')).toBe(folder);
  });
});

describe('readNeeds', () => {
  it("takes Pulumi.yaml's values for what the stack file does not say", async () => {
    write(
      'Pulumi.yaml',
      'name: chat\nconfig:\n  host: { value: { address: ssh://a } }\n  webui: { type: object, default: {} }\n',
    );
    write('Pulumi.dev.yaml', 'config: {}\n');
    expect((await readNeeds({ root, env: {} }, 'dev')).host).toEqual({ address: 'ssh://a' });
    write('Pulumi.dev.yaml', 'config:\n  chat:host: { address: ssh://b }\n');
    expect((await readNeeds({ root, env: {} }, 'dev')).host).toEqual({ address: 'ssh://b' });
  });

  const CLOUD = { PULUMI_BACKEND_URL: 'https://api.pulumi.com' };
  /** A CLI that knows the stack `dev`, and what `config` says of it. */
  const saying = (name: string, config: object) =>
    pulumi(`case "$*" in
"stack ls --json"*) echo '[{"name": "${name}"}]' ;;
"config --json --show-secrets --non-interactive --stack ${name}") echo '${JSON.stringify(config)}' ;;
*) exit 255 ;;
esac`);
  const asking = (cli: NodeJS.ProcessEnv) => ({ pulumi: async () => ({ ...CLOUD, ...cli }) });
  const entry = (value: object, secret = false) => ({ value: JSON.stringify(value), objectValue: value, secret });

  it('asks Pulumi where an ESC environment has a say', async () => {
    write('Pulumi.dev.yaml', 'environment:\n  - hosts\nconfig: {}\n');
    const cli = saying('me/dev', { 'chat:host': entry({ address: 'ssh://c' }) });
    const needs = await readNeeds({ root, env: {} }, 'me/dev', asking(cli));
    expect([needs.host, needs.partial, needs.isDecrypted]).toEqual([{ address: 'ssh://c' }, undefined, false]);
  });

  it('knows which images only the program can pull, without their password', async () => {
    const webui = 'registry.example.com:5000/chat/open-webui:0.12.4';
    const registry = 'registry.example.com:5000: { username: deploy, password: { secure: AAAB } }';
    write('Pulumi.dev.yaml', `config:\n  chat:webui: { image: "${webui}" }\n  chat:registries:\n    ${registry}\n`);
    const { images, kept, isDecrypted } = await readNeeds({ root, env: {} }, 'dev');
    expect([images.webui, kept, isDecrypted]).toEqual([webui, [webui], undefined]);
    write('Pulumi.dev.yaml', 'config: {}\n');
    expect((await readNeeds({ root, env: {} }, 'dev')).kept).toBeUndefined();
  });

  it('asks Pulumi for registries that are encrypted as a whole', async () => {
    write('Pulumi.dev.yaml', 'config:\n  chat:registries: { secure: AAAB }\n');
    const registries = { 'ghcr.io': { username: 'deploy', password: 'x' } };
    const cli = saying('dev', { 'chat:registries': entry(registries, true) });
    const { kept, isDecrypted } = await readNeeds({ root, env: {} }, 'dev', asking(cli));
    expect([kept, isDecrypted]).toEqual([['ghcr.io/open-webui/open-webui:v0.12.4'], true]);
  });

  it('asks Pulumi for what is encrypted, and notes that it is secret', async () => {
    write('Pulumi.dev.yaml', 'config:\n  chat:host: { address: { secure: AAAB } }\n');
    const cli = saying('dev', { 'chat:host': entry({ address: 'ssh://c' }, true) });
    const needs = await readNeeds({ root, env: {} }, 'dev', asking(cli));
    expect([needs.host, needs.isDecrypted]).toEqual([{ address: 'ssh://c' }, true]);
  });

  it('knows that it does not know, where Pulumi cannot say', async () => {
    write('Pulumi.dev.yaml', 'environment: [hosts]\nconfig: {}\n');
    const needs = readNeeds({ root, env: {} }, 'dev', asking(pulumi('exit 255')));
    expect(await needs).toMatchObject({ host: {}, partial: true });
  });

  it('fails where Pulumi cannot say what is encrypted', async () => {
    const encrypted = 'config:\n  chat:host: { address: { secure: AAAB } }\n';
    for (const text of [encrypted, `environment: [hosts]\n${encrypted}`]) {
      write('Pulumi.dev.yaml', text);
      await expect(readNeeds({ root, env: {} }, 'dev', asking(pulumi('exit 255')))).rejects.toThrow('pulumi');
    }
  });

  it('repeats nothing of settings among which Pulumi has a secret', async () => {
    write('Pulumi.dev.yaml', 'environment: [hosts]\nconfig: {}\n');
    const wrong = (secret: boolean) =>
      readNeeds({ root, env: {} }, 'dev', asking(saying('dev', { 'chat:host': entry({ address: 'hush' }, secret) })));
    await expect(wrong(false)).rejects.toThrow('hush');
    await expect(wrong(true)).rejects.toThrow(/^(?!.*hush)/s);
  });

  it('finds a host of Docker wherever the settings name it', async () => {
    write('Pulumi.dev.yaml', 'config: {}\n');
    expect(await namesHost({ root, env: {} }, 'dev')).toBe(false);
    write('Pulumi.dev.yaml', 'config:\n  host: { address: { secure: AAAB } }\n');
    expect(await namesHost({ root, env: {} }, 'dev')).toBe(true);
    write('Pulumi.dev.yaml', 'config: {}\n');
    write('Pulumi.yaml', 'name: chat\nconfig:\n  host: { value: { address: ssh://a } }\n');
    expect(await namesHost({ root, env: {} }, 'dev')).toBe(true);
  });

  it('finds the file of a stack that is named with its organization', async () => {
    mkdirSync(join(root, 'org'));
    write('Pulumi.prod.yaml', 'config:\n  host: { address: ssh://p }\n');
    for (const name of ['prod', 'me/prod', 'me/chat/prod']) {
      expect(shortName(name)).toBe('prod');
      expect((await readNeeds({ root, env: {} }, name)).host).toEqual({ address: 'ssh://p' });
    }
    await expect(readNeeds({ root, env: {} }, 'me/dev')).rejects.toThrow(
      'There is no stack me/dev, as there is no Pulumi.dev.yaml.',
    );
  });
});
