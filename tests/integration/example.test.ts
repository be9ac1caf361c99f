/** The components in another program: packed, installed by npm into a copy of the example, and deployed. */

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { automation } from '@pulumi/pulumi';
import { until } from '../../core/until.ts';
import { Session } from '../../ops/webui.ts';
import { IMAGES } from '../support/deployment.ts';
import { docker, freePort, objectsOf, removeObjectsOf, requireEngine, testStack } from '../support/docker.ts';

jest.setTimeout(600_000);

const root = join(__dirname, '..', '..');
const name = testStack('example');
const TEAMS = ['research', 'sales'];

let dir: string;
let stack: automation.Stack;
let ports: Record<string, number>;

/** Runs a program in the copy of the example; never fails by itself. */
const run = (program: string, ...args: string[]) =>
  promisify(execFile)(program, args, { cwd: dir }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );

beforeAll(async () => {
  await requireEngine();
  dir = mkdtempSync(join(tmpdir(), 'open-webui-example-'));
  const packed = join(dir, 'packed');
  mkdirSync(packed);
  await promisify(execFile)('npm', ['pack', '--pack-destination', packed], { cwd: root });
  const example = join(root, 'examples', 'two-teams');
  for (const file of ['Pulumi.yaml', 'package.json', 'index.ts']) cpSync(join(example, file), join(dir, file));
  // All that npm needs besides the tarball, so that no registry is asked.
  cpSync(join(root, 'node_modules'), join(dir, 'node_modules'), { recursive: true, verbatimSymlinks: true });
  const [tarball] = (await run('ls', packed)).stdout.trim().split('\n');
  const installed = await run('npm', 'install', '--offline', '--no-audit', '--no-fund', `./packed/${tarball}`);
  if (installed.code !== 0) throw new Error(`npm install: ${installed.stderr}`);
  const envVars = {
    PULUMI_BACKEND_URL: `file://${dir}`,
    PULUMI_CONFIG_PASSPHRASE: 'only for this test',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_CONFIG: '',
  };
  stack = await automation.LocalWorkspace.createOrSelectStack({ stackName: name, workDir: dir }, { envVars });
  ports = Object.fromEntries([
    [TEAMS[0], await freePort()],
    [TEAMS[1], await freePort()],
  ]);
  for (const team of TEAMS) await stack.setConfig(`ports.${team}`, { value: String(ports[team]) }, true);
  await stack.setConfig('valkeyImage', { value: IMAGES.valkey });
  await stack.setConfig('webuiImage', { value: IMAGES.webui });
});

afterAll(async () => {
  await removeObjectsOf(name);
  if (dir) rmSync(dir, { recursive: true, force: true });
});

describe('the package', () => {
  const own = (...path: string[]) => join(dir, 'node_modules', 'pulumi-open-webui', ...path);

  it('exports the components and nothing else, to modules of both kinds', async () => {
    const components = ['Network', 'OpenWebUI', 'Secrets', 'Valkey', 'requireNetwork', 'requireOwnership'];
    for (const [kind, load] of [
      ['commonjs', "require('pulumi-open-webui')"],
      ['module', "await import('pulumi-open-webui')"],
    ]) {
      const print = `console.log(Object.keys(${load}).sort().join())`;
      const { stdout, stderr } = await run('node', `--input-type=${kind}`, '--eval', print);
      expect({ kind, stdout: stdout.trim(), stderr }).toEqual({ kind, stdout: components.join(), stderr: '' });
    }
  });

  it('holds what is needed for that alone', async () => {
    const { stdout } = await run('ls', own());
    expect(stdout.trim().split('\n')).toEqual(['LICENSE', 'README.md', 'dist', 'package.json']);
  });

  it('shares its Pulumi with the program', () => {
    expect(existsSync(own('node_modules'))).toBe(false);
  });

  it('has types, which refuse what the components do not take', async () => {
    const compile = async (file: string) => {
      const compiler = join(root, 'node_modules', '@typescript', 'native', 'bin', 'tsc');
      const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--moduleDetection', 'force'];
      return (await run(process.execPath, compiler, ...options, file)).stdout;
    };
    expect(await compile('index.ts')).toBe('');
    writeFileSync(
      join(dir, 'wrong.ts'),
      `import { Valkey } from 'pulumi-open-webui';
new Valkey('valkey', { name: 'a', volume: 'a', networkName: 'a', memory: '512' });
new Valkey('valkey', { name: 'a', volume: 'a', networkName: 'a', hardening: 'loose' });
new Valkey('valkey', { name: 'a', volume: 'a', networkName: 'a', healthcheck: { retries: '3' } });
new Valkey('valkey', { name: 'a', networkName: 'a' });
`,
    );
    expect((await compile('wrong.ts')).match(/^wrong\.ts\(\d+/gm)).toEqual(
      [2, 3, 4, 5].map((line) => `wrong.ts(${line}`),
    );
  });
});

describe('the example', () => {
  const url = (team: string) => `http://127.0.0.1:${ports[team]}`;
  const ready = async (team: string) => (await fetch(`${url(team)}/ready`)).status;

  it('gives each team a page that its administrator can use', async () => {
    const { outputs, stdout } = await stack.up();
    const teams = outputs['teams'] as automation.OutputValue;
    for (const team of TEAMS) {
      const { url: told, password } = teams.value[team];
      expect(stdout).toContain(told);
      expect(stdout.includes(password)).toBe(false);
      expect(told).toBe(url(team));
      await Session.signIn(told, `admin@${team}.example.com`, password);
    }
  });

  it('shows no change in a second preview', async () => {
    await stack.preview({ expectNoChanges: true });
  });

  it('gives each team a Valkey, on which its page alone depends', async () => {
    expect(await Promise.all(TEAMS.map(ready))).toEqual([200, 200]);
    await docker('stop', `research-valkey-${name}`);
    expect(
      await until(
        () => ready('research'),
        (status) => status !== 200,
        { seconds: 30 },
      ),
    ).toBe(503);
    expect(await ready('sales')).toBe(200);
  });

  it('leaves nothing but the volumes', async () => {
    await stack.destroy();
    expect(await objectsOf(name)).toEqual({
      containers: [],
      networks: [],
      volumes: TEAMS.flatMap((team) => [`${team}-valkey-${name}`, `${team}-webui-${name}`]),
    });
  });
});
