/** The package from the tag of a git repository, as people add it: an empty folder, `pulumi package add`, and an update. */

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { IMAGES, pulumiEnvironment } from '../support/deployment.ts';
import { freePort, objectsOf, removeObjectsOf, requireEngine, testStack } from '../support/docker.ts';
import { type GitHost, serveRepository } from '../support/gitServer.ts';
import { copyPackage, languageHosts, run } from '../support/languages.ts';

// npm installs what the package and a program stand on.
jest.setTimeout(600_000);

const TAG = 'v9.8.7';

let dir: string;
let host: GitHost;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  await requireEngine();
  dir = mkdtempSync(join(tmpdir(), 'open-webui-git-'));
  const at = (name: string) => {
    mkdirSync(join(dir, name), { recursive: true });
    return join(dir, name);
  };
  copyPackage(at('repository'));
  host = await serveRepository(at('repository'), TAG, at('host'));
  // The plugins of this machine, so that what comes from the repository goes elsewhere.
  const present = process.env['PULUMI_HOME'] ?? join(homedir(), '.pulumi');
  cpSync(join(present, 'plugins'), join(at('home'), 'plugins'), { recursive: true });
  const { bin, nodejs } = await languageHosts();
  env = {
    ...pulumiEnvironment(at('state')),
    ...{ PULUMI_HOME: at('home'), SSL_CERT_FILE: host.authority },
    PATH: [nodejs, bin, process.env['PATH']].join(delimiter),
  };
});
afterAll(() => {
  host?.close();
  rmSync(dir, { recursive: true, force: true });
});

/** What a chat is in each program. */
const chat = (port: number) => ({
  valkey: { image: IMAGES.valkey },
  webui: { image: IMAGES.webui, publish: { port }, admin: { email: 'you@example.com' } },
});

const PROGRAMS = {
  yaml: {
    project: { runtime: 'yaml' },
    write: (folder: string, port: number) => {
      const file = join(folder, 'Pulumi.yaml');
      const resources = { chat: { type: 'openwebui:Deployment', properties: chat(port) } };
      writeFileSync(
        file,
        stringify({ ...parse(readFileSync(file, 'utf8')), resources, outputs: { url: `\${chat.url}` } }),
      );
    },
  },
  typescript: {
    project: { runtime: { name: 'nodejs', options: { typescript: false } }, main: 'index.ts' },
    write: (folder: string, port: number) =>
      writeFileSync(
        join(folder, 'index.ts'),
        `import { Deployment } from '@pulumi/openwebui';\nexport const { url } = new Deployment('chat', ${JSON.stringify(chat(port))});\n`,
      ),
  },
} as const;

it.each(['yaml', 'typescript'] as const)('is added to a program in %s, deployed and destroyed', async (language) => {
  const { project, write } = PROGRAMS[language];
  const [stack, port] = [testStack(`git${language}`), await freePort()];
  const folder = join(dir, language);
  mkdirSync(folder);
  writeFileSync(join(folder, 'Pulumi.yaml'), stringify({ name: `chat-in-${language}`, ...project }));
  if (language === 'typescript') {
    const manifest = { private: true, type: 'module', dependencies: { '@pulumi/pulumi': '^3.270.0' } };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  }
  const pulumi = (...args: string[]) => run('pulumi', [...args, '--non-interactive'], { cwd: folder, env });
  await pulumi('package', 'add', `https://${host.repository}.git/package@${TAG}`);
  const { packages } = parse(readFileSync(join(folder, 'Pulumi.yaml'), 'utf8'));
  // The first to install a plugin writes its tag, others its version.
  expect(packages.openwebui.replace('@v', '@')).toBe(`${host.repository}.git/package@${TAG.slice(1)}`);
  // By the owner of the repository: programs would have to import another name.
  expect(readdirSync(join(folder, 'sdks'))).toEqual(['pulumi-openwebui']);
  write(folder, port);
  const of = ['--stack', stack];
  try {
    await pulumi('stack', 'init', stack);
    await pulumi('up', '--yes', '--skip-preview', ...of);
    const url = (await pulumi('stack', 'output', 'url', ...of)).trim();
    expect(url).toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(`${url}/health`)).status).toBe(200);
    await pulumi('preview', '--expect-no-changes', ...of);
    await pulumi('destroy', '--yes', '--skip-preview', ...of);
    expect(await objectsOf(stack)).toMatchObject({ containers: [], networks: [] });
  } finally {
    await removeObjectsOf(stack);
  }
});
