/** `pulumi new` with this repository as its template, under a name of the user's own. */

import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { root } from '../support/checkout.ts';
import { requireEngine, testStack } from '../support/docker.ts';

jest.setTimeout(300_000);

/** What git does not have, and so no template from a repository. */
const LOCAL = ['.git', ...readFileSync(join(root, '.gitignore'), 'utf8').split(/\/?\n/)];

const NAME = 'my-chat';

let dir: string;
let project: string;

beforeAll(async () => {
  await requireEngine();
  dir = mkdtempSync(join(tmpdir(), 'open-webui-template-'));
  project = join(dir, NAME);
  mkdirSync(join(dir, 'state'));
  mkdirSync(join(dir, 'home'));
  symlinkSync(join(process.env['PULUMI_HOME'] ?? join(homedir(), '.pulumi'), 'plugins'), join(dir, 'home', 'plugins'));
  const filter = (path: string) => !LOCAL.includes(basename(path));
  cpSync(root, join(dir, 'template'), { recursive: true, filter });
});

afterAll(() => {
  if (dir) rmSync(dir, { recursive: true, force: true });
});

async function pulumi(cwd: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    PULUMI_HOME: join(dir, 'home'),
    PULUMI_BACKEND_URL: `file://${join(dir, 'state')}`,
    PULUMI_CONFIG_PASSPHRASE: 'only for this test',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_CONFIG: '',
  };
  const child = promisify(execFile)('pulumi', args, { cwd, env, maxBuffer: 64 * 1024 * 1024 });
  return child.then(
    ({ stdout }) => stdout,
    ({ stdout, stderr }: { stdout: string; stderr: string }) => {
      throw new Error(`pulumi ${args[0]}: ${stderr}${stdout}`);
    },
  );
}

it('makes a project of that name, without asking for anything', async () => {
  const from = join(dir, 'template');
  // Without the installation of packages, which would ask a registry for what is here already.
  await pulumi(dir, ...['new', from, '--dir', project, '--name', NAME, '--yes', '--offline', '--generate-only']);
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  const { name, template } = parse(readFileSync(join(project, 'Pulumi.yaml'), 'utf8'));
  expect([name, template]).toEqual([NAME, undefined]);
  expect(readdirSync(from).filter((file) => !readdirSync(project).includes(file))).toEqual([]);
});

it.each(['dev', testStack('own')])('whose stack %s has a preview with its own settings', async (stack) => {
  await pulumi(project, 'stack', 'init', stack);
  await pulumi(project, 'config', 'set', '--stack', stack, '--path', 'webui.publish.port', '3456');
  const { steps } = JSON.parse(await pulumi(project, 'preview', '--stack', stack, '--json')) as {
    steps: { op: string; urn: string; newState: { inputs: { name: string; ports?: object[] } } }[];
  };
  const container = (name: string) =>
    steps.find(({ urn }) => urn.endsWith(`docker:index/container:Container::chat-${name}`))?.newState.inputs;
  expect(new Set(steps.map(({ op, urn }) => `${op} ${urn.split('::')[1]}`))).toEqual(new Set([`create ${NAME}`]));
  // The names of the stack file that comes with the template, and those that a new stack has by itself.
  const names = stack === 'dev' ? ['redis-valkey', 'open-webui'] : [`redis-valkey-${stack}`, `open-webui-${stack}`];
  expect([container('valkey-container')?.name, container('webui-container')?.name]).toEqual(names);
  expect(container('webui-container')?.ports).toEqual([expect.objectContaining({ external: 3456 })]);
});
