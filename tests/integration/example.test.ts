/** The components in another program: packed, installed by npm into a copy of the example, and deployed. */

import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { until } from '../../core/until.ts';
import { Session } from '../../ops/webui.ts';
import { root } from '../support/checkout.ts';
import { IMAGES, pulumiEnvironment } from '../support/deployment.ts';
import { docker, freePort, objectsOf, removeObjectsOf, requireEngine, testStack } from '../support/docker.ts';

jest.setTimeout(600_000);

const execute = promisify(execFile);
const name = testStack('example');
const TEAMS = ['research', 'sales'];

let dir: string;
const ports: Record<string, number> = {};

/** Runs a program in the copy of the example; never fails by itself. */
const run = (program: string, ...args: string[]) =>
  execute(program, args, { cwd: dir, env: { ...process.env, ...pulumiEnvironment(dir) } }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );

/** Runs Pulumi on the example's stack; fails with all that it prints. */
async function pulumi(command: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run('pulumi', command, ...args, '--stack', name, '--non-interactive');
  if (code !== 0) throw new Error(`pulumi ${command} ended with ${code}:\n${stdout}\n${stderr}`);
  return stdout;
}

beforeAll(async () => {
  await requireEngine();
  dir = mkdtempSync(join(tmpdir(), 'open-webui-example-'));
  const packed = join(dir, 'packed');
  mkdirSync(packed);
  const example = join(root, 'examples', 'two-teams');
  for (const file of ['Pulumi.yaml', 'package.json', 'index.ts']) cpSync(join(example, file), join(dir, file));
  await Promise.all([
    execute('npm', ['pack', '--pack-destination', packed], { cwd: root }),
    // All that npm needs besides the tarball, so that no registry is asked.
    execute('cp', ['-a', realpathSync(join(root, 'node_modules')), join(dir, 'node_modules')]),
  ]);
  const [tarball] = (await run('ls', packed)).stdout.trim().split('\n');
  const installed = await run('npm', 'install', '--offline', '--no-audit', '--no-fund', `./packed/${tarball}`);
  if (installed.code !== 0) throw new Error(`npm install: ${installed.stderr}`);
  for (const team of TEAMS) ports[team] = await freePort();
  await pulumi('stack', 'init');
  const config = { ports, valkeyImage: IMAGES.valkey, webuiImage: IMAGES.webui };
  writeFileSync(join(dir, `Pulumi.${name}.yaml`), stringify({ config }));
});

afterAll(async () => {
  await removeObjectsOf(name);
  if (dir) rmSync(dir, { recursive: true, force: true });
});

describe('the package', () => {
  const own = (...path: string[]) => join(dir, 'node_modules', 'pulumi-open-webui', ...path);

  it('exports the components and nothing else, to modules of both kinds', async () => {
    const components = [
      'Deployment',
      'Gateway',
      'Network',
      'OpenWebUI',
      'Postgres',
      'Secrets',
      'Valkey',
      'dockerPlatform',
      'swarmPlatform',
    ];
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
      `import { dockerPlatform, Valkey } from 'pulumi-open-webui';
const platform = dockerPlatform();
new Valkey('valkey', { platform, name: 'a', volume: 'a', networkName: 'a', memory: '512' });
new Valkey('valkey', { platform, name: 'a', volume: 'a', networkName: 'a', hardening: 'loose' });
new Valkey('valkey', { platform, name: 'a', volume: 'a', networkName: 'a', healthcheck: { retries: '3' } });
new Valkey('valkey', { platform, name: 'a', networkName: 'a' });
`,
    );
    expect((await compile('wrong.ts')).match(/^wrong\.ts\(\d+/gm)).toEqual(
      [3, 4, 5, 6].map((line) => `wrong.ts(${line}`),
    );
  });
});

describe('the example', () => {
  const url = (team: string) => `http://127.0.0.1:${ports[team]}`;
  const ready = async (team: string) => (await fetch(`${url(team)}/ready`)).status;

  it('gives each team a page that its administrator can use', async () => {
    const shown = await pulumi('up', '--yes', '--skip-preview');
    const { teams } = JSON.parse(await pulumi('stack', 'output', '--json', '--show-secrets'));
    for (const team of TEAMS) {
      const { url: found, password } = teams[team];
      expect(shown).toContain(found);
      expect(shown.includes(password)).toBe(false);
      expect(found).toBe(url(team));
      await Session.signIn(found, `admin@${team}.example.com`, password);
    }
  });

  it('shows no change in a second preview', async () => {
    await pulumi('preview', '--expect-no-changes');
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
    await pulumi('destroy', '--yes', '--skip-preview');
    expect(await objectsOf(name)).toEqual({
      containers: [],
      networks: [],
      volumes: TEAMS.flatMap((team) => [`${team}-valkey-${name}`, `${team}-webui-${name}`]),
    });
  });
});
