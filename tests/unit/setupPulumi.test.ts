/** How Pulumi is found, against releases that this test publishes itself, on a machine that seems to have nothing. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { providePulumi } from '../../setup/pulumi.ts';

const root = join(__dirname, '..', '..');
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, { version: string }>;
};
const versionOf = (name: string) => packages[`node_modules/@pulumi/${name}`]?.version as string;
const version = versionOf('pulumi');
const archive = `pulumi-v${version}-${process.platform}-${process.arch}.tar.gz`;

const dir = mkdtempSync(join(tmpdir(), 'release-'));
const published = new Map<string, string | Buffer>();
const server = createServer((request, response) => {
  const body = published.get(request.url ?? '');
  response.writeHead(body ? 200 : 404).end(body);
});

function program(file: string, line: string): void {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho ${line}\n`);
  chmodSync(file, 0o755);
}

/** A Pulumi CLI of some version in a folder of its own. */
function cliIn(name: string, version: string): string {
  const own = join(dir, name);
  program(join(own, 'pulumi'), version);
  program(join(own, 'pulumi-language-nodejs'), '');
  return own;
}

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cliIn('pulumi', `v${version}`);
  execFileSync('tar', ['-czf', archive, 'pulumi'], { cwd: dir });
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

const publishSum = (sum: string) =>
  published.set(`/pulumi-${version}-checksums.txt`, `0000  other.tar.gz\n${sum}  ${archive}\n`);

const PATH = '/usr/bin:/bin';
let env: Record<string, string>;
let cache: string;
const outerCache = process.env['OPEN_WEBUI_CACHE_DIR'];

beforeEach(() => {
  cache = mkdtempSync(join(dir, 'cache-'));
  process.env['OPEN_WEBUI_CACHE_DIR'] = cache;
  const home = mkdtempSync(join(dir, 'home-'));
  const { port } = server.address() as AddressInfo;
  env = { PATH, HOME: dir, PULUMI_HOME: home, PULUMI_RELEASES_URL: `http://127.0.0.1:${port}` };
  for (const name of ['docker', 'random'])
    program(join(home, 'plugins', `resource-${name}-v${versionOf(name)}`, `pulumi-resource-${name}`), '');
  const bytes = readFileSync(join(dir, archive));
  published.clear();
  published.set(`/${archive}`, bytes);
  publishSum(createHash('sha256').update(bytes).digest('hex'));
});
afterEach(() => {
  if (outerCache === undefined) delete process.env['OPEN_WEBUI_CACHE_DIR'];
  else process.env['OPEN_WEBUI_CACHE_DIR'] = outerCache;
});

const provide = (path = PATH) => providePulumi({ root, env: { ...env, PATH: path } }, () => {});
const released = expect.stringMatching(new RegExp(`^v${version}, release;`));

it('downloads the release and puts it on PATH', async () => {
  const { text, env: own } = await provide();
  expect(text).toEqual(released);
  const bin = join(cache, 'pulumi', version, 'bin');
  expect(own['PATH']).toBe(`${bin}:${PATH}`);
  expect(existsSync(join(bin, '..', archive))).toBe(false);
});

it('asks no server when it has it already', async () => {
  await provide();
  published.clear();
  expect((await provide()).text).toEqual(released);
});

it('takes what is on PATH when it is recent enough', async () => {
  published.clear();
  const path = `${cliIn('own', 'v3.999.0')}:${PATH}`;
  const { text, env: own } = await provide(path);
  expect(text).toMatch(/^v3\.999\.0;/);
  expect(own['PATH']).toBe(path);
});

it('does not take one on PATH that is too old', async () => {
  expect((await provide(`${cliIn('old', 'v3.100.0')}:${PATH}`)).text).toEqual(released);
});

it('refuses an altered archive and keeps nothing of it', async () => {
  publishSum('ab'.repeat(32));
  await expect(provide()).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(
      new RegExp(`^${archive} has the checksum [0-9a-f]{64}, but (ab){32} is published\\. It was not used\\.`),
    ),
  });
  expect(existsSync(join(cache, 'pulumi', version))).toBe(false);
});

it('says so when there is neither a release nor a Go to build it', async () => {
  published.clear();
  await expect(provide()).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(/Install Go 1\.26 or newer/),
  });
});
