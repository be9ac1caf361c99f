/** The Pulumi step against releases that this test publishes itself, on a machine that seems to have nothing. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const version = packages['node_modules/@pulumi/pulumi'].version;
const archive = `pulumi-v${version}-${process.platform}-${process.arch}.tar.gz`;

const dir = mkdtempSync(join(tmpdir(), 'release-'));
const published = new Map();
const server = createServer((request, response) => {
  const body = published.get(request.url);
  response.writeHead(body ? 200 : 404).end(body);
});
let pulumiStep;

function program(file, line) {
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\necho ${line}\n`);
  chmodSync(file, 0o755);
}

before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env.PULUMI_RELEASES_URL = `http://127.0.0.1:${server.address().port}`;
  ({ pulumiStep } = await import('../../bootstrap/steps/pulumi.mjs'));
  program(join(dir, 'pulumi', 'pulumi'), `v${version}`);
  program(join(dir, 'pulumi', 'pulumi-language-nodejs'), '');
  execFileSync('tar', ['-czf', archive, 'pulumi'], { cwd: dir });
});
after(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

let env;
beforeEach(() => {
  process.env.OPEN_WEBUI_CACHE_DIR = mkdtempSync(join(dir, 'cache-'));
  env = { PATH: '/usr/bin:/bin', HOME: dir, PULUMI_HOME: mkdtempSync(join(dir, 'home-')) };
  for (const name of ['docker', 'random']) {
    program(
      join(
        env.PULUMI_HOME,
        'plugins',
        `resource-${name}-v${packages[`node_modules/@pulumi/${name}`].version}`,
        `pulumi-resource-${name}`,
      ),
      '',
    );
  }
  const bytes = readFileSync(join(dir, archive));
  published.clear();
  published.set(`/${archive}`, bytes);
  publishSum(createHash('sha256').update(bytes).digest('hex'));
});

const publishSum = (sum) =>
  published.set(`/pulumi-${version}-checksums.txt`, `0000  other.tar.gz\n${sum}  ${archive}\n`);

const step = () => pulumiStep(env, () => {}, root);

describe('the Pulumi step', () => {
  it('downloads the release and puts it on PATH', async () => {
    assert.match(await step(), new RegExp(`^v${version}, release;`));
    const bin = join(process.env.OPEN_WEBUI_CACHE_DIR, 'pulumi', version, 'bin');
    assert.ok(env.PATH.startsWith(`${bin}:`));
    assert.ok(!existsSync(join(bin, '..', archive)));
  });

  it('asks nobody when it has it already', async () => {
    await step();
    published.clear();
    env.PATH = '/usr/bin:/bin';
    assert.match(await step(), new RegExp(`^v${version}, release;`));
  });

  it('takes what is on PATH when it is recent enough', async () => {
    const own = join(dir, 'own');
    program(join(own, 'pulumi'), 'v3.999.0');
    program(join(own, 'pulumi-language-nodejs'), '');
    env.PATH = `${own}:${env.PATH}`;
    published.clear();
    assert.match(await step(), /^v3\.999\.0;/);
  });

  it('does not take one on PATH that is too old', async () => {
    const own = join(dir, 'old');
    program(join(own, 'pulumi'), 'v3.100.0');
    program(join(own, 'pulumi-language-nodejs'), '');
    env.PATH = `${own}:${env.PATH}`;
    assert.match(await step(), new RegExp(`^v${version}, release;`));
  });

  it('refuses an altered archive and keeps nothing of it', async () => {
    publishSum('ab'.repeat(32));
    await assert.rejects(step(), (error) => {
      assert.equal(error.name, 'UserError');
      assert.match(
        error.message,
        new RegExp(`^${archive} has the checksum [0-9a-f]{64}, but (ab){32} is published\\. It was not used\\.`),
      );
      return true;
    });
    assert.ok(!existsSync(join(process.env.OPEN_WEBUI_CACHE_DIR, 'pulumi', version)));
  });

  it('says so when there is neither a release nor a Go to build it', async () => {
    published.clear();
    await assert.rejects(step(), (error) => {
      assert.equal(error.name, 'UserError');
      assert.match(error.message, /Install Go 1\.26 or newer/);
      return true;
    });
  });
});
